#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/mem.h"
#include "formats/draft.h"
#include "formats/json.h"
#include "formats/record_json.h"

/* What the node adds may not be given: the operator would read one thing and
 * sign another. */
static const char *const reserved[] = { "v", "log", "at", "anchor" };

static int
read_name(struct span *out, const struct json_reader *draft, const char *name,
    struct error *err)
{
	if (json_get_text(out, draft, name, JSON_OPTIONAL, 2 * HASH_BYTES,
		err) == -1)
		return -1;
	if (!json_has(draft, name))
		return 0;
	if (out->len < DRAFT_PREFIX_MIN)
		return error_set(err, E_DRAFT, "%s: at least %zu digits", name,
		    DRAFT_PREFIX_MIN);
	for (size_t i = 0; i < out->len; i++)
		if (memchr("0123456789abcdef", out->ptr[i], 16) == NULL)
			return error_set(err, E_DRAFT, "%s: not hex digits",
			    name);
	return 0;
}

int
draft_names(struct draft_names *out, const struct json_reader *draft,
    struct error *err)
{
	*out = (struct draft_names){ { NULL, 0 }, { NULL, 0 } };
	if (read_name(&out->case_of, draft, "case", err) == -1)
		return -1;
	return read_name(&out->re, draft, "re", err);
}

static struct json *
anchor_json(const struct anchor *anchor)
{
	struct json *json = json_object_new();

	json_set_text(json, "log", anchor->log);
	json_set_integer(json, "size", (int64_t)anchor->size);
	json_set_base64(json, "root", hash_span(&anchor->root));
	return json;
}

/* The draft and the frame as one object.  Owns: the caller. */
static struct json *
framed(const struct json_reader *draft, const struct draft_frame *frame)
{
	json_t *copy = json_copy((json_t *)draft->object);
	struct json *json = (struct json *)copy;

	if (copy == NULL)
		mem_die("jansson: no copy");
	json_set_integer(json, "v", RECORD_VERSION);
	json_set_text(json, "log", frame->log);
	json_set_instant(json, "at", frame->at);
	json_set_json(json, "anchor", anchor_json(&frame->anchor));
	if (frame->is_exercise || !json_has(draft, "exercise"))
		json_set_flag(json, "exercise", frame->is_exercise);
	if (!json_has(draft, "by"))
		json_set_word(json, "by", word_name(WORD_ROLE_DUTY_OFFICER));
	if (frame->case_of != NULL)
		json_set_hash(json, "case", frame->case_of);
	if (frame->re != NULL)
		json_set_hash(json, "re", frame->re);
	return json;
}

int
draft_read(struct record **out, const struct json_reader *draft,
    const struct draft_frame *frame, struct arena *arena, struct error *err)
{
	struct json *json = NULL;
	struct error why;
	struct buf buf;
	int rc = -1;

	for (size_t i = 0; i < COUNT_OF(reserved); i++)
		if (json_has(draft, reserved[i]))
			return error_set(err, E_DRAFT,
			    "%s is filled in by the node", reserved[i]);
	buf_init(&buf, RECORD_CONTENT_MAX);
	json = framed(draft, frame);
	json_write(&buf, json);
	if (buf_check(&buf, &why) == -1 ||
	    record_read(out, buf_span(&buf), arena, &why) == -1) {
		error_set(err, E_DRAFT, "%s", why.detail);
		goto out;
	}
	rc = 0;
out:
	json_free(json);
	buf_clear(&buf);
	return rc;
}

int
draft_content(struct span *out, const struct record *record,
    struct arena *arena, struct error *err)
{
	struct buf buf;
	int rc = -1;

	buf_init(&buf, RECORD_CONTENT_MAX);
	if (record_write(&buf, record, err) == -1)
		goto out;
	*out = arena_copy(arena, buf_span(&buf));
	rc = 0;
out:
	buf_clear(&buf);
	return rc;
}
