#include "tests/support/samples.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "domain/record.h"
#include "formats/body.h"
#include "formats/record_json.h"
#include "ledger/tree.h"
#include "seal/digest.h"
#include "tests/fuzz/fuzz.h"

static struct fact
sample_fact(const struct member_row *row, struct instant at,
    struct arena *arena)
{
	bool is_many = row->type == MEMBER_WORDS || row->type == MEMBER_HASHES;
	struct hash *hashes = arena_array(arena, 2, sizeof(*hashes));
	enum word *words = arena_array(arena, 2, sizeof(*words));

	for (unsigned i = 0; i < 2; i++) {
		hashes[i].bytes[0] = (uint8_t)i;
		if (row->vocabulary != VOCABULARY_NONE)
			words[i] = vocabulary_first(row->vocabulary) + i;
	}
	return (struct fact){
		.is_given = true,
		.flag = true,
		.n = is_many ? 2 : 1,
		.words = words,
		.hashes = hashes,
		.instant = at,
		.text = span_text("some \"text\"\nof \xc3\xa9\x01 lines\n"),
	};
}

static const struct document *
sample_documents(struct arena *arena)
{
	struct document *documents = arena_array(arena, 2, sizeof(*documents));

	documents[0] = (struct document){ .role = WORD_DOCUMENT_BODY,
		.sha256 = digest_of(span_text("body")),
		.size = 1832,
		.type = span_text("application/json"),
		.is_first = true };
	documents[1] = (struct document){ .role = WORD_DOCUMENT_EVIDENCE,
		.sha256 = digest_of(span_text("evidence")),
		.size = 65536,
		.type = span_text("application/gzip") };
	return documents;
}

struct span
samples_content(enum kind kind, struct instant at, struct arena *arena)
{
	const struct kind_row *row = kind_row(kind);
	struct record record = {
		.kind = kind,
		.log = span_text(SAMPLES_SOUTH),
		.has_case = row->opens == OPENS_NEVER,
		.has_re = row->re == RE_REQUIRED,
		.at = at,
		.is_exercise = true,
		.by = row->lodged == LODGED_NODE ? WORD_ROLE_NODE :
						   WORD_ROLE_ANALYST,
		.anchor = { .log = span_text(SAMPLES_NORTH),
		    .root = tree_empty_root() },
		.has_tlp = true,
		.tlp = WORD_TLP_AMBER,
		.has_pap = true,
		.pap = WORD_PAP_GREEN,
	};
	struct span content;
	struct error err;
	struct buf buf;

	if (kind == KIND_REPORT) {
		record.documents = sample_documents(arena);
		record.documents_n = 2;
	}
	for (unsigned i = 0; i < kind_members(kind); i++)
		record.facts[i] =
		    sample_fact(member_row(kind_first_member(kind) + i), at,
			arena);
	buf_init(&buf, RECORD_CONTENT_MAX);
	fuzz_done(record_write(&buf, &record, &err), &err);
	content = arena_copy(arena, buf_span(&buf));
	buf_clear(&buf);
	return content;
}

struct span
samples_body(struct arena *arena)
{
	const struct body_translation french = { span_text("fr"),
		span_text("Bonjour"), BODY_MARKED_CERTIFIED };
	const struct body_evidence log = {
		.sha256 = digest_of(span_text("log")),
		.name = span_text("access.log"),
		.size = 3,
		.type = span_text("text/plain"),
		.collected_by = span_text("hospital, duty desk"),
		.has_collected_at = true,
		.collected_at = fuzz_now(),
		.collected_where = span_text("web server"),
		.collected_with = span_text("tcpdump 4.99"),
	};
	const struct body body = {
		.subject = span_text("C2 server"),
		.text = span_text("\xd0\x9f\xd1\x80\nline two"),
		.language = span_text("ru"),
		.translations = &french,
		.translations_n = 1,
		.iodef = span_text("{\"Incident\":[{\"purpose\":"
				   "\"mitigation\"}],\"version\":\"2.0\"}"),
		.evidence = &log,
		.evidence_n = 1,
		.although = span_text("the address is announced from there"),
	};
	struct span content;
	struct error err;
	struct buf buf;

	buf_init(&buf, BODY_CONTENT_MAX);
	fuzz_done(body_write(&buf, &body, &err), &err);
	content = arena_copy(arena, buf_span(&buf));
	buf_clear(&buf);
	return content;
}
