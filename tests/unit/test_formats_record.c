#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "domain/record.h"
#include "formats/record_json.h"
#include "tests/lab.h"
#include "tests/tap.h"

#define NORTH "cert.north.example/docket/cert.south.example/1"
#define SOUTH "cert.south.example/docket/cert.north.example/1"
#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define ANCHOR "{\"log\":\"" SOUTH "\",\"root\":\"" ROOT "\",\"size\":17}"
#define DOCUMENT                                                      \
	"{\"first\":true,\"role\":\"body\",\"sha256\":\"" HEX_A "\"," \
	"\"size\":1832,\"type\":\"application/json\"}"

/* A request as record_write() makes it. */
static const char request[] =
    "{\"anchor\":" ANCHOR ",\"at\":\"2026-11-22T10:00:00Z\","
    "\"by\":\"duty-officer\",\"documents\":[" DOCUMENT "],\"exercise\":false,"
    "\"kind\":\"request\",\"log\":\"" NORTH "\",\"pap\":\"PAP:GREEN\","
    "\"request\":{\"actions\":[\"block-host\",\"preserve\"],"
    "\"purpose\":\"mitigation\",\"rsit\":\"malicious-code/c2-server\","
    "\"topic\":\"ransomware-business\",\"urgency\":\"urgent\"},"
    "\"tlp\":\"TLP:AMBER\",\"v\":1}";

static int
read_text(struct record **out, const char *text, struct error *err)
{
	return record_read(out, span_text(text), lab_arena(), err);
}

/* ${record} as text in an arena of the lab's, or "refused". */
static const char *
written(const struct record *record)
{
	struct arena *arena = lab_arena();
	const char *got = "refused";
	struct error err;
	struct buf out;

	buf_init(&out, RECORD_CONTENT_MAX);
	if (record_write(&out, record, &err) == 0)
		got = arena_text(arena, buf_span(&out));
	else
		tap_note("%s: %s", error_text(err.code), err.detail);
	buf_clear(&out);
	return got;
}

/* The request with ${from}, which is in it, replaced by ${to}. */
static const char *
changed(const char *from, const char *to)
{
	const char *at = strstr(request, from);

	if (at == NULL) {
		tap_note("not in the request: %s", from);
		return "";
	}
	return arena_printf(lab_arena(), "%.*s%s%s", (int)(at - request),
	    request, to, at + strlen(from));
}

TEST(a_request_is_read_as_it_stands)
{
	const struct fact *actions;
	struct record *got;
	struct error err;

	require(read_text(&got, request, &err) == 0);
	check_int(got->kind, KIND_REQUEST);
	check(span_is_text(got->log, NORTH));
	check(!got->has_case && !got->has_re && !got->is_exercise);
	check_int(got->at.s, 1795341600);
	check_int(got->by, WORD_ROLE_DUTY_OFFICER);
	check(span_is_text(got->anchor.log, SOUTH));
	check_int((long long)got->anchor.size, 17);
	check_int(got->anchor.root.bytes[0], 0xe3);
	check(got->has_tlp && got->tlp == WORD_TLP_AMBER);
	check(got->has_pap && got->pap == WORD_PAP_GREEN);
	check_int(got->documents_n, 1);
	check_int(got->documents[0].role, WORD_DOCUMENT_BODY);
	check_int((long long)got->documents[0].size, 1832);
	check(got->documents[0].is_first);
	check_int(record_word(got, MEMBER_REQUEST_PURPOSE),
	    WORD_PURPOSE_MITIGATION);
	actions = record_fact(got, MEMBER_REQUEST_ACTIONS);
	check_int(actions->n, 2);
	check_int(actions->words[1], WORD_ACTION_PRESERVE);
	check(!record_fact(got, MEMBER_REQUEST_DUE)->is_given);
}

TEST(a_request_is_written_as_it_was_read)
{
	struct record *got;
	struct error err;

	require(read_text(&got, request, &err) == 0);
	check_str(written(got), request);
}

