#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/error.h"
#include "domain/record.h"
#include "formats/json.h"
#include "formats/record_json.h"

#define WORD_MAX ((size_t)64) /* bytes; the longest is far below */

/* What is being read, and where it goes. */
struct reading {
	struct json_reader json;
	struct arena *arena;
	struct record *record;
};

/* Blame a value of ${name} in ${in}. */
static int
fault(struct error *err, const struct json_reader *in, const char *name,
    const char *why)
{
	return error_set(err, in->blame, "%s%s%s: %s", in->where,
	    *in->where != '\0' ? "." : "", name, why);
}

static int
read_word(enum word *out, const struct json_reader *in, const char *name,
    enum vocabulary vocabulary, struct error *err)
{
	struct span text;
	struct error why;

	if (json_get_text(&text, in, name, JSON_REQUIRED, WORD_MAX, err) == -1)
		return -1;
	if (word_find(out, vocabulary, text, &why) == -1)
		return fault(err, in, name, why.detail);
	return 0;
}

static int
read_words(struct fact *fact, const struct json_reader *in,
    const struct member_row *row, struct arena *arena, struct error *err)
{
	struct json_list list;
	enum word *words;

	if (json_get_list(&list, in, row->name, JSON_REQUIRED, FACT_WORDS_MAX,
		err) == -1)
		return -1;
	if (list.n == 0)
		return fault(err, in, row->name, "empty");
	words = arena_array(arena, list.n, sizeof(*words));
	for (size_t i = 0; i < list.n; i++) {
		struct span text;
		struct error why;

		if (json_list_text(&text, &list, i, WORD_MAX, err) == -1)
			return -1;
		if (word_find(&words[i], row->vocabulary, text, &why) == -1)
			return fault(err, in, row->name, why.detail);
		for (size_t j = 0; j < i; j++) {
			if (words[j] == words[i])
				return fault(err, in, row->name,
				    "a word twice");
		}
	}
	fact->words = words;
	fact->n = (unsigned)list.n;
	return 0;
}

static int
read_hashes(struct fact *fact, const struct json_reader *in, const char *name,
    struct arena *arena, struct error *err)
{
	struct json_list list;
	struct hash *hashes;

	if (json_get_list(&list, in, name, JSON_REQUIRED, FACT_HASHES_MAX,
		err) == -1)
		return -1;
	if (list.n == 0)
		return fault(err, in, name, "empty");
	hashes = arena_array(arena, list.n, sizeof(*hashes));
	for (size_t i = 0; i < list.n; i++) {
		if (json_list_hash(&hashes[i], &list, i, err) == -1)
			return -1;
	}
	fact->hashes = hashes;
	fact->n = (unsigned)list.n;
	return 0;
}

static int
read_one_word(struct fact *fact, const struct json_reader *in,
    const struct member_row *row, struct arena *arena, struct error *err)
{
	enum word *word = arena_alloc(arena, sizeof(*word));

	fact->words = word;
	fact->n = 1;
	return read_word(word, in, row->name, row->vocabulary, err);
}

static int
read_one_hash(struct fact *fact, const struct json_reader *in, const char *name,
    struct arena *arena, struct error *err)
{
	struct hash *hash = arena_alloc(arena, sizeof(*hash));

	fact->hashes = hash;
	fact->n = 1;
	return json_get_hash(hash, in, name, JSON_REQUIRED, err);
}

static int
read_text(struct span *out, const struct json_reader *in, const char *name,
    size_t max, struct arena *arena, struct error *err)
{
	struct span text;

	if (json_get_text(&text, in, name, JSON_REQUIRED, max, err) == -1)
		return -1;
	*out = arena_copy(arena, text);
	return 0;
}

