#include "cli/reply.h"
#include "cli/print.h"

/* To be asked for members; it has none. */
static struct json_reader
nothing(void)
{
	return (struct json_reader){ NULL, "", REPLY_BLAME };
}

struct json_reader
reply_of(const struct json *reply)
{
	struct json_reader in = nothing();
	struct error err;

	if (reply == NULL ||
	    json_reader_of(&in, reply, "", REPLY_BLAME, &err) == -1)
		return nothing();
	return in;
}

/* Does ${in} have ${name} at all? */
static bool
has(const struct json_reader *in, const char *name)
{
	return in->object != NULL && json_has(in, name);
}

struct span
reply_text(const struct json_reader *in, const char *name)
{
	struct span text = { NULL, 0 };
	struct error err;

	if (!has(in, name) ||
	    json_get_text(&text, in, name, JSON_REQUIRED, REPLY_TEXT_MAX,
		&err) == -1)
		return span_of(NULL, 0);
	return text;
}

int64_t
reply_integer(const struct json_reader *in, const char *name)
{
	struct error err;
	int64_t value;

	if (!has(in, name) ||
	    json_get_integer(&value, in, name, JSON_REQUIRED, -JSON_INTEGER_MAX,
		JSON_INTEGER_MAX, &err) == -1)
		return 0;
	return value;
}

bool
reply_flag(const struct json_reader *in, const char *name)
{
	struct error err;
	bool value;

	if (!has(in, name) ||
	    json_get_flag(&value, in, name, JSON_REQUIRED, &err) == -1)
		return false;
	return value;
}

struct json_reader
reply_object(const struct json_reader *in, const char *name)
{
	struct json_reader out;
	struct error err;

	if (!has(in, name) ||
	    json_get_object(&out, in, name, JSON_REQUIRED, &err) == -1)
		return nothing();
	return out;
}

struct json_list
reply_list(const struct json_reader *in, const char *name)
{
	struct json_list list;
	struct error err;

	if (!has(in, name) ||
	    json_get_list(&list, in, name, JSON_REQUIRED, REPLY_LIST_MAX,
		&err) == -1)
		return (struct json_list){ .n = 0 };
	return list;
}

struct json_reader
reply_item(const struct json_list *list, size_t i)
{
	struct json_reader out;
	struct error err;

	if (json_list_object(&out, list, i, &err) == -1)
		return nothing();
	return out;
}

struct span
reply_item_text(const struct json_list *list, size_t i)
{
	struct span text = { NULL, 0 };
	struct error err;

	if (json_list_text(&text, list, i, REPLY_TEXT_MAX, &err) == -1)
		return span_of(NULL, 0);
	return text;
}

struct span
reply_short(const struct json_reader *in, const char *name)
{
	struct span text = reply_text(in, name);

	return text.len > PRINT_SHORT ? span_of(text.ptr, PRINT_SHORT) : text;
}