/* The first ${n} words of the member's vocabulary, or hashes. */
static struct fact
sample_fact(const struct member_row *row, unsigned n)
{
	struct arena *arena = lab_arena();
	struct hash *hashes = arena_array(arena, n, sizeof(*hashes));
	enum word *words = arena_array(arena, n, sizeof(*words));

	for (unsigned i = 0; i < n; i++) {
		hashes[i].bytes[0] = (uint8_t)i;
		if (row->vocabulary != VOCABULARY_NONE)
			words[i] = vocabulary_first(row->vocabulary) + i;
	}
	return (struct fact){
		.is_given = true,
		.flag = true,
		.n = n,
		.words = words,
		.hashes = hashes,
		.instant = { 1795341600 },
		.text = span_text("a \"text\"\nof \xc3\xa9\x01 lines\n"),
	};
}

/* A record of ${kind} with every member that it can have. */
static struct record
full_record(enum kind kind)
{
	const struct kind_row *row = kind_row(kind);
	struct record record = {
		.kind = kind,
		.log = span_text(NORTH),
		.has_case = row->opens == OPENS_NEVER,
		.has_re = row->re != RE_NONE,
		.at = { 1795341600 },
		.is_exercise = true,
		.by = row->lodged == LODGED_NODE ? WORD_ROLE_NODE :
						   WORD_ROLE_ANALYST,
		.anchor = { .log = span_text(SOUTH), .size = 1 },
		.has_tlp = true,
		.tlp = WORD_TLP_AMBER_STRICT,
	};

	record.case_hash.bytes[0] = 0xc0;
	record.re.bytes[31] = 0x4e;
	for (unsigned i = 0; i < kind_members(kind); i++) {
		const struct member_row *member =
		    member_row(kind_first_member(kind) + i);
		bool is_many = member->type == MEMBER_WORDS ||
		    member->type == MEMBER_HASHES;

		record.facts[i] = sample_fact(member, is_many ? 2 : 1);
	}
	return record;
}

TEST(each_kind_comes_back_as_it_was_written)
{
	for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
		struct record record = full_record(kind), *again;
		const char *text = written(&record);
		struct error err;

		tap_note("%s", kind_row(kind)->name);
		if (!check(read_text(&again, text, &err) == 0))
			continue;
		check_int(again->kind, kind);
		check(again->has_case == record.has_case);
		check(again->has_re == record.has_re);
		check(hash_is_equal(&again->case_hash, &record.case_hash) ==
		    record.has_case);
		for (unsigned i = 0; i < kind_members(kind); i++)
			check(again->facts[i].is_given);
		check_str(written(again), text);
	}
}

TEST(a_kind_without_members_needs_no_object)
{
	struct record record = full_record(KIND_WITHDRAWAL);
	const char *text = written(&record);

	check(strcmp(text, "refused") != 0);
	check(strstr(text, "\"withdrawal\":{") == NULL);
	check(strstr(text, "\"documents\"") == NULL);
}

TEST(unknown_members_have_no_effect)
{
	struct record *got;
	struct error err;

	require(read_text(&got,
		    changed("{\"anchor\"", "{\"zzz\":[{\"x\":1.5}],\"anchor\""),
		    &err) == 0);
	check_str(written(got), request);
	require(read_text(&got,
		    changed("{\"actions\"", "{\"later\":null,\"actions\""),
		    &err) == 0);
	check_str(written(got), request);
	require(read_text(&got, changed("\"kind\"", "\"result\":7,\"kind\""),
		    &err) == 0);
	check_str(written(got), request);
}

