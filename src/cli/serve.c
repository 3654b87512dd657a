#include <string.h>
#include <sys/resource.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/serve.h"
#include "desk/desk.h"
#include "exchange/courier.h"
#include "exchange/gate.h"
#include "exchange/listen.h"
#include "exchange/tls.h"
#include "formats/card.h"
#include "node/roles.h"
#include "node/supervisor.h"
#include "proc/clock.h"
#include "proc/file.h"
#include "proc/sandbox.h"
#include "proc/spawn.h"

/* Bytes of a key or certificate of TLS, PEM. */
#define TLS_FILE_MAX ((size_t)64 << 10)

/* Descriptors of the gate beside its connections. */
#define GATE_OTHER_FILES 64

struct serve_values {
	struct cli_common common;
	const char *clock, *listen;
	bool is_clock_confirmed, is_sandbox_required;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "listen", "HOST:PORT", "listen there; else at the card's first "
	    "endpoint",
	    option_text, offsetof(struct serve_values, listen),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "clock", "PATH", "follow the scripted clock in this file; only in a "
	    "home made by init --exercise",
	    option_text, offsetof(struct serve_values, clock),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "confirm-clock", NULL, "the clock is right, although the keeper's "
	    "last signature says otherwise",
	    option_flag, offsetof(struct serve_values, is_clock_confirmed),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "require-sandbox", NULL, "do not run where the kernel lacks a part "
	    "of the sandbox",
	    option_flag, offsetof(struct serve_values, is_sandbox_required),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
};
/* clang-format on */

int
cli_tls_read(const struct node_home *home, unsigned number,
    struct tls_pair *out, struct arena *arena, struct error *err)
{
	const char *key = node_home_tls_key(home, number, arena);
	const char *certificate =
	    node_home_tls_certificate(home, number, arena);

	if (file_read(key, TLS_FILE_MAX, arena, &out->key, err) == -1 ||
	    file_read(certificate, TLS_FILE_MAX, arena, &out->certificate,
		err) == -1)
		return -1;
	return tls_pair_pin(out, err);
}

/* The TLS files of a home, read before the sandbox shuts them out.  Old ones
 * may have been taken away. */
static int
read_tls(const struct node_home *home, const struct tls_pair **pairs, size_t *n,
    struct arena *arena, struct error *err)
{
	struct tls_pair *out = arena_array(arena, TLS_PAIRS_MAX, sizeof(*out));

	*pairs = out;
	*n = 0;
	for (unsigned i = 1; i <= NODE_TLS_MAX; i++)
		if (node_home_has_tls(home, i, arena) &&
		    cli_tls_read(home, i, &out[(*n)++], arena, err) == -1)
			return -1;
	return *n > 0 ? 0 :
			error_set(err, E_KEY, "no TLS key in %s", home->tls);
}

static int
allow_connections(struct error *err)
{
	struct rlimit limit = {
		.rlim_cur = GATE_CONNECTIONS_MAX + GATE_OTHER_FILES,
	};
	struct rlimit now;

	if (getrlimit(RLIMIT_NOFILE, &now) == 0 &&
	    now.rlim_cur >= limit.rlim_cur)
		return 0;
	limit.rlim_max =
	    now.rlim_max > limit.rlim_cur ? now.rlim_max : limit.rlim_cur;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		return error_set(err, E_PROC,
		    "%ju files may not be open at a time",
		    (uintmax_t)limit.rlim_cur);
	return 0;
}

static int
role_gate(struct spawn_inherited *inherited, const struct role_options *options,
    struct error *err)
{
	struct arena *arena = arena_new();
	int listener = spawn_fd_take(inherited, SPAWN_PEERS);
	struct gate_parts parts = {
		.supervisor = spawn_fd_take(inherited, SPAWN_SUPERVISOR),
		.registrar = spawn_fd_take(inherited, SPAWN_REGISTRAR),
		.listeners = &listener,
		.listeners_n = 1,
		.limits = &gate_limits_default,
	};
	int rc = -1;

	if (read_tls(&options->home, &parts.pairs, &parts.pairs_n, arena,
		err) == 0 &&
	    allow_connections(err) == 0 &&
	    role_enter_sandbox(ROLE_GATE, options, NULL, 0, &parts.ready, arena,
		err) == 0)
		rc = gate_process(&parts, err);
	arena_free(arena);
	return rc;
}

