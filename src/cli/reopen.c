#include <inttypes.h>

#include "base/arena.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/reply.h"

struct reopen_values {
	struct cli_common common;
	bool is_agreed;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "yes", NULL, "do not ask", option_flag,
	    offsetof(struct reopen_values, is_agreed),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};
/* clang-format on */

static struct json *
body_of(const struct cli *cli, bool is_preview)
{
	struct json *body = json_object_new();

	json_set_word(body, "peer", cli->operands[0]);
	json_set_flag(body, "preview", is_preview);
	return body;
}

/* What becomes of the old log, before it is closed. */
static int
ask(struct cli *cli, struct error *err)
{
	struct json *reply = NULL;
	struct json_reader in;

	if (cli_call(cli, "peer-reopen", body_of(cli, true), &reply, err) == -1)
		return -1;
	in = reply_of(reply);
	fprintf(stderr,
	    "Our log with %s is closed at %" PRId64 " records, all that it "
	    "signed for; log %" PRId64 " goes on.\n",
	    cli->operands[0], reply_integer(&in, "closed"),
	    reply_integer(&in, "epoch"));
	if (reply_integer(&in, "left-behind") > 0)
		fprintf(stderr,
		    "%" PRId64 " of our records were never delivered and are "
		    "left behind: lodge again what is still wanted.\n",
		    reply_integer(&in, "left-behind"));
	json_free(reply);
	return cli_confirm("Close it and begin another?", err);
}

static int
run(struct cli *cli, struct error *err)
{
	const struct reopen_values *values = cli->values;
	struct json *reply = NULL;
	struct json_reader in;

	if ((!values->is_agreed && ask(cli, err) == -1) ||
	    cli_call(cli, "peer-reopen", body_of(cli, false), &reply, err) ==
		-1)
		return -1;
	in = reply_of(reply);
	if (values->common.is_json) {
		cli_print_json(stdout, reply);
	} else {
		fputs("our next log with ", stdout);
		cli_print_text(stdout, reply_text(&in, "peer"), PRINT_ONE_LINE);
		fputs(" opens with ", stdout);
		cli_print_text(stdout, reply_short(&in, "opening"),
		    PRINT_ONE_LINE);
		putchar('\n');
	}
	json_free(reply);
	return 0;
}

const struct command command_peer_reopen = {
	.name = "peer reopen",
	.operands = "PARTY",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Close our log with a peer, and begin the next one",
	CLI_TABLE(rows),
	.values_size = sizeof(struct reopen_values),
	.run = run,
};