/* Changes to the request, and what its refusal begins with. */
static const struct {
	const char *from, *to, *named;
	enum error_code want;
} wrong[] = {
	/* clang-format off */
	{ "\"v\":1", "\"v\":2", "v", E_RECORD_MEMBER },
	{ "\"v\":1", "\"v\":\"1\"", "v", E_RECORD_MEMBER },
	{ "\"v\":1", "\"w\":1", "v", E_RECORD_MEMBER },
	{ "\"kind\":\"request\"", "\"kind\":\"requests\"", "",
	    E_RECORD_KIND },
	{ "\"kind\":\"request\"", "\"kind\":\"\"", "", E_RECORD_KIND },
	{ "\"kind\":\"request\"", "\"kind\":[\"request\"]", "kind",
	    E_RECORD_MEMBER },
	{ "\"log\":\"" NORTH, "\"log\":\"", "log", E_RECORD_MEMBER },
	{ "\"log\":\"" NORTH, "\"log\":\"a b", "log", E_RECORD_MEMBER },
	{ "\"log\":\"" NORTH, "\"log\":\"a+b", "log", E_RECORD_MEMBER },
	{ "\"log\":\"" NORTH, "\"log\":\"a\\nb", "log",
	    E_RECORD_MEMBER },
	{ "\"log\":\"" NORTH "\"", "\"log\":7", "log",
	    E_RECORD_MEMBER },
	{ "2026-11-22T10:00:00Z", "2026-11-22T10:00:00+00:00", "at",
	    E_RECORD_MEMBER },
	{ "2026-11-22T10:00:00Z", "2026-02-30T10:00:00Z", "at",
	    E_RECORD_MEMBER },
	{ "\"2026-11-22T10:00:00Z\"", "1795341600", "at",
	    E_RECORD_MEMBER },
	{ "duty-officer", "node", "", E_RECORD_MEMBER },
	{ "duty-officer", "minister", "by", E_RECORD_MEMBER },
	{ "\"exercise\":false", "\"exercise\":0", "exercise",
	    E_RECORD_MEMBER },
	{ "\"exercise\":false,", "", "exercise", E_RECORD_MEMBER },
	{ "\"anchor\":" ANCHOR, "\"anchor\":null", "anchor",
	    E_RECORD_MEMBER },
	{ "\"anchor\":" ANCHOR ",", "", "anchor", E_RECORD_MEMBER },
	{ "\"size\":17", "\"size\":-1", "anchor.size",
	    E_RECORD_MEMBER },
	{ "\"size\":17", "\"size\":17.0", "anchor.size",
	    E_RECORD_MEMBER },
	{ "\"size\":17", "\"size\":\"17\"", "anchor.size",
	    E_RECORD_MEMBER },
	{ ROOT, "47DEQpj8HBSa", "anchor.root", E_RECORD_MEMBER },
	{ ROOT, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
	    "anchor.root", E_RECORD_MEMBER },
	{ SOUTH, "", "anchor.log", E_RECORD_MEMBER },
	{ "TLP:AMBER", "tlp:amber", "tlp", E_RECORD_MEMBER },
	{ "\"TLP:AMBER\"", "null", "tlp", E_RECORD_MEMBER },
	{ "PAP:GREEN", "TLP:GREEN", "pap", E_RECORD_MEMBER },
	{ "\"kind\"", "\"case\":\"" HEX_A "\",\"kind\"", "",
	    E_RECORD_MEMBER },
	{ "\"kind\"", "\"case\":\"\",\"kind\"", "case",
	    E_RECORD_MEMBER },
	{ "\"kind\"", "\"re\":\"AA\",\"kind\"", "re",
	    E_RECORD_MEMBER },
	{ "\"request\":{", "\"request\":[{", "", E_RECORD_SYNTAX },
	{ "\"request\":{", "\"bequest\":{", "", E_RECORD_MEMBER },
	{ "\"mitigation\"", "\"litigation\"", "request.purpose",
	    E_RECORD_MEMBER },
	{ "\"mitigation\"", "[\"mitigation\"]", "request.purpose",
	    E_RECORD_MEMBER },
	{ "\"mitigation\"", "\"urgent\"", "request.purpose",
	    E_RECORD_MEMBER },
	{ "[\"block-host\",\"preserve\"]", "\"preserve\"",
	    "request.actions", E_RECORD_MEMBER },
	{ "[\"block-host\",\"preserve\"]", "[]", "request.actions",
	    E_RECORD_MEMBER },
	{ "[\"block-host\",\"preserve\"]", "[1]", "request.actions",
	    E_RECORD_MEMBER },
	{ "[\"block-host\",\"preserve\"]",
	    "[\"preserve\",\"nothing\",\"preserve\"]",
	    "request.actions", E_RECORD_MEMBER },
	{ "\"block-host\"", "\"block host\"", "request.actions",
	    E_RECORD_MEMBER },
	{ "\"rsit\":", "\"due\":\"soon\",\"rsit\":", "request.due",
	    E_RECORD_MEMBER },
	{ "[" DOCUMENT "]", "{}", "documents", E_RECORD_DOCUMENTS },
	{ "[" DOCUMENT "]", "[[]]", "documents", E_RECORD_DOCUMENTS },
	{ DOCUMENT, DOCUMENT "," DOCUMENT, "", E_RECORD_DOCUMENTS },
	{ "\"body\"", "\"letter\"", "documents.role",
	    E_RECORD_DOCUMENTS },
	{ "\"first\":true", "\"first\":false", "",
	    E_RECORD_DOCUMENTS },
	{ "\"size\":1832", "\"size\":9007199254740992", "",
	    E_RECORD_DOCUMENTS },
	{ "\"size\":1832", "\"size\":15", "", E_RECORD_DOCUMENTS },
	{ HEX_A, "AAAA", "documents.sha256", E_RECORD_DOCUMENTS },
	{ "application/json", "json", "documents.type",
	    E_RECORD_DOCUMENTS },
	{ "application/json", "a/\\u001b[2J", "documents.type",
	    E_RECORD_DOCUMENTS },
	{ "\"v\":1}", "\"v\":1,\"v\":1}", "", E_RECORD_SYNTAX },
	{ "\"v\":1}", "\"v\":1}\x1", "", E_RECORD_SYNTAX },
	/* clang-format on */
};

