#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "formats/card.h"
#include "formats/json.h"
#include "node/home_request.h"
#include "proc/clock.h"
#include "proc/file.h"
#include "proc/home.h"
#include "seal/certificate.h"

/* The seal's and those above it */
#define CERTIFICATES_MAX (CERTIFICATE_ANCHORS_MAX + 1)

struct init_values {
	struct cli_common common;
	const char *party, *country;
	struct option_texts endpoints;
	bool is_exercise, is_request;
	const char *certificate;
	struct option_texts chain;
	struct option_instant from, until;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "party", "NAME", "the party's name, like cert.north.example",
	    option_text, offsetof(struct init_values, party),
	    OPTION_REQUIRED, VOCABULARY_NONE },
	{ "country", "CC", "its country, two capitals (ISO 3166-1)",
	    option_text, offsetof(struct init_values, country),
	    OPTION_REQUIRED, VOCABULARY_NONE },
	{ "endpoint", "URL", "where peers reach this node, https://host:port; "
	    "it listens at the first",
	    option_texts, offsetof(struct init_values, endpoints),
	    OPTION_REQUIRED | OPTION_REPEATS, VOCABULARY_NONE },
	{ "request", NULL, "only make the seal key, and print a certificate "
	    "request for an authority to sign; the same command with "
	    "--certificate then makes the home",
	    option_flag, offsetof(struct init_values, is_request),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "certificate", "FILE", "the seal certificate that the authority "
	    "issued, PEM; those above it may follow in the file",
	    option_text, offsetof(struct init_values, certificate),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "chain", "FILE", "certificates above it, PEM, up to a self-signed "
	    "one",
	    option_texts, offsetof(struct init_values, chain),
	    OPTION_REPEATS, VOCABULARY_NONE },
	{ "exercise", NULL, "all that is recorded here is an exercise",
	    option_flag, offsetof(struct init_values, is_exercise),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "from", "T", "from when the certificates are good (exercise)",
	    option_instant, offsetof(struct init_values, from),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "until", "T", "until when the certificates are good",
	    option_instant, offsetof(struct init_values, until),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};
/* clang-format on */

/* What the operator needs next: where it is, and the fingerprint. */
static int
print_made(struct cli *cli, const struct node_home *home, struct error *err)
{
	const struct cli_common *common = cli->values;
	char text[CARD_FINGERPRINT_TEXT_MAX];
	struct json *json = NULL;
	struct card *card;
	struct span file;

	if (file_read(home->card, CARD_FILE_MAX, cli->arena, &file, err) ==
		-1 ||
	    card_open(&card, file, cli->arena, err) == -1)
		return -1;
	card_fingerprint_write(&card->fingerprint, text);
	if (!common->is_json) {
		printf("made %s\nfingerprint %s\n", home->path, text);
		return 0;
	}
	json = json_object_new();
	json_set_word(json, "home", home->path);
	json_set_text(json, "party", card->party);
	json_set_hash(json, "fingerprint", &card->fingerprint);
	json_set_word(json, "fingerprint-text", text);
	json_set_flag(json, "exercise", card->is_exercise);
	cli_print_json(stdout, json);
	json_free(json);
	return 0;
}

/* The certificates in ${path}, behind the ${n} that are there already. */
static int
add_certificates(struct cli *cli, const char *path, struct span *list,
    size_t *n, struct error *err)
{
	size_t more, room = CERTIFICATES_MAX - *n;
	struct span pem;

	if (file_read(path, CERTIFICATES_MAX * CERTIFICATE_PEM_MAX, cli->arena,
		&pem, err) == -1 ||
	    certificate_read_all(list + *n, room, &more, pem, cli->arena,
		err) == -1)
		return -1;
	*n += more;
	return 0;
}

/* What the authority issued: the seal certificate first. */
static int
take_certificates(struct cli *cli, struct node_init *init, struct error *err)
{
	const struct init_values *values = cli->values;
	struct span *list =
	    arena_array(cli->arena, CERTIFICATES_MAX, sizeof(*list));

	if (values->certificate == NULL)
		return values->chain.n == 0 ?
		    0 :
		    error_set(err, E_USAGE, "--chain goes with --certificate");
	if (add_certificates(cli, values->certificate, list,
		&init->certificates_n, err) == -1)
		return -1;
	for (size_t i = 0; i < values->chain.n; i++)
		if (add_certificates(cli, values->chain.items[i], list,
			&init->certificates_n, err) == -1)
			return -1;
	init->certificates = list;
	return 0;
}

static int
print_request(struct cli *cli, const struct node_init *init, struct error *err)
{
	const struct cli_common *common = cli->values;
	struct json *json;
	struct buf pem;

	buf_init(&pem, CERTIFICATE_PEM_MAX);
	if (node_request(init, &pem, err) == -1) {
		buf_clear(&pem);
		return -1;
	}
	if (common->is_json) {
		json = json_object_new();
		json_set_text(json, "request", buf_span(&pem));
		cli_print_json(stdout, json);
		json_free(json);
	} else {
		cli_print_text(stdout, buf_span(&pem), PRINT_LINES);
	}
	buf_clear(&pem);
	return 0;
}

static int
run(struct cli *cli, struct error *err)
{
	const struct init_values *values = cli->values;
	struct node_init init = {
		.party = values->party,
		.country = values->country,
		.endpoints = values->endpoints.items,
		.endpoints_n = values->endpoints.n,
		.is_exercise = values->is_exercise,
		.not_before = values->from.at,
		.not_after = values->until.at,
	};
	struct node_home home;
	struct clock clock;

	if (values->from.has && !values->is_exercise)
		return error_set(err, E_USAGE, "--from is for an exercise");
	if (home_path(&init.path, cli->arena, values->common.home, err) == -1 ||
	    clock_open(&clock, NULL, err) == -1)
		return -1;
	init.now = clock_now(&clock);
	clock_close(&clock);
	if (values->is_request && values->certificate != NULL)
		return error_set(err, E_USAGE,
		    "--request is before --certificate");
	if (values->is_request)
		return print_request(cli, &init, err);
	if (take_certificates(cli, &init, err) == -1 ||
	    node_init(&init, err) == -1)
		return -1;
	node_home_of(&home, init.path, cli->arena);
	return print_made(cli, &home, err);
}

const struct command command_init = {
	.name = "init",
	.operands = "",
	.summary = "Make a node's home: keys, card and database",
	CLI_TABLE(rows),
	.values_size = sizeof(struct init_values),
	.run = run,
};
