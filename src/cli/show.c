#include <inttypes.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "cli/client.h"
#include "cli/print.h"
#include "cli/reply.h"
#include "cli/show.h"
#include "domain/record.h"
#include "formats/blob.h"
#include "formats/body.h"
#include "seal/digest.h"

struct show_values {
	struct cli_common common;
	const char *save, *peer;
	bool is_record, is_brief;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "save", "DIR", "save texts and documents there, each in a new file",
	    option_text, offsetof(struct show_values, save),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "record", NULL, "the name is that of any record, of a case or not",
	    option_flag, offsetof(struct show_values, is_record),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "brief", NULL, "without the texts",
	    option_flag, offsetof(struct show_values, is_brief),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "peer", "PARTY", "with whom, where the digits fit more than one",
	    option_text, offsetof(struct show_values, peer),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};

/* What is said of the case, if it is known. */
static const struct {
	const char *name, *label;
} lines[] = {
	{ "shown", "state" },
	{ "purpose", "purpose" },
	{ "topic", "topic" },
	{ "urgency", "urgency" },
	{ "at", "written" },
	{ "taken", "delivered" },
	{ "acknowledge-due", "acknowledge by" },
	{ "acknowledged", "acknowledged" },
	{ "outcome-due", "outcome due" },
	{ "outcome", "outcome" },
	{ "final", "as claimed" },
	{ "appraisal", "appraisal" },
	{ "withdrawn", "withdrawn" },
	{ "preserve-until", "preserve until" },
};
/* clang-format on */

static void
print(struct span text)
{
	cli_print_text(stdout, text, PRINT_ONE_LINE);
}

bool
show_document_read(struct show_document *out, const struct json_reader *in)
{
	struct error err;

	*out = (struct show_document){
		.is_body = span_is_text(reply_text(in, "role"), "body"),
		.is_held = reply_flag(in, "held"),
	};
	return in->object != NULL &&
	    json_get_hash(&out->sha256, in, "sha256", JSON_REQUIRED, &err) ==
	    0 &&
	    json_get_size(&out->size, in, "size", JSON_REQUIRED, &err) == 0 &&
	    out->size >= BLOB_SALT_BYTES;
}

/* The whole of a small document, checked. */
static int
fetch(struct cli *cli, struct span peer, const struct show_document *document,
    struct span *out, struct error *err)
{
	struct buf blob;
	struct hash digest;
	int rc = -1;

	buf_init(&blob, CLIENT_PIECE_MAX);
	if (client_get(cli->client, peer, &document->sha256, 0, &blob, err) ==
	    -1)
		goto out;
	digest = digest_of(buf_span(&blob));
	if (!hash_is_equal(&digest, &document->sha256)) {
		error_set(err, E_DOCUMENT_DIGEST, "a body document");
		goto out;
	}
	*out =
	    span_skip(arena_copy(cli->arena, buf_span(&blob)), BLOB_SALT_BYTES);
	rc = 0;
out:
	buf_clear(&blob);
	return rc;
}

int
show_body(struct cli *cli, struct span peer, const struct json_reader *entry,
    struct body **out, struct span *content, struct error *err)
{
	struct json_list list = reply_list(entry, "documents");
	struct show_document document;
	struct error why;

	*out = NULL;
	for (size_t i = 0; i < list.n; i++) {
		struct json_reader one = reply_item(&list, i);

		if (!show_document_read(&document, &one) || !document.is_body ||
		    !document.is_held || document.size > DOCUMENT_BODY_MAX)
			continue;
		if (fetch(cli, peer, &document, content, err) == -1)
			return -1;
		if (body_read(out, *content, cli->arena, &why) == -1)
			*out = NULL;
		return 0;
	}
	return 0;
}

static void
print_words(const struct json_reader *in, const char *name)
{
	struct json_list list = reply_list(in, name);

	for (size_t i = 0; i < list.n; i++) {
		if (i > 0)
			fputs(", ", stdout);
		print(reply_item_text(&list, i));
	}
}

/* The coded members, in the order of the table. */
static void
print_facts(const struct json_reader *entry, enum kind kind)
{
	struct json_reader in = reply_object(entry, kind_row(kind)->name);
	enum member first = kind_first_member(kind);

	for (unsigned i = 0; i < kind_members(kind); i++) {
		const struct member_row *row = member_row(first + i);

		if (in.object == NULL || !json_has(&in, row->name))
			continue;
		printf("    %s: ", row->name);
		if (row->type == MEMBER_FLAG)
			fputs(reply_flag(&in, row->name) ? "yes" : "no",
			    stdout);
		else if (row->type == MEMBER_WORDS ||
		    row->type == MEMBER_HASHES)
			print_words(&in, row->name);
		else
			print(reply_text(&in, row->name));
		putchar('\n');
	}
}

static void
print_documents(const struct json_reader *entry)
{
	struct json_list list = reply_list(entry, "documents");

	for (size_t i = 0; i < list.n; i++) {
		struct json_reader one = reply_item(&list, i);

		if (span_is_text(reply_text(&one, "role"), "body"))
			continue;
		fputs(PRINT_INDENT, stdout);
		print(reply_text(&one, "role"));
		printf(": %" PRId64 " bytes, ", reply_integer(&one, "size"));
		print(reply_text(&one, "type"));
		fputs(reply_flag(&one, "erased") ? ", erased here" :
			reply_flag(&one, "held") ? ", held" :
						   ", not held",
		    stdout);
		fputs(", ", stdout);
		print(reply_short(&one, "sha256"));
		putchar('\n');
	}
}