static int
role_courier(struct spawn_inherited *inherited,
    const struct role_options *options, struct error *err)
{
	struct arena *arena = arena_new();
	struct courier_parts parts = {
		.supervisor = spawn_fd_take(inherited, SPAWN_SUPERVISOR),
		.registrar = spawn_fd_take(inherited, SPAWN_REGISTRAR),
		.limits = &courier_limits_default,
	};
	struct clock clock;
	int rc = -1;

	if (clock_open(&clock, options->clock, err) == -1)
		goto out;
	parts.clock = &clock;
	if (read_tls(&options->home, &parts.pairs, &parts.pairs_n, arena,
		err) == 0 &&
	    role_enter_sandbox(ROLE_COURIER, options, sandbox_resolver,
		SANDBOX_RESOLVER_PATHS, &parts.ready, arena, err) == 0)
		rc = courier_process(&parts, err);
	clock_close(&clock);
out:
	arena_free(arena);
	return rc;
}

static const struct {
	enum role role;
	int (*start)(struct spawn_inherited *inherited,
	    const struct role_options *options, struct error *err);
} roles[] = {
	{ ROLE_KEEPER, role_keeper },
	{ ROLE_REGISTRAR, role_registrar },
	{ ROLE_GATE, role_gate },
	{ ROLE_COURIER, role_courier },
	{ ROLE_DESK, role_desk },
};

/* Be ${role}, once it has its descriptors and options. */
static int
start(enum role role, struct spawn_inherited *inherited,
    const struct role_options *options, struct error *err)
{
	for (size_t i = 0; i < COUNT_OF(roles); i++)
		if (roles[i].role == role)
			return roles[i].start(inherited, options, err);
	return error_set(err, E_USAGE, "%s is not started so", role_name(role));
}

int
serve_role(int argc, char *const argv[])
{
	struct arena *arena = arena_new();
	struct spawn_inherited inherited;
	struct role_options options;
	const char **args;
	enum role role;
	struct error err;
	int rc = -1;

	args = arena_array(arena, (size_t)argc, sizeof(*args));
	for (int i = 1; i < argc; i++)
		args[i - 1] = argv[i];
	if (role_parse(&role, argv[0], &err) == 0 &&
	    spawn_inherit(&inherited, role, &err) == 0 &&
	    role_options_read(&options, args, (size_t)(argc - 1), arena,
		&err) == 0)
		rc = start(role, &inherited, &options, &err);
	arena_free(arena);
	return rc == -1 ? (int)role_end(&err) : CLI_DONE;
}

/* Where to listen: what the operator says, else what the card says. */
static int
find_endpoint(struct cli *cli, const struct card *card,
    struct supervisor_parts *parts, struct error *err)
{
	const struct serve_values *values = cli->values;
	struct card_endpoint endpoint;
	struct span url = card->endpoints[0];

	if (values->listen != NULL)
		url = span_text(
		    arena_printf(cli->arena, "https://%s", values->listen));
	if (card_endpoint_parse(&endpoint, url, err) == -1)
		return -1;
	parts->host = arena_text(cli->arena, endpoint.host);
	parts->port = endpoint.port;
	return 0;
}

static int
run(struct cli *cli, struct error *err)
{
	const struct serve_values *values = cli->values;
	struct role_options options = {
		.is_clock_confirmed = values->is_clock_confirmed,
		.is_sandbox_required = values->is_sandbox_required,
	};
	struct supervisor_parts parts = {
		.options = &options,
		.listen = gate_listen,
	};
	struct card *card;
	struct span file;

	if (cli_home(cli, &options.home, err) == -1 ||
	    cli_absolute(cli, &options.clock, values->clock, err) == -1 ||
	    role_options_check(&options, err) == -1 ||
	    file_read(options.home.card, CARD_FILE_MAX, cli->arena, &file,
		err) == -1 ||
	    card_open(&card, file, cli->arena, err) == -1 ||
	    find_endpoint(cli, card, &parts, err) == -1)
		return -1;
	parts.party = arena_text(cli->arena, card->party);
	return supervisor_run(&parts, err);
}

const struct command command_serve = {
	.name = "serve",
	.operands = "",
	.summary = "Run the node, in the foreground, until SIGTERM",
	CLI_TABLE(rows),
	.values_size = sizeof(struct serve_values),
	.run = run,
};