TEST(wrong_values_are_refused_by_the_name_of_their_member)
{
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct record *got = NULL;
		struct error err = { .code = E_NONE };

		tap_note("%s", wrong[i].to);
		check(read_text(&got, changed(wrong[i].from, wrong[i].to),
			  &err) == -1);
		check_str(error_name(err.code), error_name(wrong[i].want));
		check(strncmp(err.detail, wrong[i].named,
			  strlen(wrong[i].named)) == 0);
		check_int(error_fault(err.code), FAULT_PEER);
		check(got == NULL);
	}
}

TEST(the_top_is_an_object)
{
	struct record *got;
	struct error err;

	check(read_text(&got, "[]", &err) == -1);
	check_int(err.code, E_RECORD_SYNTAX);
}

/* ${n} documents of evidence, each with a digest of its own. */
static const struct document *
evidence(unsigned n)
{
	struct document *documents =
	    arena_array(lab_arena(), n, sizeof(*documents));

	for (unsigned i = 0; i < n; i++) {
		documents[i].role = WORD_DOCUMENT_EVIDENCE;
		documents[i].sha256.bytes[0] = (uint8_t)i;
		documents[i].size = 16;
		documents[i].type = span_text("a/b");
	}
	return documents;
}

TEST(a_record_holds_128_documents)
{
	struct record record = full_record(KIND_REPORT), *again;
	struct error err;

	record.documents = evidence(RECORD_DOCUMENTS_MAX);
	record.documents_n = RECORD_DOCUMENTS_MAX;
	require(read_text(&again, written(&record), &err) == 0);
	check_int(again->documents_n, RECORD_DOCUMENTS_MAX);
	check_int(again->documents[127].sha256.bytes[0], 127);
}

TEST(a_record_does_not_hold_129_documents)
{
	struct arena *arena = lab_arena();
	struct record *got;
	struct error err;
	struct buf list;

	buf_init(&list, RECORD_CONTENT_MAX);
	for (unsigned i = 0; i < 129; i++)
		buf_printf(&list,
		    "%s{\"role\":\"evidence\",\"sha256\":\"%064x\",\"size\":16,"
		    "\"type\":\"a/b\",\"first\":false}",
		    i > 0 ? "," : "", i);
	require(!list.is_over);
	check(read_text(&got,
		  changed(DOCUMENT, arena_text(arena, buf_span(&list))),
		  &err) == -1);
	check_int(err.code, E_RECORD_DOCUMENTS);
	buf_clear(&list);
}

