#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/error.h"
#include "cli/client.h"
#include "cli/letter.h"
#include "cli/print.h"
#include "cli/reply.h"
#include "formats/card.h"
#include "proc/clock.h"
#include "seal/digest.h"

/* Between two looks at whether it was delivered, in nanoseconds. */
#define LOOK_NS 200000000L

/* One run. */
struct letter {
	struct cli *cli;
	const struct letter_values *values;
	const char *case_name; /* as given, or NULL */
	struct span peer, re;
	struct letter_documents documents;
};

/* The coded members that were given. */
static struct json *
members_json(const struct letter *letter)
{
	enum kind kind = letter->cli->command->kind;
	enum member first = kind_first_member(kind);
	struct json *json = json_object_new();

	for (unsigned i = 0; i < kind_members(kind); i++) {
		const struct member_row *row = member_row(first + i);
		const struct letter_member *given = &letter->values->members[i];
		struct json *list;

		if (row->type == MEMBER_WORD && given->words.n > 0)
			json_set_word(json, row->name,
			    word_name(given->words.items[0]));
		if (row->type == MEMBER_INSTANT && given->instant.has)
			json_set_instant(json, row->name, given->instant.at);
		if (row->type == MEMBER_FLAG &&
		    (given->flag || row->occurs == OCCURS_ONE))
			json_set_flag(json, row->name, given->flag);
		if (row->type != MEMBER_WORDS || given->words.n == 0)
			continue;
		list = json_array_new();
		for (unsigned k = 0; k < given->words.n; k++)
			json_add_word(list, word_name(given->words.items[k]));
		json_set_json(json, row->name, list);
	}
	return json;
}

static void
set_word(struct json *json, const char *name, const struct option_words *words)
{
	if (words->n > 0)
		json_set_word(json, name, word_name(words->items[0]));
}

/* The draft of formats/draft.h. */
static struct json *
draft_json(const struct letter *letter)
{
	const struct letter_values *values = letter->values;
	enum kind kind = letter->cli->command->kind;
	struct json *draft = json_object_new();

	json_set_word(draft, "kind", kind_row(kind)->name);
	if (letter->case_name != NULL)
		json_set_word(draft, "case", letter->case_name);
	if (letter->re.len > 0)
		json_set_text(draft, "re", letter->re);
	set_word(draft, "by", &values->by);
	set_word(draft, "tlp", &values->tlp);
	set_word(draft, "pap", &values->pap);
	if (values->is_exercise)
		json_set_flag(draft, "exercise", true);
	if (letter->documents.n > 0)
		json_set_json(draft, "documents",
		    letter_documents_json(&letter->documents));
	json_set_json(draft, kind_row(kind)->name, members_json(letter));
	return draft;
}

/* The last query of the other side in a case: what an answer answers. */
static void
find_query(struct letter *letter, const struct json_reader *in)
{
	struct json_list entries = reply_list(in, "entries");
	struct span us = reply_text(in, "us");

	for (size_t i = 0; i < entries.n; i++) {
		struct json_reader entry = reply_item(&entries, i);

		if (span_is_text(reply_text(&entry, "kind"), "query") &&
		    !span_is_equal(reply_text(&entry, "author"), us))
			letter->re = arena_copy(letter->cli->arena,
			    reply_text(&entry, "leaf"));
	}
}

/* Ask the node about the case, where more of it is needed than its name. */
static int
look_at_case(struct letter *letter, struct error *err)
{
	bool wants_re = letter->re.len == 0 &&
	    kind_row(letter->cli->command->kind)->re == RE_REQUIRED;
	struct json *body, *reply = NULL;
	struct json_reader in;

	if (letter->case_name == NULL ||
	    (letter->documents.n == 0 && !wants_re))
		return 0;
	body = json_object_new();
	json_set_word(body, "case", letter->case_name);
	if (letter->peer.len > 0)
		json_set_text(body, "peer", letter->peer);
	if (cli_call(letter->cli, "show", body, &reply, err) == -1)
		return -1;
	in = reply_of(reply);
	letter->peer = arena_copy(letter->cli->arena, reply_text(&in, "peer"));
	if (wants_re)
		find_query(letter, &in);
	json_free(reply);
	if (wants_re && letter->re.len == 0)
		return error_set(err, E_USAGE,
		    "the other side asked nothing in that case; see --re");
	return 0;
}

