#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/reply.h"

struct log_values {
	struct cli_common common;
	const char *peer, *side;
	struct option_number from, limit;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "peer", "PARTY", "the log with this peer; may be left out with one",
	    option_text, offsetof(struct log_values, peer),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "side", "own|theirs", "our log (the default), or what is held of "
	    "theirs",
	    option_text, offsetof(struct log_values, side),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "from", "N", "from this entry on",
	    option_number, offsetof(struct log_values, from),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "limit", "N", "at most so many",
	    option_number, offsetof(struct log_values, limit),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};
/* clang-format on */

static void
print_entry(const struct json_reader *entry)
{
	struct span verdict = reply_text(entry, "verdict");

	printf("%8" PRId64 "  ", reply_integer(entry, "index"));
	cli_print_cell(stdout, reply_short(entry, "leaf"), PRINT_SHORT);
	cli_print_cell(stdout, reply_text(entry, "at"), 20);
	if (span_is_text(verdict, "valid") &&
	    reply_text(entry, "case").len == 0) {
		cli_print_text(stdout, reply_text(entry, "kind"),
		    PRINT_ONE_LINE);
		putchar('\n');
		return;
	}
	cli_print_cell(stdout, reply_text(entry, "kind"), 15);
	if (!span_is_text(verdict, "valid") && verdict.len > 0) {
		fputs("set aside: ", stdout);
		cli_print_text(stdout, verdict, PRINT_ONE_LINE);
	} else if (reply_text(entry, "case").len > 0) {
		fputs("case ", stdout);
		cli_print_text(stdout, reply_short(entry, "case"),
		    PRINT_ONE_LINE);
	}
	putchar('\n');
}

static void
print_log(const struct json_reader *in)
{
	struct json_list list = reply_list(in, "entries");

	cli_print_text(stdout, reply_text(in, "origin"), PRINT_ONE_LINE);
	printf("\n%" PRId64 " entries, %" PRId64 " signed, %" PRId64
	       " delivered\n",
	    reply_integer(in, "size"), reply_integer(in, "head"),
	    reply_integer(in, "mirrored"));
	for (size_t i = 0; i < list.n; i++) {
		struct json_reader entry = reply_item(&list, i);

		print_entry(&entry);
	}
}

static int
run(struct cli *cli, struct error *err)
{
	const struct log_values *values = cli->values;
	const char *side = values->side == NULL ? "own" : values->side;
	struct json *body, *reply = NULL;
	struct json_reader in;

	if (strcmp(side, "own") != 0 && strcmp(side, "theirs") != 0)
		return error_set(err, E_USAGE, "--side is own or theirs");
	body = json_object_new();
	if (values->peer != NULL)
		json_set_word(body, "peer", values->peer);
	json_set_word(body, "side", side);
	if (values->from.has)
		json_set_integer(body, "from", (int64_t)values->from.value);
	if (values->limit.has)
		json_set_integer(body, "limit", (int64_t)values->limit.value);
	if (cli_call(cli, "log", body, &reply, err) == -1)
		return -1;
	in = reply_of(reply);
	if (values->common.is_json)
		cli_print_json(stdout, reply);
	else
		print_log(&in);
	json_free(reply);
	return 0;
}

const struct command command_log = {
	.name = "log",
	.operands = "",
	.summary = "List the entries of a log",
	CLI_TABLE(rows),
	.values_size = sizeof(struct log_values),
	.run = run,
};
