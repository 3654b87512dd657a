#pragma once

/*
 * json: I-JSON (RFC 7493) in, canonical JSON (RFC 8785) out.
 *
 * With the rest of formats/, the only code that knows Jansson.  What is read
 * is UTF-8 without a mark, has no member twice, no U+0000, no lone surrogate
 * and no noncharacter, no integer beyond 2^53, nor one written as a real that
 * would become such an integer, nothing behind its end, and is not nested
 * deeper than RECORD_DEPTH_MAX.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/span.h"

struct arena;
struct buf;
struct hash;
struct instant;

/* An object or array, or a value within one. */
struct json;

/* RFC 7493 section 2.2: what every reader holds exactly */
#define JSON_INTEGER_MAX ((int64_t)1 << 53)

/* Levels of objects and arrays in a document beside a record */
#define JSON_DOCUMENT_DEPTH_MAX 64

/*
 * Read ${text}, one object or array of at most ${max} bytes.
 *
 * Owns: the caller, until json_free(); ${text} may be freed afterwards.
 * Fails: ${blame}, whatever is wrong.
 */
NODISCARD int json_read(struct json **out, struct span text, size_t max,
    enum error_code blame, struct error *err);

/*
 * The same for documents, which may be nested as deep as
 * JSON_DOCUMENT_DEPTH_MAX: real incident documents pass what is enough for a
 * record.
 */
NODISCARD int json_read_document(struct json **out, struct span text,
    size_t max, enum error_code blame, struct error *err);

/* Like free(3): NULL has no effect.  For what json_read() and _new() gave. */
void json_free(struct json *json);

/* True if ${bytes} can be a text in I-JSON. */
bool json_is_text(struct span bytes);

/*
 * An object that is being read: whom to blame for what is wrong in it, and
 * what stands before a member's name in the error's detail.
 */
struct json_reader {
	const struct json *object;
	const char *where; /* "" at the top, else as in "anchor" */
	enum error_code blame;
};

/* A list in it, of ${n} values. */
struct json_list {
	const struct json *array;
	const char *where, *name;
	enum error_code blame;
	size_t n;
};

enum json_need { JSON_REQUIRED, JSON_OPTIONAL };

/* Fails: ${blame} if ${json} is not an object. */
NODISCARD int json_reader_of(struct json_reader *out, const struct json *json,
    const char *where, enum error_code blame, struct error *err);

/* Fails: ${blame} if ${json} is not a list, or has more than ${max} values. */
NODISCARD int json_list_of(struct json_list *out, const struct json *json,
    const char *where, size_t max, enum error_code blame, struct error *err);

bool json_has(const struct json_reader *in, const char *name);

/*
 * The member ${name} of ${in}, which has to be of that type and within the
 * given bounds.  An absent JSON_OPTIONAL member leaves ${out} alone; null is
 * a value of the wrong type like any other.
 *
 * Owns: texts, objects and lists are borrowed from what json_read() gave;
 * the bytes of json_get_base64() are in ${arena}.
 * Units: ${max} in bytes of UTF-8, or in values of a list.
 * Fails: the reader's blame, with the member's name in the detail.
 */
NODISCARD int json_get_text(struct span *out, const struct json_reader *in,
    const char *name, enum json_need need, size_t max, struct error *err);
NODISCARD int json_get_integer(int64_t *out, const struct json_reader *in,
    const char *name, enum json_need need, int64_t min, int64_t max,
    struct error *err);
NODISCARD int json_get_size(uint64_t *out, const struct json_reader *in,
    const char *name, enum json_need need, struct error *err);
NODISCARD int json_get_flag(bool *out, const struct json_reader *in,
    const char *name, enum json_need need, struct error *err);
NODISCARD int json_get_instant(struct instant *out,
    const struct json_reader *in, const char *name, enum json_need need,
    struct error *err);
NODISCARD int json_get_hash(struct hash *out, const struct json_reader *in,
    const char *name, enum json_need need, struct error *err);
NODISCARD int json_get_base64(struct span *out, const struct json_reader *in,
    const char *name, enum json_need need, struct arena *arena,
    struct error *err);
NODISCARD int json_get_object(struct json_reader *out,
    const struct json_reader *in, const char *name, enum json_need need,
    struct error *err);
NODISCARD int json_get_list(struct json_list *out, const struct json_reader *in,
    const char *name, enum json_need need, size_t max, struct error *err);

/* Value ${i} of a list, ${i} < n. */
NODISCARD int json_list_text(struct span *out, const struct json_list *list,
    size_t i, size_t max, struct error *err);
NODISCARD int json_list_hash(struct hash *out, const struct json_list *list,
    size_t i, struct error *err);
NODISCARD int json_list_object(struct json_reader *out,
    const struct json_list *list, size_t i, struct error *err);

/* Every member of the object ${json}, in no order; nonzero stops. */
int json_each(const struct json *json,
    int (*member)(void *ctx, const char *name, const struct json *value),
    void *ctx);

/* Owns: the caller, until json_free() or until put into another. */
struct json *json_object_new(void);
struct json *json_array_new(void);

/*
 * Set a member, or add a value at a list's end.  Bytes that cannot stand in a
 * text become U+FFFD; where that must not happen ask json_is_text() first.
 *
 * Owns: json_set_json() and json_add_json() take ${value}.
 */
void json_set_text(struct json *object, const char *name, struct span text);
void json_set_word(struct json *object, const char *name, const char *word);
void json_set_integer(struct json *object, const char *name, int64_t value);
void json_set_flag(struct json *object, const char *name, bool value);
void json_set_instant(struct json *object, const char *name, struct instant at);
void json_set_hash(struct json *object, const char *name,
    const struct hash *hash);
void json_set_base64(struct json *object, const char *name, struct span bytes);
void json_set_json(struct json *object, const char *name, struct json *value);
void json_add_text(struct json *array, struct span text);
void json_add_word(struct json *array, const char *word);
void json_add_hash(struct json *array, const struct hash *hash);
void json_add_json(struct json *array, struct json *value);

/*
 * Canonical JSON: RFC 8785, the same bytes from every version of every
 * library.
 */
void json_write(struct buf *out, const struct json *json);

/* The same for people: indented, one member a line, a newline at the end. */
void json_write_pretty(struct buf *out, const struct json *json);
