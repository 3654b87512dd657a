#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "formats/body.h"
#include "seal/digest.h"
#include "tests/lab.h"
#include "tests/tap.h"

#define IODEF \
	"{\"Incident\":[{\"purpose\":\"mitigation\"}],\"version\":\"2.0\"}"

static const struct body_translation translations[] = {
	{ { (const uint8_t *)"fr", 2 }, { (const uint8_t *)"Bonjour", 7 },
	    BODY_MARKED_CERTIFIED },
};

/* A body with everything in it. */
static struct body
full_body(void)
{
	struct arena *arena = lab_arena();
	struct body_evidence *item = arena_alloc(arena, sizeof(*item));

	item->sha256 = digest_of(span_text("log"));
	item->name = span_text("access.log");
	item->size = 3;
	item->type = span_text("text/plain");
	item->collected_by = span_text("hospital, duty desk");
	item->has_collected_at = true;
	item->collected_at = instant_of(1795341600);
	item->collected_where = span_text("web server");
	item->collected_with = span_text("tcpdump 4.99");
	return (struct body){
		.subject = span_text("C2 server"),
		.text = span_text("\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5"
				  "\xd1\x82\nline two"),
		.language = span_text("ru"),
		.translations = translations,
		.translations_n = 1,
		.iodef = span_text(IODEF),
		.evidence = item,
		.evidence_n = 1,
		.although = span_text("the address is announced from there"),
	};
}

/* ${body} as text, or the error's detail after "refused: ". */
static const char *
written(const struct body *body)
{
	struct arena *arena = lab_arena();
	struct error err;
	const char *got;
	struct buf out;

	buf_init(&out, BODY_CONTENT_MAX);
	if (body_write(&out, body, &err) == 0)
		got = arena_text(arena, buf_span(&out));
	else
		got = arena_printf(arena, "refused: %s", err.detail);
	buf_clear(&out);
	return got;
}

static struct body *
read_text(const char *text)
{
	struct body *got = NULL;
	struct error err;

	if (body_read(&got, span_text(text), lab_arena(), &err) == -1) {
		check_int(err.code, E_SYNTAX);
		return NULL;
	}
	return got;
}

/* 64 levels of lists */
#define EIGHT(x) x x x x x x x x
#define DEEP(x) EIGHT(EIGHT(x))
#define OPEN "["
#define SHUT "]"

TEST(a_body_comes_back_as_it_was_written)
{
	const struct body body = full_body();
	const char *text = written(&body);
	struct body *got = read_text(text);

	require(got != NULL);
	check(!got->has_faults);
	check(span_is_equal(got->subject, body.subject));
	check(span_is_equal(got->text, body.text));
	check(span_is_text(got->language, "ru"));
	check(span_is_equal(got->although, body.although));
	check(span_is_text(got->iodef, IODEF));
	check_int(got->translations_n, 1);
	check_int(got->translations[0].marked, BODY_MARKED_CERTIFIED);
	check(span_is_text(got->translations[0].text, "Bonjour"));
	check_int(got->evidence_n, 1);
	check(
	    hash_is_equal(&got->evidence[0].sha256, &body.evidence[0].sha256));
	check_int((long long)got->evidence[0].size, 3);
	check(got->evidence[0].has_collected_at);
	check_int(got->evidence[0].collected_at.s, 1795341600);
	check(span_is_text(got->evidence[0].collected_with, "tcpdump 4.99"));
	check_str(written(got), text);
}

TEST(a_subject_is_enough)
{
	const struct body body = { .subject = span_text("x") };

	check_str(written(&body), "{\"subject\":\"x\",\"v\":1}");
}

TEST(what_cannot_be_sent_is_refused_by_name)
{
	const struct body good = full_body();
	struct body_translation mute = translations[0];
	static const char a_long_one[BODY_SUBJECT_MAX + 1];
	struct body body = good;

	body.subject = span_of(NULL, 0);
	check_str(written(&body), "refused: subject: missing");
	body = good;
	body.text = span_text("\xff");
	check_str(written(&body), "refused: text: not UTF-8");
	body = good;
	body.subject = span_of(a_long_one, sizeof(a_long_one));
	check_str(written(&body), "refused: subject: more than 1000 bytes");
	body = good;
	mute.language = span_of(NULL, 0);
	body.translations = &mute;
	check_str(written(&body),
	    "refused: translations: without text or language");
	body = good;
	body.evidence_n = BODY_EVIDENCE_MAX + 1;
	check_str(written(&body), "refused: evidence: more than 128");
}

