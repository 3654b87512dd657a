#include "base/error.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/reply.h"
#include "domain/casefile.h"
#include "domain/kind.h"

struct cases_values {
	struct cli_common common;
	const char *peer, *class, *kind;
	bool is_open;
	struct option_number limit;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "peer", "PARTY", "only those with this peer",
	    option_text, offsetof(struct cases_values, peer),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "class", "CLASS", "only requests of this class, as in statements",
	    option_text, offsetof(struct cases_values, class),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "kind", "KIND", "only those opened by this kind of record",
	    option_text, offsetof(struct cases_values, kind),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "open", NULL, "only those in which something is still to come",
	    option_flag, offsetof(struct cases_values, is_open),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "limit", "N", "at most so many",
	    option_number, offsetof(struct cases_values, limit),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};

/* The table's columns: what is printed, under which head.  Who and what is
 * owed, which may be long, stands below. */
static const struct column {
	const char *head, *name;
	size_t width;
} columns[] = {
	{ "CASE", "short", PRINT_SHORT },
	{ "KIND", "kind", 7 },
	{ "URGENCY", "urgency", 9 },
	{ "DELIVERED", "taken", 20 },
	{ "STATE", "shown", 0 },
};
/* clang-format on */

/* Below the second column. */
#define BELOW "          "

/* Of the two parties one asked. */
static void
print_parties(const struct json_reader *one)
{
	struct span requester = reply_text(one, "requester");
	struct span peer = reply_text(one, "peer");

	fputs(BELOW "from ", stdout);
	cli_print_text(stdout, requester, PRINT_ONE_LINE);
	fputs(" to ", stdout);
	cli_print_text(stdout,
	    span_is_equal(requester, peer) ? span_text("us") : peer,
	    PRINT_ONE_LINE);
	fputs(reply_flag(one, "exercise") ? ", EXERCISE\n" : "\n", stdout);
}

/* What is owed first, by whom, by when. */
static void
print_due(const struct json_reader *one)
{
	struct json_list list = reply_list(one, "due");
	struct json_reader due;

	if (list.n == 0)
		return;
	due = reply_item(&list, 0);
	fputs(BELOW "due: ", stdout);
	cli_print_text(stdout, reply_text(&due, "what"), PRINT_ONE_LINE);
	fputs(" by ", stdout);
	cli_print_text(stdout, reply_text(&due, "party"), PRINT_ONE_LINE);
	if (reply_text(&due, "by").len > 0) {
		putchar(' ');
		cli_print_text(stdout, reply_text(&due, "by"), PRINT_ONE_LINE);
	}
	puts(reply_flag(&due, "late") ? ", OVERDUE" : "");
}

static void
print_case(const struct json_reader *one)
{
	for (size_t i = 0; i < COUNT_OF(columns); i++) {
		struct span text = reply_text(one, columns[i].name);

		cli_print_cell(stdout, text.len > 0 ? text : span_text("-"),
		    columns[i].width);
	}
	putchar('\n');
	print_parties(one);
	print_due(one);
}

static void
print_table(const struct json_reader *in)
{
	struct json_list list = reply_list(in, "cases");

	for (size_t i = 0; list.n > 0 && i < COUNT_OF(columns); i++)
		cli_print_cell(stdout, span_text(columns[i].head),
		    columns[i].width);
	putchar('\n');
	for (size_t i = 0; i < list.n; i++) {
		struct json_reader one = reply_item(&list, i);

		print_case(&one);
	}
	if (reply_flag(in, "more"))
		puts("and more: see --limit");
}

/* What the node would not understand is said with what it would. */
static int
check_words(const struct cases_values *values, struct error *err)
{
	bool is_class = values->class == NULL;
	enum kind kind;

	for (int i = 0; !is_class && i < CASE_CLASS_COUNT; i++)
		is_class = span_is_text(span_text(values->class),
		    case_class_name((enum case_class)i));
	if (!is_class)
		return error_set(err, E_USAGE,
		    "no class is named %s; see demarche-cases(1)",
		    values->class);
	if (values->kind == NULL)
		return 0;
	return kind_find(&kind, span_text(values->kind), err);
}

static int
run(struct cli *cli, struct error *err)
{
	const struct cases_values *values = cli->values;
	struct json *body, *reply = NULL;
	struct json_reader in;

	if (check_words(values, err) == -1)
		return -1;
	body = json_object_new();
	if (values->peer != NULL)
		json_set_word(body, "peer", values->peer);
	if (values->class != NULL)
		json_set_word(body, "class", values->class);
	if (values->kind != NULL)
		json_set_word(body, "kind", values->kind);
	if (values->is_open)
		json_set_flag(body, "open", true);
	if (values->limit.has)
		json_set_integer(body, "limit", (int64_t)values->limit.value);
	if (cli_call(cli, "cases", body, &reply, err) == -1)
		return -1;
	in = reply_of(reply);
	if (values->common.is_json)
		cli_print_json(stdout, reply);
	else if (reply_list(&in, "cases").n == 0)
		puts("no cases");
	else
		print_table(&in);
	json_free(reply);
	return 0;
}

const struct command command_cases = {
	.name = "cases",
	.operands = "",
	.summary = "List the cases and where they stand",
	CLI_TABLE(rows),
	.values_size = sizeof(struct cases_values),
	.run = run,
};
