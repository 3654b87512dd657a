#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "formats/body.h"
#include "formats/json.h"

/* What is being read; what cannot be understood is noted in the body. */
struct reading {
	struct arena *arena;
	struct body *body;
};

static void
take_text(struct reading *r, struct span *out, const struct json_reader *in,
    const char *name, size_t max)
{
	struct span text = span_of(NULL, 0);
	struct error why;

	if (json_get_text(&text, in, name, JSON_OPTIONAL, max, &why) == -1)
		r->body->has_faults = true;
	else
		*out = arena_copy(r->arena, text);
}

/* The list ${name}, empty if it cannot be had. */
static struct json_list
take_list(struct reading *r, const struct json_reader *in, const char *name,
    size_t max)
{
	struct json_list list = { .n = 0 };
	struct error why;

	if (json_get_list(&list, in, name, JSON_OPTIONAL, max, &why) == -1)
		r->body->has_faults = true;
	return list;
}

static void
take_translation(struct reading *r, struct body_translation *out,
    const struct json_reader *in)
{
	struct span marked = span_of(NULL, 0);
	struct error why;

	take_text(r, &out->language, in, "language", BODY_FIELD_MAX);
	take_text(r, &out->text, in, "text", BODY_TEXT_MAX);
	take_text(r, &marked, in, "marked", BODY_FIELD_MAX);
	/* unsaid, it is the least that it can be */
	out->marked = BODY_MARKED_MACHINE;
	if (body_marked_find(&out->marked, marked, &why) == -1)
		r->body->has_faults = true;
}

static void
take_translations(struct reading *r, const struct json_reader *in)
{
	struct json_list list =
	    take_list(r, in, "translations", BODY_TRANSLATIONS_MAX);
	struct body_translation *all =
	    arena_array(r->arena, list.n, sizeof(*all));
	unsigned n = 0;

	for (size_t i = 0; i < list.n; i++) {
		struct json_reader item;
		struct error why;

		if (json_list_object(&item, &list, i, &why) == -1)
			r->body->has_faults = true;
		else
			take_translation(r, &all[n++], &item);
	}
	r->body->translations = all;
	r->body->translations_n = n;
}

/* An item that cannot be told from others is none. */
static bool
take_item(struct reading *r, struct body_evidence *out,
    const struct json_reader *in)
{
	struct error why;

	if (json_get_hash(&out->sha256, in, "sha256", JSON_REQUIRED, &why) ==
	    -1)
		return false;
	if (json_get_size(&out->size, in, "size", JSON_REQUIRED, &why) == -1)
		r->body->has_faults = true;
	if (json_get_instant(&out->collected_at, in, "collected-at",
		JSON_OPTIONAL, &why) == -1)
		r->body->has_faults = true;
	else
		out->has_collected_at = json_has(in, "collected-at");
	take_text(r, &out->name, in, "name", BODY_FIELD_MAX);
	take_text(r, &out->type, in, "type", BODY_FIELD_MAX);
	take_text(r, &out->collected_by, in, "collected-by", BODY_FIELD_MAX);
	take_text(r, &out->collected_where, in, "collected-where",
	    BODY_FIELD_MAX);
	take_text(r, &out->collected_with, in, "collected-with",
	    BODY_FIELD_MAX);
	return true;
}

static void
take_evidence(struct reading *r, const struct json_reader *in)
{
	struct json_list list = take_list(r, in, "evidence", BODY_EVIDENCE_MAX);
	struct body_evidence *all = arena_array(r->arena, list.n, sizeof(*all));
	unsigned n = 0;

	for (size_t i = 0; i < list.n; i++) {
		struct json_reader item;
		struct error why;

		if (json_list_object(&item, &list, i, &why) == 0 &&
		    take_item(r, &all[n], &item))
			n++;
		else
			r->body->has_faults = true;
	}
	r->body->evidence = all;
	r->body->evidence_n = n;
}

static void
take_iodef(struct reading *r, const struct json_reader *in)
{
	struct json_reader iodef = { .object = NULL };
	struct error why;
	struct buf text;

	if (json_get_object(&iodef, in, "iodef", JSON_OPTIONAL, &why) == -1)
		r->body->has_faults = true;
	if (iodef.object == NULL)
		return;
	/* canonical JSON is never longer than six times what was read */
	buf_init(&text, 6 * BODY_CONTENT_MAX);
	json_write(&text, iodef.object);
	r->body->iodef = arena_copy(r->arena, buf_span(&text));
	buf_clear(&text);
}

int
body_read(struct body **out, struct span content, struct arena *arena,
    struct error *err)
{
	struct reading r = { .arena = arena };
	struct json_reader in;
	struct json *json = NULL;
	int64_t version = 0;
	struct error why;
	int rc = -1;

	if (json_read_document(&json, content, BODY_CONTENT_MAX, E_SYNTAX,
		err) == -1 ||
	    json_reader_of(&in, json, "", E_SYNTAX, err) == -1)
		goto out;
	r.body = arena_alloc(arena, sizeof(*r.body));
	if (json_get_integer(&version, &in, "v", JSON_REQUIRED, BODY_VERSION,
		BODY_VERSION, &why) == -1)
		r.body->has_faults = true;
	take_text(&r, &r.body->subject, &in, "subject", BODY_SUBJECT_MAX);
	take_text(&r, &r.body->text, &in, "text", BODY_TEXT_MAX);
	take_text(&r, &r.body->language, &in, "language", BODY_FIELD_MAX);
	take_text(&r, &r.body->although, &in, "although", BODY_TEXT_MAX);
	take_translations(&r, &in);
	take_evidence(&r, &in);
	take_iodef(&r, &in);
	*out = r.body;
	rc = 0;
out:
	json_free(json);
	return rc;
}