static void
print_body(const struct body *body)
{
	fputs("    subject: ", stdout);
	print(body->subject);
	putchar('\n');
	cli_print_block(stdout, body->text, "    | ");
	for (unsigned i = 0; i < body->translations_n; i++) {
		const struct body_translation *one = &body->translations[i];

		printf("    translation (%s) ", body_marked_name(one->marked));
		print(one->language);
		putchar('\n');
		cli_print_block(stdout, one->text, "    | ");
	}
	if (body->although.len > 0) {
		fputs("    although: ", stdout);
		print(body->although);
		putchar('\n');
	}
	for (unsigned i = 0; i < body->evidence_n; i++) {
		fputs("    file: ", stdout);
		print(body->evidence[i].name);
		putchar('\n');
	}
}

/* One record of the timeline. */
static int
print_entry(struct cli *cli, struct span peer, const struct json_reader *entry,
    struct error *err)
{
	const struct show_values *values = cli->values;
	struct body *body = NULL;
	struct span content;
	struct error why;
	enum kind kind;

	cli_print_cell(stdout, reply_text(entry, "at"), INSTANT_TEXT_MAX - 1);
	print(reply_text(entry, "kind"));
	putchar(' ');
	print(reply_short(entry, "leaf"));
	fputs(", ", stdout);
	print(reply_text(entry, "by"));
	fputs(" of ", stdout);
	print(reply_text(entry, "author"));
	if (reply_text(entry, "taken").len > 0) {
		fputs(", delivered ", stdout);
		print(reply_text(entry, "taken"));
	} else {
		fputs(", not delivered", stdout);
	}
	putchar('\n');
	if (kind_find(&kind, reply_text(entry, "kind"), &why) == 0)
		print_facts(entry, kind);
	if (!values->is_brief &&
	    show_body(cli, peer, entry, &body, &content, err) == -1)
		return -1;
	if (body != NULL)
		print_body(body);
	print_documents(entry);
	return 0;
}

/* What comes next, and from whom. */
static void
print_due(const struct json_reader *in)
{
	struct json_list list = reply_list(in, "due");

	for (size_t i = 0; i < list.n; i++) {
		struct json_reader due = reply_item(&list, i);

		fputs("due: ", stdout);
		print(reply_text(&due, "what"));
		fputs(" by ", stdout);
		print(reply_text(&due, "party"));
		if (reply_text(&due, "by").len > 0) {
			fputs(", ", stdout);
			print(reply_text(&due, "by"));
		}
		fputs(reply_flag(&due, "late") ? ", OVERDUE\n" : "\n", stdout);
	}
}

static int
print_case(struct cli *cli, const struct json_reader *in, struct error *err)
{
	struct json_list entries = reply_list(in, "entries");
	struct span peer = reply_text(in, "peer");

	if (reply_text(in, "case").len > 0) {
		fputs("case ", stdout);
		print(reply_text(in, "case"));
		fputs("\n  ", stdout);
		cli_print_cell(stdout, reply_text(in, "kind"), 14);
		fputs("from ", stdout);
		print(reply_text(in, "requester"));
		fputs(", relation with ", stdout);
		print(peer);
		puts(reply_flag(in, "exercise") ? ", EXERCISE" : "");
	}
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		if (reply_text(in, lines[i].name).len == 0)
			continue;
		fputs("  ", stdout);
		cli_print_cell(stdout, span_text(lines[i].label), 14);
		print(reply_text(in, lines[i].name));
		putchar('\n');
	}
	for (size_t i = 0; i < entries.n; i++) {
		struct json_reader entry = reply_item(&entries, i);

		if (print_entry(cli, peer, &entry, err) == -1)
			return -1;
	}
	print_due(in);
	return 0;
}

static int
run(struct cli *cli, struct error *err)
{
	const struct show_values *values = cli->values;
	struct json *body = json_object_new(), *reply = NULL;
	struct json_reader in;
	size_t n = 0;
	int rc = -1;

	json_set_word(body, values->is_record ? "record" : "case",
	    cli->operands[0]);
	if (values->peer != NULL)
		json_set_word(body, "peer", values->peer);
	if (cli_call(cli, "show", body, &reply, err) == -1)
		return -1;
	in = reply_of(reply);
	if (values->common.is_json)
		cli_print_json(stdout, reply);
	else if (print_case(cli, &in, err) == -1)
		goto out;
	if (values->save != NULL) {
		if (show_save(cli, values->save, &in, &n, err) == -1)
			goto out;
		if (!values->common.is_json)
			printf("%zu files saved in %s\n", n, values->save);
	}
	rc = 0;
out:
	json_free(reply);
	return rc;
}

const struct command command_show = {
	.name = "show",
	.operands = "CASE",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Show a case: what was sent, delivered, answered",
	CLI_TABLE(rows),
	.values_size = sizeof(struct show_values),
	.run = run,
};
