#include "base/error.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/reply.h"

struct credential_values {
	struct cli_common common;
	struct option_words use;
	struct option_instant until, since;
};

/* clang-format off */
#define USE \
	{ "use", "WORD", "what the key is for", \
	    option_word, offsetof(struct credential_values, use), \
	    OPTION_REQUIRED, VOCABULARY_KEY_USE }

static const struct option_row renew_rows[] = {
	USE,
	{ "until", "T", "until when the new certificate is good",
	    option_instant, offsetof(struct credential_values, until),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};

static const struct option_row compromise_rows[] = {
	USE,
	{ "since", "T", "since when the old key is not to be trusted; shown, "
	    "voids nothing that was delivered",
	    option_instant, offsetof(struct credential_values, since),
	    OPTION_REQUIRED, VOCABULARY_NONE },
	{ "until", "T", "until when the new certificate is good",
	    option_instant, offsetof(struct credential_values, until),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};
/* clang-format on */

/* A record for each docket. */
static void
print_letters(const struct json_reader *in)
{
	struct json_list list = reply_list(in, "letters");

	for (size_t i = 0; i < list.n; i++) {
		struct json_reader one = reply_item(&list, i);

		cli_print_cell(stdout, reply_short(&one, "leaf"), PRINT_SHORT);
		fputs("told ", stdout);
		cli_print_text(stdout, reply_text(&one, "peer"),
		    PRINT_ONE_LINE);
		putchar('\n');
	}
	if (list.n == 0)
		puts("done; there is no peer to be told");
}

static int
change(struct cli *cli, enum word what, struct error *err)
{
	const struct credential_values *values = cli->values;
	struct json *body = json_object_new(), *reply = NULL;
	struct json_reader in;

	json_set_word(body, "use", word_name(values->use.items[0]));
	json_set_word(body, "change", word_name(what));
	if (values->since.has)
		json_set_instant(body, "since", values->since.at);
	if (values->until.has)
		json_set_instant(body, "not-after", values->until.at);
	if (cli_call(cli, "credential", body, &reply, err) == -1)
		return -1;
	in = reply_of(reply);
	if (values->common.is_json)
		cli_print_json(stdout, reply);
	else
		print_letters(&in);
	json_free(reply);
	return 0;
}

static int
run_renew(struct cli *cli, struct error *err)
{
	return change(cli, WORD_CHANGE_NEW, err);
}

static int
run_compromise(struct cli *cli, struct error *err)
{
	return change(cli, WORD_CHANGE_COMPROMISED, err);
}

const struct command command_credential_renew = {
	.name = "credential renew",
	.operands = "",
	.summary = "Make a new key and tell all peers",
	CLI_TABLE(renew_rows),
	.values_size = sizeof(struct credential_values),
	.run = run_renew,
};

const struct command command_credential_compromise = {
	.name = "credential compromise",
	.operands = "",
	.summary = "Declare a key compromised, replace it and tell all peers",
	CLI_TABLE(compromise_rows),
	.values_size = sizeof(struct credential_values),
	.run = run_compromise,
};
