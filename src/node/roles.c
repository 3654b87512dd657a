#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "formats/card.h"
#include "keeper/signer.h"
#include "node/keeper_ask.h"
#include "node/keeper_process.h"
#include "node/registrar.h"
#include "node/roles.h"
#include "proc/clock.h"
#include "proc/file.h"
#include "proc/message.h"
#include "proc/sandbox.h"
#include "proc/spawn.h"
#include "seal/random.h"
#include "store/blob.h"
#include "store/store.h"

/* Bytes of a line that describes a sandbox. */
#define READY_MAX ((size_t)1 << 10)

void
role_options_write(const struct role_options *options,
    const char *out[ROLE_ARGUMENTS_MAX])
{
	size_t n = 0;

	out[n++] = "--home";
	out[n++] = options->home.path;
	if (options->clock != NULL) {
		out[n++] = "--clock";
		out[n++] = options->clock;
	}
	if (options->is_clock_confirmed)
		out[n++] = "--confirm-clock";
	if (options->is_sandbox_required)
		out[n++] = "--require-sandbox";
	out[n] = NULL;
}

int
role_options_read(struct role_options *out, const char *const *args, size_t n,
    struct arena *arena, struct error *err)
{
	const char *home = NULL;

	*out = (struct role_options){ .clock = NULL };
	for (size_t i = 0; i < n; i++) {
		bool has_value = i + 1 < n;

		if (strcmp(args[i], "--home") == 0 && has_value)
			home = args[++i];
		else if (strcmp(args[i], "--clock") == 0 && has_value)
			out->clock = args[++i];
		else if (strcmp(args[i], "--confirm-clock") == 0)
			out->is_clock_confirmed = true;
		else if (strcmp(args[i], "--require-sandbox") == 0)
			out->is_sandbox_required = true;
		else
			return error_set(err, E_USAGE, "%s", args[i]);
	}
	if (home == NULL)
		return error_set(err, E_USAGE, "no home");
	node_home_of(&out->home, home, arena);
	return role_options_check(out, err);
}

int
role_options_check(const struct role_options *options, struct error *err)
{
	if (node_home_check(&options->home, err) == -1)
		return -1;
	if (options->clock != NULL && !node_home_is_exercise(&options->home))
		return error_set(err, E_USAGE,
		    "a scripted clock is only for a home made by "
		    "\"init --exercise\"");
	return 0;
}

int
role_enter_sandbox(enum role role, const struct role_options *options,
    const struct sandbox_path *paths, size_t n, struct span *ready,
    struct arena *arena, struct error *err)
{
	struct sandbox sandbox;
	struct buf buf;

	if (sandbox_enter(&sandbox, role, paths, n,
		options->is_sandbox_required, err) == -1)
		return -1;
	buf_init(&buf, READY_MAX);
	sandbox_describe(&sandbox, &buf);
	*ready = arena_copy(arena, buf_span(&buf));
	buf_clear(&buf);
	return 0;
}

enum role_exit
role_end(const struct error *why)
{
	if (why->code == E_PROC_GONE)
		return ROLE_EXIT_BEREFT;
	log_error("ends", why);
	return ROLE_EXIT_BROKEN;
}

int
role_keeper(struct spawn_inherited *inherited,
    const struct role_options *options, struct error *err)
{
	struct keeper_options keeper = {
		.home = options->home.path,
		.journal = options->home.journal,
		.clock = options->clock,
		.is_clock_confirmed = options->is_clock_confirmed,
		.is_sandbox_required = options->is_sandbox_required,
	};
	struct arena *arena = arena_new();
	struct card *card;
	struct span file;
	int rc = -1;

	if (file_read(options->home.card, CARD_FILE_MAX, arena, &file, err) ==
		-1 ||
	    card_open(&card, file, arena, err) == -1)
		goto out;
	keeper.party = arena_text(arena, card->party);
	rc = keeper_process(inherited, &keeper, err);
out:
	arena_free(arena);
	return rc;
}

/* What the registrar has open. */
struct opened {
	struct store *store;
	struct blob_dir blobs;
	bool has_blobs, has_clock;
	struct clock clock;
	struct random random;
	struct message_pipe pipe;
	struct keeper_ask ask;
	struct signer signer;
	struct arena *arena;
	struct span ready;
};

static int
open_all(struct opened *o, const struct role_options *options,
    struct error *err)
{
	const struct node_home *home = &options->home;
	struct sandbox_path paths[] = {
		{ home->data, SANDBOX_WRITE },
		{ home->documents, SANDBOX_WRITE },
	};

	if (clock_open(&o->clock, options->clock, err) == -1)
		return -1;
	o->has_clock = true;
	if (store_open(&o->store, home->database, NULL, STORE_USE, err) == -1 ||
	    blob_dir_open(&o->blobs, home->documents, err) == -1)
		return -1;
	o->has_blobs = true;
	random_system(&o->random);
	return role_enter_sandbox(ROLE_REGISTRAR, options, paths,
	    COUNT_OF(paths), &o->ready, o->arena, err);
}

static void
close_all(struct opened *o)
{
	if (o->has_blobs)
		blob_dir_close(&o->blobs);
	if (o->has_clock)
		clock_close(&o->clock);
	store_close(o->store);
	message_pipe_clear(&o->pipe);
	arena_free(o->arena);
}

int
role_registrar(struct spawn_inherited *inherited,
    const struct role_options *options, struct error *err)
{
	struct opened o = { .arena = arena_new() };
	int rc = -1;

	message_pipe_init(&o.pipe, spawn_fd_take(inherited, SPAWN_KEEPER),
	    ROLE_REGISTRAR, ROLE_KEEPER);
	o.ask = (struct keeper_ask){ &o.pipe, REGISTRAR_KEEPER_MS };
	o.signer = keeper_ask_signer(&o.ask);
	if (open_all(&o, options, err) == 0) {
		struct registrar_parts parts = {
			.supervisor =
			    spawn_fd_take(inherited, SPAWN_SUPERVISOR),
			.gate = spawn_fd_take(inherited, SPAWN_GATE),
			.courier = spawn_fd_take(inherited, SPAWN_COURIER),
			.desk = spawn_fd_take(inherited, SPAWN_DESK),
			.home = &options->home,
			.store = o.store,
			.blobs = &o.blobs,
			.signer = &o.signer,
			.keeper = &o.ask,
			.random = &o.random,
			.clock = &o.clock,
			.ready = o.ready,
		};

		rc = registrar_process(&parts, err);
	}
	close_all(&o);
	return rc;
}
