#include <string.h>

#include "base/buf.h"
#include "formats/json.h"
#include "formats/problem.h"

#define NAME_MAX_BYTES ((size_t)63) /* of an error's name */

/* Whose fault, as seen by who answers: words for programs. */
static const char *
fault_word(enum fault fault)
{
	switch (fault) {
	case FAULT_NONE:
		return "none";
	case FAULT_SELF:
		return "self";
	case FAULT_PEER:
		return "peer";
	case FAULT_OPERATOR:
		return "operator";
	case FAULT_ENVIRONMENT:
		return "environment";
	}
	return "self";
}

void
problem_write(struct buf *out, const struct error *what, bool with_detail)
{
	struct json *json = json_object_new();
	struct buf type;

	buf_init(&type, PROBLEM_MAX);
	buf_printf(&type, "%s%s", PROBLEM_TAG, error_name(what->code));
	json_set_text(json, "type", buf_span(&type));
	json_set_word(json, "title", error_text(what->code));
	json_set_integer(json, "status", error_http(what->code));
	json_set_word(json, "fault", fault_word(error_fault(what->code)));
	if (with_detail)
		json_set_word(json, "detail", what->detail);
	json_write(out, json);
	buf_clear(&type);
	json_free(json);
}

/* The code that ${type} names, E_NONE if it is none of ours. */
static enum error_code
code_of(struct span type)
{
	struct span tag = span_text(PROBLEM_TAG);
	char name[NAME_MAX_BYTES + 1] = "";

	if (!span_has_prefix(type, tag))
		return E_NONE;
	type = span_skip(type, tag.len);
	if (type.len == 0 || type.len > NAME_MAX_BYTES)
		return E_NONE;
	memcpy(name, type.ptr, type.len);
	return error_of_name(name);
}

int
problem_read(enum error_code *out, struct span content, struct error *err)
{
	struct json_reader in;
	struct json *json = NULL;
	struct span type;
	int rc = -1;

	if (json_read(&json, content, PROBLEM_MAX, E_HTTP, err) == -1 ||
	    json_reader_of(&in, json, "", E_HTTP, err) == -1 ||
	    json_get_text(&type, &in, "type", JSON_REQUIRED, PROBLEM_MAX,
		err) == -1)
		goto out;
	*out = code_of(type);
	rc = 0;
out:
	json_free(json);
	return rc;
}