TEST(iodef_is_an_object_with_a_version_and_incidents)
{
	static const struct {
		const char *iodef, *want;
	} cases[] = {
		/* clang-format off */
		{ "[]", "refused: iodef: not an object" },
		{ "{\"Incident\":[{}]}", "refused: iodef.version: missing" },
		{ "{\"version\":2,\"Incident\":[{}]}",
		    "refused: iodef.version: not a text" },
		{ "{\"version\":\"2.0\"}", "refused: iodef.Incident: missing" },
		{ "{\"version\":\"2.0\",\"Incident\":{}}",
		    "refused: iodef.Incident: not a list" },
		{ "{\"version\":\"2.0\",\"Incident\":[]}",
		    "refused: iodef.Incident: empty" },
		{ "{\"version\":\"2.0\",\"Incident\":[1],\"version\":\"2\"}",
		    "refused: not JSON" },
		{ "{\"version\":\"2.0\",\"Incident\":[" DEEP(OPEN) DEEP(SHUT)
		  "]}", "refused: deeper than 64" },
		/* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct body body = { .subject = span_text("x"),
			.iodef = span_text(cases[i].iodef) };

		tap_note("%s", cases[i].iodef);
		check(strncmp(written(&body), cases[i].want,
			  strlen(cases[i].want)) == 0);
	}
}

TEST(a_peers_body_is_read_as_far_as_it_goes)
{
	struct body *got =
	    read_text("{\"v\":1,\"subject\":\"s\",\"later\":{}}");

	require(got != NULL);
	check(!got->has_faults);
	check(span_is_text(got->subject, "s"));

	got = read_text(
	    "{\"v\":2,\"subject\":7,\"text\":\"t\",\"iodef\":[],"
	    "\"translations\":[1,{\"text\":\"u\",\"marked\":\"divine\"}],"
	    "\"evidence\":[{\"sha256\":\"x\"},{},{\"sha256\":"
	    "\"0000000000000000000000000000000000000000000000000000000000000001"
	    "\",\"size\":-1,\"name\":\"../../etc/passwd\","
	    "\"collected-at\":\"yesterday\"}]}");
	require(got != NULL);
	check(got->has_faults);
	check_int((long long)got->subject.len, 0);
	check(span_is_text(got->text, "t"));
	check_int((long long)got->iodef.len, 0);
	check_int(got->translations_n, 1);
	check_int(got->translations[0].marked, BODY_MARKED_MACHINE);
	check_int(got->evidence_n, 1);
	check(!got->evidence[0].has_collected_at);
	check(span_is_text(got->evidence[0].name, "../../etc/passwd"));
}

TEST(each_wrong_member_is_noticed_by_itself)
{
	static const char *const wrong[] = {
		"{}",
		"{\"v\":1,\"subject\":null}",
		"{\"v\":1,\"text\":[]}",
		"{\"v\":1,\"although\":true}",
		"{\"v\":1,\"language\":1}",
		"{\"v\":1,\"iodef\":\"<xml>\"}",
		"{\"v\":1,\"evidence\":{}}",
		"{\"v\":1,\"evidence\":[{}]}",
		"{\"v\":1,\"translations\":\"x\"}",
		"{\"v\":1,\"translations\":[{\"text\":\"x\"}]}",
	};

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct body *got = read_text(wrong[i]);

		tap_note("%s", wrong[i]);
		check(got != NULL && got->has_faults);
	}
	check(read_text("[]") == NULL);
	check(read_text("{\"v\":1") == NULL);
	check(read_text("{\"v\":1,\"v\":1}") == NULL);
}

TEST(a_blob_is_its_salt_and_its_content)
{
	const uint8_t salt[BLOB_SALT_BYTES] = "0123456789abcdef";
	struct span content;
	struct error err;
	struct buf blob;

	buf_init(&blob, 64);
	blob_make(&blob, salt, span_text("text"));
	check_mem(blob.ptr, blob.len, "0123456789abcdeftext", 20);
	require(blob_content(&content, buf_span(&blob), &err) == 0);
	check(span_is_text(content, "text"));
	require(blob_content(&content, span_of(salt, 16), &err) == 0);
	check_int((long long)content.len, 0);
	check(blob_content(&content, span_of(salt, 15), &err) == -1);
	check_int(err.code, E_SYNTAX);
	buf_clear(&blob);
}