static int
check_values(const struct letter *letter, struct error *err)
{
	const struct letter_values *values = letter->values;
	enum kind kind = letter->cli->command->kind;
	bool opens = kind_row(kind)->opens == OPENS_EITHER_WAY;

	if (values->to != NULL &&
	    card_check_party(span_text(values->to), err) == -1)
		return -1;
	if (opens && letter->case_name == NULL && values->to == NULL)
		return error_set(err, E_USAGE, "of which case, or --to whom");
	if (values->wait != NULL && strcmp(values->wait, "taken") != 0 &&
	    strcmp(values->wait, "acknowledged") != 0)
		return error_set(err, E_USAGE,
		    "--wait is for taken or acknowledged");
	return 0;
}

/* What would be signed: for people in lines, and as it is. */
static int
print_preview(const struct letter *letter, const struct json *reply,
    struct error *err)
{
	struct json_reader in = reply_of(reply);
	struct span content = reply_text(&in, "content");
	struct hash digest = digest_of(content);
	char text[HASH_TEXT_MAX];
	struct json *json = NULL;

	if (letter->values->common.is_json) {
		cli_print_json(stdout, reply);
		return 0;
	}
	if (json_read(&json, content, content.len, REPLY_BLAME, err) == -1)
		return -1;
	puts("This would be signed; whoever is handed a proof sees it:");
	cli_print_json(stdout, json);
	json_free(json);
	json = NULL;
	printf("exactly these bytes, SHA-256 %s:\n", hash_write(&digest, text));
	cli_print_text(stdout, content, PRINT_ONE_LINE);
	putchar('\n');
	if (letter->documents.n == 0)
		return 0;
	if (json_read_document(&json, letter->documents.body,
		letter->documents.body.len, E_INTERNAL, err) == -1)
		return -1;
	printf("and with it, for the peer only, this text and %zu files:\n",
	    letter->documents.n - 1);
	cli_print_json(stdout, json);
	json_free(json);
	return 0;
}

/* Seconds are the machine's: a scripted clock may stand still. */
static int
wait_for(struct letter *letter, struct span leaf, struct json *out,
    struct error *err)
{
	const struct letter_values *values = letter->values;
	struct timespec pause = { 0, LOOK_NS };
	int64_t seconds = values->timeout.has ? (int64_t)values->timeout.value :
						LETTER_TIMEOUT_S;
	int64_t end = clock_monotonic_ms() + 1000 * seconds;
	struct json *body, *reply = NULL;
	struct json_reader in;
	bool is_done;

	for (;;) {
		body = json_object_new();
		json_set_text(body, "leaf", leaf);
		json_set_word(body, "for", values->wait);
		if (cli_call(letter->cli, "wait", body, &reply, err) == -1)
			return -1;
		in = reply_of(reply);
		if ((is_done = reply_flag(&in, "done")))
			json_set_text(out, values->wait, reply_text(&in, "at"));
		json_free(reply);
		reply = NULL;
		if (is_done)
			return 0;
		if (clock_monotonic_ms() > end)
			return error_set(err, E_HTTP_TIMEOUT,
			    "registered, not %s after %lld s; "
			    "the node goes on trying",
			    values->wait, (long long)seconds);
		nanosleep(&pause, NULL);
	}
}

/* For officers: delivered, not taken. */
static void
print_made(const struct letter *letter, const struct json *reply)
{
	const char *kind = kind_row(letter->cli->command->kind)->name;
	struct json_reader in = reply_of(reply);

	if (span_is_equal(reply_text(&in, "leaf"), reply_text(&in, "case"))) {
		printf("%s ", kind);
	} else {
		printf("%s ", kind);
		cli_print_text(stdout, reply_short(&in, "leaf"),
		    PRINT_ONE_LINE);
		fputs(" in case ", stdout);
	}
	cli_print_text(stdout, reply_short(&in, "case"), PRINT_ONE_LINE);
	if (reply_text(&in, "peer").len > 0) {
		fputs(" with ", stdout);
		cli_print_text(stdout, reply_text(&in, "peer"), PRINT_ONE_LINE);
	}
	fputs(": registered ", stdout);
	cli_print_text(stdout, reply_text(&in, "at"), PRINT_ONE_LINE);
	if (reply_text(&in, "taken").len > 0) {
		fputs(", delivered ", stdout);
		cli_print_text(stdout, reply_text(&in, "taken"),
		    PRINT_ONE_LINE);
	}
	if (reply_text(&in, "acknowledged").len > 0) {
		fputs(", acknowledged ", stdout);
		cli_print_text(stdout, reply_text(&in, "acknowledged"),
		    PRINT_ONE_LINE);
	}
	putchar('\n');
}

