#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/copy.h"
#include "cli/print.h"
#include "cli/reply.h"

struct backup_values {
	struct cli_common common;
	bool with_keys;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "keys", NULL, "with the private keys: whoever has the copy is the "
	    "party",
	    option_flag, offsetof(struct backup_values, with_keys),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};
/* clang-format on */

/* What a backup is being made of. */
struct backup {
	struct cli *cli;
	struct node_home home, copy;
};

/*
 * The database was copied by its owner, at one instant; documents never
 * change, so they may be copied after it.
 */
static int
copy_data(const struct backup *b, struct error *err)
{
	struct arena *arena = b->cli->arena;
	int rc;

	if (mkdir(b->copy.data, 0700) == -1)
		return error_set(err, E_IO, "%s: %s", b->copy.data,
		    strerror(errno));
	rc = copy_file(b->home.backup, b->copy.database, err);
	unlink(b->home.backup);
	if (rc == -1 || copy_file(b->home.card, b->copy.card, err) == -1 ||
	    copy_tree(b->home.documents, b->copy.documents, arena, err) == -1)
		return -1;
	if (!node_home_is_exercise(&b->home))
		return 0;
	return copy_file(b->home.exercise, b->copy.exercise, err);
}

static int
copy_keys(const struct backup *b, struct error *err)
{
	struct arena *arena = b->cli->arena;

	if (copy_tree(b->home.keys, b->copy.keys, arena, err) == -1 ||
	    copy_tree(b->home.journals, b->copy.journals, arena, err) == -1)
		return -1;
	return copy_tree(b->home.tls, b->copy.tls, arena, err);
}

static int
run(struct cli *cli, struct error *err)
{
	const struct backup_values *values = cli->values;
	struct backup b = { .cli = cli };
	struct json *reply = NULL;
	const char *path;
	int rc = -1;

	if (cli_home(cli, &b.home, err) == -1 ||
	    cli_absolute(cli, &path, cli->operands[0], err) == -1)
		return -1;
	node_home_of(&b.copy, path, cli->arena);
	if (mkdir(path, 0700) == -1)
		return error_set(err, E_IO, "%s: %s", path, strerror(errno));
	if (cli_call(cli, "backup", NULL, &reply, err) == -1 ||
	    copy_data(&b, err) == -1 ||
	    (values->with_keys && copy_keys(&b, err) == -1))
		goto out;
	if (values->common.is_json)
		cli_print_json(stdout, reply);
	else
		printf("copied to %s%s\n", path,
		    values->with_keys ? ", with the private keys" :
					"; the private keys are not in it");
	rc = 0;
out:
	json_free(reply);
	if (rc == -1)
		copy_remove(path);
	return rc;
}

const struct command command_backup = {
	.name = "backup",
	.operands = "DIR",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Copy database and documents of a running node",
	CLI_TABLE(rows),
	.values_size = sizeof(struct backup_values),
	.run = run,
};
