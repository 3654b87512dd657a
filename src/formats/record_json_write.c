#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "domain/record.h"
#include "formats/json.h"
#include "formats/record_json.h"

static void
set_word(struct json *object, const char *name, enum word word)
{
	json_set_word(object, name, word_name(word));
}

static void
set_words(struct json *object, const char *name, const struct fact *fact)
{
	struct json *words = json_array_new();

	for (unsigned i = 0; i < fact->n; i++)
		json_add_word(words, word_name(fact->words[i]));
	json_set_json(object, name, words);
}

static void
set_hashes(struct json *object, const char *name, const struct fact *fact)
{
	struct json *hashes = json_array_new();

	for (unsigned i = 0; i < fact->n; i++)
		json_add_hash(hashes, &fact->hashes[i]);
	json_set_json(object, name, hashes);
}

static void
set_fact(struct json *object, const struct member_row *row,
    const struct fact *fact)
{
	switch (row->type) {
	case MEMBER_WORD:
		set_word(object, row->name, fact->words[0]);
		break;
	case MEMBER_WORDS:
		set_words(object, row->name, fact);
		break;
	case MEMBER_INSTANT:
		json_set_instant(object, row->name, fact->instant);
		break;
	case MEMBER_HASH:
		json_set_hash(object, row->name, &fact->hashes[0]);
		break;
	case MEMBER_HASHES:
		set_hashes(object, row->name, fact);
		break;
	case MEMBER_TEXT:
		json_set_text(object, row->name, fact->text);
		break;
	case MEMBER_FLAG:
		json_set_flag(object, row->name, fact->flag);
		break;
	}
}

/* The object named after the kind, left out if it would say nothing. */
static void
set_facts(struct json *object, const struct record *record)
{
	enum member first = kind_first_member(record->kind);
	struct json *facts = json_object_new();
	bool has_facts = false;

	for (unsigned i = 0; i < kind_members(record->kind); i++) {
		if (!record->facts[i].is_given)
			continue;
		set_fact(facts, member_row(first + i), &record->facts[i]);
		has_facts = true;
	}
	if (has_facts)
		json_set_json(object, kind_row(record->kind)->name, facts);
	else
		json_free(facts);
}

static void
set_anchor(struct json *object, const struct anchor *anchor)
{
	struct json *json = json_object_new();

	json_set_text(json, "log", anchor->log);
	json_set_integer(json, "size", (int64_t)anchor->size);
	json_set_base64(json, "root", hash_span(&anchor->root));
	json_set_json(object, "anchor", json);
}

static void
set_documents(struct json *object, const struct record *record)
{
	struct json *list;

	if (record->documents_n == 0)
		return;
	list = json_array_new();
	for (unsigned i = 0; i < record->documents_n; i++) {
		const struct document *document = &record->documents[i];
		struct json *json = json_object_new();

		set_word(json, "role", document->role);
		json_set_hash(json, "sha256", &document->sha256);
		json_set_integer(json, "size", (int64_t)document->size);
		json_set_text(json, "type", document->type);
		json_set_flag(json, "first", document->is_first);
		json_add_json(list, json);
	}
	json_set_json(object, "documents", list);
}

static struct json *
record_json(const struct record *record)
{
	struct json *json = json_object_new();

	json_set_integer(json, "v", RECORD_VERSION);
	json_set_word(json, "kind", kind_row(record->kind)->name);
	json_set_text(json, "log", record->log);
	if (record->has_case)
		json_set_hash(json, "case", &record->case_hash);
	if (record->has_re)
		json_set_hash(json, "re", &record->re);
	json_set_instant(json, "at", record->at);
	set_word(json, "by", record->by);
	json_set_flag(json, "exercise", record->is_exercise);
	set_anchor(json, &record->anchor);
	if (record->has_tlp)
		set_word(json, "tlp", record->tlp);
	if (record->has_pap)
		set_word(json, "pap", record->pap);
	set_documents(json, record);
	set_facts(json, record);
	return json;
}

/* A text that JSON cannot hold must not change on its way. */
static int
check_texts(const struct record *record, struct error *err)
{
	enum member first = kind_first_member(record->kind);

	for (unsigned i = 0; i < kind_members(record->kind); i++) {
		const struct fact *fact = &record->facts[i];

		if (fact->is_given &&
		    member_row(first + i)->type == MEMBER_TEXT &&
		    !json_is_text(fact->text))
			return error_set(err, E_RECORD_MEMBER, "%s: not UTF-8",
			    member_row(first + i)->name);
	}
	return 0;
}

int
record_write(struct buf *out, const struct record *record, struct error *err)
{
	struct arena *arena = NULL;
	struct json *json = NULL;
	struct record *again;
	struct buf content;
	int rc = -1;

	buf_init(&content, RECORD_CONTENT_MAX);
	if (record_check(record, err) == -1 || check_texts(record, err) == -1)
		goto out;
	json = record_json(record);
	json_write(&content, json);
	if (buf_check(&content, err) == -1)
		goto out;
	/* what goes out must come in: sizes, names and texts included */
	arena = arena_new();
	if (record_read(&again, buf_span(&content), arena, err) == -1)
		goto out;
	buf_add(out, buf_span(&content));
	rc = buf_check(out, err);
out:
	arena_free(arena);
	json_free(json);
	buf_clear(&content);
	return rc;
}