/* Register it, tell how it is named, and wait if that was asked for. */
static int
send(struct letter *letter, struct error *err)
{
	const struct letter_values *values = letter->values;
	struct json *body = json_object_new(), *reply = NULL;
	struct json_reader in;
	int rc = 0;

	if (letter->peer.len > 0)
		json_set_text(body, "peer", letter->peer);
	json_set_json(body, "draft", draft_json(letter));
	json_set_flag(body, "preview", values->is_preview);
	if (cli_call(letter->cli, "letter", body, &reply, err) == -1)
		return -1;
	if (values->is_preview) {
		rc = print_preview(letter, reply, err);
		json_free(reply);
		return rc;
	}
	in = reply_of(reply);
	/* It is registered, whatever comes of the waiting. */
	if (values->wait != NULL)
		rc = wait_for(letter, reply_text(&in, "leaf"), reply, err);
	if (values->common.is_json)
		cli_print_json(stdout, reply);
	else
		print_made(letter, reply);
	json_free(reply);
	return rc;
}

static int
send_documents(struct letter *letter, struct error *err)
{
	struct json *reply = NULL;

	if (letter->documents.n == 0)
		return 0;
	/* Is there a node at all, and does it answer? */
	if (cli_call(letter->cli, "peers", NULL, &reply, err) == -1)
		return -1;
	json_free(reply);
	return letter_documents_send(letter->cli, &letter->documents,
	    letter->peer, err);
}

static int
run(struct cli *cli, struct error *err)
{
	struct letter *letter = arena_alloc(cli->arena, sizeof(*letter));
	const struct letter_values *values = cli->values;
	int rc = -1;

	letter->cli = cli;
	letter->values = values;
	if (cli->operands_n > 0)
		letter->case_name = cli->operands[0];
	if (values->to != NULL)
		letter->peer = span_text(values->to);
	if (values->re != NULL)
		letter->re = span_text(values->re);
	if (check_values(letter, err) == -1 ||
	    letter_documents_open(&letter->documents, cli, err) == -1 ||
	    look_at_case(letter, err) == -1 ||
	    send_documents(letter, err) == -1)
		goto out;
	rc = send(letter, err);
out:
	letter_documents_close(&letter->documents);
	return rc;
}

/* clang-format off */
#define LETTER(word, record, wants, least, most, what) \
	const struct command command_##word = { \
		.name = #word, \
		.operands = wants, \
		.operands_min = least, \
		.operands_max = most, \
		.summary = what, \
		.make_rows = letter_rows, \
		.values_size = sizeof(struct letter_values), \
		.run = run, \
		.kind = KIND_##record, \
	}

LETTER(request, REQUEST, "", 0, 0, "Send a request, which opens a case");
LETTER(supplement, SUPPLEMENT, "CASE", 1, 1,
    "Add to or correct a request of ours");
LETTER(withdraw, WITHDRAWAL, "CASE", 1, 1, "Withdraw a request of ours");
LETTER(acknowledge, ACKNOWLEDGEMENT, "CASE", 1, 1,
    "Acknowledge a request: received, no position taken");
LETTER(return, RETURN, "CASE", 1, 1, "Return a request for completion");
LETTER(decide, DECISION, "CASE", 1, 1,
    "Tell what was decided on a request");
LETTER(result, RESULT, "CASE", 1, 1, "Tell what came of a request");
LETTER(appraise, APPRAISAL, "CASE", 1, 1,
    "Confirm or contest the outcome of a request of ours");
LETTER(report, REPORT, "", 0, 0, "Send information that asks for no answer");
LETTER(query, QUERY, "[CASE]", 0, 1, "Ask about a case, or ask at all");
LETTER(answer, ANSWER, "CASE", 1, 1, "Answer a query");
/* clang-format on */