static int
read_fact(struct fact *fact, const struct json_reader *in,
    const struct member_row *row, struct arena *arena, struct error *err)
{
	switch (row->type) {
	case MEMBER_WORD:
		return read_one_word(fact, in, row, arena, err);
	case MEMBER_WORDS:
		return read_words(fact, in, row, arena, err);
	case MEMBER_INSTANT:
		return json_get_instant(&fact->instant, in, row->name,
		    JSON_REQUIRED, err);
	case MEMBER_HASH:
		return read_one_hash(fact, in, row->name, arena, err);
	case MEMBER_HASHES:
		return read_hashes(fact, in, row->name, arena, err);
	case MEMBER_TEXT:
		return read_text(&fact->text, in, row->name, FACT_TEXT_MAX,
		    arena, err);
	case MEMBER_FLAG:
		return json_get_flag(&fact->flag, in, row->name, JSON_REQUIRED,
		    err);
	}
	return error_set(err, E_INTERNAL, "type of member %s", row->name);
}

/* The object named after the kind; a kind without members needs none. */
static int
read_facts(struct reading *r, struct error *err)
{
	const char *name = kind_row(r->record->kind)->name;
	enum member first = kind_first_member(r->record->kind);
	struct json_reader in;

	if (!json_has(&r->json, name))
		return 0;
	if (json_get_object(&in, &r->json, name, JSON_REQUIRED, err) == -1)
		return -1;
	for (unsigned i = 0; i < kind_members(r->record->kind); i++) {
		const struct member_row *row = member_row(first + i);
		struct fact *fact = &r->record->facts[i];

		if (!json_has(&in, row->name))
			continue;
		if (read_fact(fact, &in, row, r->arena, err) == -1)
			return -1;
		fact->is_given = true;
	}
	return 0;
}

/* All ${bytes} visible ASCII, or blanks if ${with_blanks}. */
static bool
is_plain(struct span bytes, bool with_blanks)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.ptr[i] < (with_blanks ? ' ' : '!') ||
		    bytes.ptr[i] > '~')
			return false;
	}
	return true;
}

/* An origin: the name in a signed note has no blank and no "+". */
static int
read_log(struct span *out, const struct json_reader *in, struct arena *arena,
    struct error *err)
{
	if (read_text(out, in, "log", RECORD_LOG_MAX, arena, err) == -1)
		return -1;
	if (!is_plain(*out, false) || span_find(*out, '+') != out->len)
		return fault(err, in, "log", "not the name of a log");
	return 0;
}

static int
read_anchor(struct reading *r, struct error *err)
{
	struct anchor *anchor = &r->record->anchor;
	struct json_reader in;
	struct span root;
	struct error why;

	if (json_get_object(&in, &r->json, "anchor", JSON_REQUIRED, err) ==
		-1 ||
	    read_log(&anchor->log, &in, r->arena, err) == -1 ||
	    json_get_size(&anchor->size, &in, "size", JSON_REQUIRED, err) ==
		-1 ||
	    json_get_base64(&root, &in, "root", JSON_REQUIRED, r->arena, err) ==
		-1)
		return -1;
	if (anchor->log.len == 0 && r->record->kind != KIND_OPENING)
		return fault(err, &in, "log", "empty");
	if (hash_of(&anchor->root, root, &why) == -1)
		return fault(err, &in, "root", "not 32 bytes");
	return 0;
}

static int
read_document(struct document *out, const struct json_reader *in,
    struct arena *arena, struct error *err)
{
	if (read_word(&out->role, in, "role", VOCABULARY_DOCUMENT, err) == -1 ||
	    json_get_hash(&out->sha256, in, "sha256", JSON_REQUIRED, err) ==
		-1 ||
	    json_get_size(&out->size, in, "size", JSON_REQUIRED, err) == -1 ||
	    read_text(&out->type, in, "type", RECORD_TYPE_MAX, arena, err) ==
		-1 ||
	    json_get_flag(&out->is_first, in, "first", JSON_REQUIRED, err) ==
		-1)
		return -1;
	if (!is_plain(out->type, true) ||
	    span_find(out->type, '/') == out->type.len)
		return fault(err, in, "type", "not a media type");
	return 0;
}

