#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/copy.h"
#include "proc/file.h"
#include "proc/home.h"

struct restore_values {
	struct cli_common common;
	const char *keys;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "keys", "DIR", "take keys, journal and TLS key from that home; else "
	    "they are in the backup",
	    option_text, offsetof(struct restore_values, keys),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
};
/* clang-format on */

/* What it is made of: the backup, where the keys are, the new home. */
struct restore {
	struct arena *arena;
	struct node_home backup, keys, home;
};

static int
check_sources(const struct restore *r, struct error *err)
{
	if (access(r->backup.database, R_OK) == -1 ||
	    access(r->backup.card, R_OK) == -1)
		return error_set(err, E_USAGE, "%s is no backup",
		    r->backup.path);
	if (access(r->keys.keys, R_OK) == -1 ||
	    access(r->keys.journal, R_OK) == -1 ||
	    access(r->keys.tls_key, R_OK) == -1)
		return error_set(err, E_USAGE,
		    "there are no keys in %s: give --keys with the home they "
		    "were saved from",
		    r->keys.path);
	return 0;
}

static int
copy_all(const struct restore *r, struct error *err)
{
	struct arena *arena = r->arena;

	if (home_make(r->home.data, err) == -1 ||
	    copy_file(r->backup.database, r->home.database, err) == -1 ||
	    copy_file(r->backup.card, r->home.card, err) == -1 ||
	    copy_tree(r->backup.documents, r->home.documents, arena, err) ==
		-1 ||
	    copy_tree(r->keys.keys, r->home.keys, arena, err) == -1 ||
	    copy_tree(r->keys.journals, r->home.journals, arena, err) == -1 ||
	    copy_tree(r->keys.tls, r->home.tls, arena, err) == -1)
		return -1;
	if (node_home_is_exercise(&r->backup) &&
	    copy_file(r->backup.exercise, r->home.exercise, err) == -1)
		return -1;
	return file_write_durable(r->home.restored,
	    span_text("restored from a backup\n"), 0600, err);
}

/* Put the folder ${made} at ${path}, which is empty or not there. */
static int
put_in_place(const char *made, const char *path, struct error *err)
{
	if (rename(made, path) == 0)
		return 0;
	if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
		return error_set(err, E_USAGE, "there is something at %s",
		    path);
	return error_set(err, E_IO, "%s: %s", path, strerror(errno));
}

static int
run(struct cli *cli, struct error *err)
{
	const struct restore_values *values = cli->values;
	struct restore r = { .arena = cli->arena };
	const char *path, *backup, *keys;
	char *made;
	struct error why;

	if (home_path(&path, cli->arena, values->common.home, err) == -1 ||
	    cli_absolute(cli, &backup, cli->operands[0], err) == -1 ||
	    cli_absolute(cli, &keys, values->keys, err) == -1)
		return -1;
	node_home_of(&r.backup, backup, cli->arena);
	node_home_of(&r.keys, keys == NULL ? backup : keys, cli->arena);
	if (check_sources(&r, err) == -1 || home_make(path, err) == -1)
		return -1;
	if (rmdir(path) == -1)
		return error_set(err, E_USAGE, "there is something at %s",
		    path);
	made = arena_printf(cli->arena, "%s.new-XXXXXX", path);
	if (mkdtemp(made) == NULL)
		return error_set(err, E_IO, "%s: %s", made, strerror(errno));
	node_home_of(&r.home, made, cli->arena);
	if (copy_all(&r, &why) == -1 || put_in_place(made, path, &why) == -1) {
		*err = why;
		copy_remove(made);
		return -1;
	}
	printf("restored to %s\n"
	       "At its start the node asks every peer how much of our logs it "
	       "holds, and signs\nnothing before: what was delivered after the "
	       "backup is fetched back from them.\n"
	       "Never run the node it was copied from again.\n",
	    path);
	return 0;
}

const struct command command_restore = {
	.name = "restore",
	.operands = "DIR",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Make a home again from a backup",
	CLI_TABLE(rows),
	.values_size = sizeof(struct restore_values),
	.run = run,
};
