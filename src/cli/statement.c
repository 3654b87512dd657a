#include "base/error.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/reply.h"
#include "proc/file.h"

/* Bytes of a file with two lines of heads. */
#define HEADS_FILE_MAX ((size_t)4 << 10)

struct statement_values {
	struct cli_common common;
	const char *peer, *heads, *heads_out;
	struct option_instant from, to, as_of;
	bool is_exercise;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "peer", "PARTY", "with whom; may be left out with one peer",
	    option_text, offsetof(struct statement_values, peer),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "from", "T", "the period's first instant",
	    option_instant, offsetof(struct statement_values, from),
	    OPTION_REQUIRED, VOCABULARY_NONE },
	{ "to", "T", "its end, which is not in it",
	    option_instant, offsetof(struct statement_values, to),
	    OPTION_REQUIRED, VOCABULARY_NONE },
	{ "as-of", "T", "as things stood then; else at the period's end",
	    option_instant, offsetof(struct statement_values, as_of),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "heads", "FILE", "from the two logs up to these heads",
	    option_text, offsetof(struct statement_values, heads),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "heads-out", "FILE", "write the heads it rests on; not over a file",
	    option_text, offsetof(struct statement_values, heads_out),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "exercise", NULL, "count exercises and tests, and only those",
	    option_flag, offsetof(struct statement_values, is_exercise),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};
/* clang-format on */

static int
make_body(struct cli *cli, struct json *body, struct error *err)
{
	const struct statement_values *values = cli->values;
	struct span heads;

	if (values->peer != NULL)
		json_set_word(body, "peer", values->peer);
	json_set_instant(body, "from", values->from.at);
	json_set_instant(body, "to", values->to.at);
	if (values->as_of.has)
		json_set_instant(body, "as-of", values->as_of.at);
	if (values->is_exercise)
		json_set_flag(body, "exercise", true);
	json_set_word(body, "format", values->common.is_json ? "json" : "text");
	if (values->heads == NULL)
		return 0;
	if (file_read(values->heads, HEADS_FILE_MAX, cli->arena, &heads, err) ==
	    -1)
		return -1;
	json_set_text(body, "heads", heads);
	return 0;
}

/* A new file: two nodes that hold different heads must not mix them up. */
static int
write_heads(const char *path, struct span heads, struct error *err)
{
	FILE *out = fopen(path, "wx");
	bool is_bad;

	if (out == NULL)
		return error_set(err, E_IO,
		    "%s: there is a file, or none "
		    "can be made",
		    path);
	is_bad = fwrite(heads.ptr, 1, heads.len, out) != heads.len;
	if (fclose(out) == EOF || is_bad)
		return error_set(err, E_IO, "%s", path);
	return 0;
}

static int
run(struct cli *cli, struct error *err)
{
	const struct statement_values *values = cli->values;
	struct json *body = json_object_new(), *reply = NULL;
	struct json_reader in;
	struct span text;
	int rc = -1;

	if (!instant_is_before(values->from.at, values->to.at)) {
		error_set(err, E_USAGE, "--from has to be before --to");
		json_free(body);
		return -1;
	}
	if (make_body(cli, body, err) == -1) {
		json_free(body);
		return -1;
	}
	if (cli_call(cli, "statement", body, &reply, err) == -1)
		return -1;
	in = reply_of(reply);
	text = reply_text(&in, "statement");
	if (text.len == 0) {
		error_set(err, REPLY_BLAME, "no statement");
		goto out;
	}
	if (values->heads_out != NULL &&
	    write_heads(values->heads_out, reply_text(&in, "heads"), err) == -1)
		goto out;
	/* The exact bytes: this is what two nodes compare. */
	fwrite(text.ptr, 1, text.len, stdout);
	rc = 0;
out:
	json_free(reply);
	return rc;
}

const struct command command_statement = {
	.name = "statement",
	.operands = "",
	.summary = "Count a period's requests by the agreed rule",
	CLI_TABLE(rows),
	.values_size = sizeof(struct statement_values),
	.run = run,
};