static int
read_documents(struct reading *r, struct error *err)
{
	struct json_reader blaming = r->json;
	struct json_list list = { .n = 0 };
	struct document *documents;

	blaming.blame = E_RECORD_DOCUMENTS;
	if (json_get_list(&list, &blaming, "documents", JSON_OPTIONAL,
		RECORD_DOCUMENTS_MAX, err) == -1)
		return -1;
	documents = arena_array(r->arena, list.n, sizeof(*documents));
	for (size_t i = 0; i < list.n; i++) {
		struct json_reader in;

		if (json_list_object(&in, &list, i, err) == -1 ||
		    read_document(&documents[i], &in, r->arena, err) == -1)
			return -1;
	}
	r->record->documents = documents;
	r->record->documents_n = (unsigned)list.n;
	return 0;
}

static int
read_kind(struct reading *r, struct error *err)
{
	struct span name;
	int64_t version;

	if (json_get_integer(&version, &r->json, "v", JSON_REQUIRED,
		RECORD_VERSION, RECORD_VERSION, err) == -1 ||
	    json_get_text(&name, &r->json, "kind", JSON_REQUIRED, WORD_MAX,
		err) == -1)
		return -1;
	return kind_find(&r->record->kind, name, err);
}

/* case and re: each the leaf hash of another record, where there is one. */
static int
read_links(struct reading *r, struct error *err)
{
	struct record *record = r->record;

	record->has_case = json_has(&r->json, "case");
	record->has_re = json_has(&r->json, "re");
	if (json_get_hash(&record->case_hash, &r->json, "case", JSON_OPTIONAL,
		err) == -1)
		return -1;
	return json_get_hash(&record->re, &r->json, "re", JSON_OPTIONAL, err);
}

/* TLP and PAP govern the documents. */
static int
read_marks(struct reading *r, struct error *err)
{
	struct record *record = r->record;

	record->has_tlp = json_has(&r->json, "tlp");
	record->has_pap = json_has(&r->json, "pap");
	if (record->has_tlp &&
	    read_word(&record->tlp, &r->json, "tlp", VOCABULARY_TLP, err) == -1)
		return -1;
	if (record->has_pap &&
	    read_word(&record->pap, &r->json, "pap", VOCABULARY_PAP, err) == -1)
		return -1;
	return 0;
}

static int
read_head(struct reading *r, struct error *err)
{
	struct record *record = r->record;

	if (read_log(&record->log, &r->json, r->arena, err) == -1)
		return -1;
	if (record->log.len == 0)
		return fault(err, &r->json, "log", "empty");
	if (json_get_instant(&record->at, &r->json, "at", JSON_REQUIRED, err) ==
		-1 ||
	    json_get_flag(&record->is_exercise, &r->json, "exercise",
		JSON_REQUIRED, err) == -1)
		return -1;
	return read_word(&record->by, &r->json, "by", VOCABULARY_ROLE, err);
}

int
record_read(struct record **out, struct span content, struct arena *arena,
    struct error *err)
{
	struct reading r = { .arena = arena };
	struct json *json = NULL;
	int rc = -1;

	if (json_read(&json, content, RECORD_CONTENT_MAX, E_RECORD_SYNTAX,
		err) == -1)
		goto out;
	if (json_reader_of(&r.json, json, "", E_RECORD_SYNTAX, err) == -1)
		goto out;
	r.json.blame = E_RECORD_MEMBER;
	r.record = arena_alloc(arena, sizeof(*r.record));
	if (read_kind(&r, err) == -1 || read_head(&r, err) == -1 ||
	    read_links(&r, err) == -1 || read_anchor(&r, err) == -1 ||
	    read_marks(&r, err) == -1 || read_documents(&r, err) == -1 ||
	    read_facts(&r, err) == -1)
		goto out;
	if (record_check(r.record, err) == -1)
		goto out;
	*out = r.record;
	rc = 0;
out:
	json_free(json);
	return rc;
}
