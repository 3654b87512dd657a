#include "base/error.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/reply.h"

struct erase_values {
	struct cli_common common;
	const char *peer;
	struct option_words ground;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "ground", "WORD", "why it is erased",
	    option_word, offsetof(struct erase_values, ground),
	    OPTION_REQUIRED, VOCABULARY_GROUND },
	{ "peer", "PARTY", "with whom; may be left out with one peer",
	    option_text, offsetof(struct erase_values, peer),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};
/* clang-format on */

static int
run(struct cli *cli, struct error *err)
{
	const struct erase_values *values = cli->values;
	struct json *body = json_object_new(), *reply = NULL;
	struct json_reader in;

	if (values->peer != NULL)
		json_set_word(body, "peer", values->peer);
	json_set_word(body, "sha256", cli->operands[0]);
	json_set_word(body, "ground", word_name(values->ground.items[0]));
	if (cli_call(cli, "erase", body, &reply, err) == -1)
		return -1;
	in = reply_of(reply);
	if (values->common.is_json) {
		cli_print_json(stdout, reply);
	} else {
		fputs("erased; registered as ", stdout);
		cli_print_text(stdout, reply_short(&in, "leaf"),
		    PRINT_ONE_LINE);
		putchar('\n');
	}
	json_free(reply);
	return 0;
}

const struct command command_erase = {
	.name = "erase",
	.operands = "SHA256",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Erase a document here, and say so in a record",
	CLI_TABLE(rows),
	.values_size = sizeof(struct erase_values),
	.run = run,
};