TEST(seventeen_actions_and_129_hashes_are_too_many)
{
	struct record *got;
	struct error err;
	struct buf text;

	check(read_text(&got,
		  changed("\"block-host\",",
		      "\"nothing\",\"contact-source-site\",\"block-host\","
		      "\"contact-target-site\",\"contact-sender\","
		      "\"investigate\",\"block-network\",\"block-port\","
		      "\"rate-limit-host\",\"rate-limit-network\","
		      "\"rate-limit-port\",\"redirect-traffic\",\"honeypot\","
		      "\"upgrade-software\",\"rebuild-asset\","
		      "\"harden-asset\","),
		  &err) == -1);
	check_str(err.detail, "request.actions: too many values");

	buf_init(&text, RECORD_CONTENT_MAX);
	buf_text(&text,
	    "{\"anchor\":" ANCHOR ",\"at\":\"2026-11-22T10:00:00Z\","
	    "\"by\":\"node\",\"exercise\":false,\"kind\":\"erasure\","
	    "\"log\":\"" NORTH "\",\"v\":1,\"erasure\":{\"documents\":[");
	for (unsigned i = 0; i < 129; i++)
		buf_printf(&text, "%s\"%064x\"", i > 0 ? "," : "", i);
	buf_text(&text, "]}}");
	require(!text.is_over);
	check(record_read(&got, buf_span(&text), lab_arena(), &err) == -1);
	check_str(err.detail, "erasure.documents: too many values");
	buf_clear(&text);
}

TEST(content_ends_at_28_kib)
{
	size_t pad = RECORD_CONTENT_MAX - strlen(request);
	char *blanks = arena_alloc(lab_arena(), pad + 2);
	struct record *got;
	struct error err;

	memset(blanks, ' ', pad);
	check(read_text(&got,
		  changed("\"v\":1",
		      arena_printf(lab_arena(), "\"v\":1%s", blanks)),
		  &err) == 0);
	blanks[pad] = ' ';
	check(read_text(&got,
		  changed("\"v\":1",
		      arena_printf(lab_arena(), "\"v\":1%s", blanks)),
		  &err) == -1);
	check_int(err.code, E_RECORD_SYNTAX);
}

TEST(depth_counts_in_members_that_nobody_knows)
{
	struct record *got;
	struct error err;

	check(read_text(&got,
		  changed("\"v\":1",
		      "\"v\":1,\"x\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]"),
		  &err) == 0);
	check(read_text(&got,
		  changed("\"v\":1",
		      "\"v\":1,\"x\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"),
		  &err) == -1);
	check_int(err.code, E_RECORD_SYNTAX);
}

TEST(an_opening_may_know_no_other_log_yet)
{
	struct record record = full_record(KIND_OPENING), *again;
	struct error err;

	record.anchor = (struct anchor){ .size = 0 };
	require(read_text(&again, written(&record), &err) == 0);
	check_int((long long)again->anchor.log.len, 0);
}

TEST(what_would_not_be_read_is_not_written)
{
	struct record record = full_record(KIND_REFUSAL);

	record.facts[1].text = span_text("\xff");
	check_str(written(&record), "refused");
	record = full_record(KIND_REFUSAL);
	record.anchor.size = UINT64_MAX;
	check_str(written(&record), "refused");
	record = full_record(KIND_REFUSAL);
	record.log = span_text("a b");
	check_str(written(&record), "refused");
	record = full_record(KIND_REFUSAL);
	record.facts[1].is_given = false;
	check_str(written(&record), "refused");
	record = full_record(KIND_REFUSAL);
	check(strcmp(written(&record), "refused") != 0);
}
