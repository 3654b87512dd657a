#include "base/error.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/reply.h"

struct rebuild_values {
	struct cli_common common;
};

/* clang-format off */
static const struct option_row rows[] = {
	CLI_HOME,
	CLI_JSON,
};
/* clang-format on */

static int
run(struct cli *cli, struct error *err)
{
	const struct rebuild_values *values = cli->values;
	struct json *reply = NULL;
	struct json_reader in;
	bool is_same;

	if (cli_call(cli, "rebuild", NULL, &reply, err) == -1)
		return -1;
	in = reply_of(reply);
	is_same = reply_flag(&in, "same");
	if (values->common.is_json)
		cli_print_json(stdout, reply);
	else if (is_same)
		puts("rebuilt from the logs: no difference");
	else
		puts("DIFFERENT from what the logs say; "
		     "nothing was changed, please report this");
	json_free(reply);
	if (!is_same)
		cli->status = CLI_FAILED;
	return 0;
}

const struct command command_rebuild = {
	.name = "rebuild",
	.operands = "",
	.summary = "Make all tables again from the logs, and compare",
	CLI_TABLE(rows),
	.values_size = sizeof(struct rebuild_values),
	.run = run,
};
