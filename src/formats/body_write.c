#include "base/buf.h"
#include "base/error.h"
#include "formats/body.h"
#include "formats/json.h"

const char *
body_marked_name(enum body_marked marked)
{
	switch (marked) {
	case BODY_MARKED_MACHINE:
		return "machine";
	case BODY_MARKED_HUMAN:
		return "human";
	case BODY_MARKED_CERTIFIED:
		return "certified";
	case BODY_MARKED_COUNT:
		break;
	}
	return "unknown";
}

int
body_marked_find(enum body_marked *out, struct span name, struct error *err)
{
	for (enum body_marked m = 0; m < BODY_MARKED_COUNT; m++) {
		if (span_is_text(name, body_marked_name(m))) {
			*out = m;
			return 0;
		}
	}
	return error_set(err, E_DRAFT, "marked: machine, human or certified");
}

/* Set a text that is given; it must fit and survive as it is. */
static int
set_text(struct json *json, const char *name, struct span text, size_t max,
    struct error *err)
{
	if (text.len == 0)
		return 0;
	if (text.len > max)
		return error_set(err, E_DRAFT, "%s: more than %zu bytes", name,
		    max);
	if (!json_is_text(text))
		return error_set(err, E_DRAFT, "%s: not UTF-8", name);
	json_set_text(json, name, text);
	return 0;
}

static int
set_translation(struct json *json, const struct body_translation *translation,
    struct error *err)
{
	if (translation->text.len == 0 || translation->language.len == 0)
		return error_set(err, E_DRAFT,
		    "translations: without text or language");
	json_set_word(json, "marked", body_marked_name(translation->marked));
	if (set_text(json, "text", translation->text, BODY_TEXT_MAX, err) == -1)
		return -1;
	return set_text(json, "language", translation->language, BODY_FIELD_MAX,
	    err);
}

static int
set_translations(struct json *json, const struct body *body, struct error *err)
{
	struct json *list;

	if (body->translations_n > BODY_TRANSLATIONS_MAX)
		return error_set(err, E_DRAFT, "translations: more than %d",
		    BODY_TRANSLATIONS_MAX);
	if (body->translations_n == 0)
		return 0;
	list = json_array_new();
	json_set_json(json, "translations", list);
	for (unsigned i = 0; i < body->translations_n; i++) {
		struct json *item = json_object_new();

		json_add_json(list, item);
		if (set_translation(item, &body->translations[i], err) == -1)
			return -1;
	}
	return 0;
}

static int
set_item(struct json *json, const struct body_evidence *item, struct error *err)
{
	if (item->size > (uint64_t)JSON_INTEGER_MAX)
		return error_set(err, E_DRAFT, "evidence: size");
	json_set_hash(json, "sha256", &item->sha256);
	json_set_integer(json, "size", (int64_t)item->size);
	if (item->has_collected_at)
		json_set_instant(json, "collected-at", item->collected_at);
	if (set_text(json, "name", item->name, BODY_FIELD_MAX, err) == -1 ||
	    set_text(json, "type", item->type, BODY_FIELD_MAX, err) == -1 ||
	    set_text(json, "collected-by", item->collected_by, BODY_FIELD_MAX,
		err) == -1 ||
	    set_text(json, "collected-where", item->collected_where,
		BODY_FIELD_MAX, err) == -1)
		return -1;
	return set_text(json, "collected-with", item->collected_with,
	    BODY_FIELD_MAX, err);
}

static int
set_evidence(struct json *json, const struct body *body, struct error *err)
{
	struct json *list;

	if (body->evidence_n > BODY_EVIDENCE_MAX)
		return error_set(err, E_DRAFT, "evidence: more than %d",
		    BODY_EVIDENCE_MAX);
	if (body->evidence_n == 0)
		return 0;
	list = json_array_new();
	json_set_json(json, "evidence", list);
	for (unsigned i = 0; i < body->evidence_n; i++) {
		struct json *item = json_object_new();

		json_add_json(list, item);
		if (set_item(item, &body->evidence[i], err) == -1)
			return -1;
	}
	return 0;
}

/* RFC 8727 section 4.2: an IODEF-Document has a version and its incidents. */
static int
set_iodef(struct json *json, struct span iodef, struct error *err)
{
	struct json *document = NULL;
	struct json_reader in;
	struct json_list incidents;
	struct span version;
	int rc = -1;

	if (iodef.len == 0)
		return 0;
	if (json_read_document(&document, iodef, BODY_CONTENT_MAX, E_DRAFT,
		err) == -1 ||
	    json_reader_of(&in, document, "iodef", E_DRAFT, err) == -1 ||
	    json_get_text(&version, &in, "version", JSON_REQUIRED,
		BODY_FIELD_MAX, err) == -1 ||
	    json_get_list(&incidents, &in, "Incident", JSON_REQUIRED, SIZE_MAX,
		err) == -1)
		goto out;
	if (incidents.n == 0) {
		error_set(err, E_DRAFT, "iodef.Incident: empty");
		goto out;
	}
	json_set_json(json, "iodef", document);
	document = NULL;
	rc = 0;
out:
	json_free(document);
	return rc;
}

static int
set_body(struct json *json, const struct body *body, struct error *err)
{
	if (body->subject.len == 0)
		return error_set(err, E_DRAFT, "subject: missing");
	json_set_integer(json, "v", BODY_VERSION);
	if (set_text(json, "subject", body->subject, BODY_SUBJECT_MAX, err) ==
		-1 ||
	    set_text(json, "text", body->text, BODY_TEXT_MAX, err) == -1 ||
	    set_text(json, "language", body->language, BODY_FIELD_MAX, err) ==
		-1 ||
	    set_text(json, "although", body->although, BODY_TEXT_MAX, err) ==
		-1 ||
	    set_translations(json, body, err) == -1 ||
	    set_evidence(json, body, err) == -1)
		return -1;
	return set_iodef(json, body->iodef, err);
}

int
body_write(struct buf *out, const struct body *body, struct error *err)
{
	struct json *json = json_object_new(), *again = NULL;
	struct buf content;
	int rc = -1;

	buf_init(&content, BODY_CONTENT_MAX);
	if (set_body(json, body, err) == -1)
		goto out;
	json_write(&content, json);
	if (buf_check(&content, err) == -1)
		goto out;
	/* an IODEF document may now be one level too deep */
	if (json_read_document(&again, buf_span(&content), BODY_CONTENT_MAX,
		E_DRAFT, err) == -1)
		goto out;
	buf_add(out, buf_span(&content));
	rc = buf_check(out, err);
out:
	json_free(again);
	json_free(json);
	buf_clear(&content);
	return rc;
}
