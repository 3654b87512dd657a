#include "proc/message.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"

/* messages.def as a table. */
static const struct message_rule {
	unsigned int type;
	const char *name;
	unsigned int from, to; /* sets of roles */
	size_t max;            /* bytes of payload */
} rules[] = {
#define MESSAGE(name, number, from, to, max) \
	{ (number), #name, ROLES_##from, ROLES_##to, (max) },
#include "proc/messages.def"
#undef MESSAGE
};

#define MESSAGE(name, number, from, to, max)                           \
	_Static_assert((max) <= MESSAGE_SIZE_MAX, "over the ceiling"); \
	_Static_assert((number) > 0 && (number) <= UINT16_MAX, "number");
#include "proc/messages.def"
#undef MESSAGE

static const struct message_rule *
find_rule(unsigned int type)
{
	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (rules[i].type == type)
			return &rules[i];
	return NULL;
}

const char *
message_name(enum message_type type)
{
	const struct message_rule *rule = find_rule(type);

	return rule == NULL ? "NONE" : rule->name;
}

int
message_check(unsigned int type, size_t size, enum role from, enum role to,
    struct error *err)
{
	const struct message_rule *rule = find_rule(type);

	if (rule == NULL)
		return error_set(err, E_PROC_MESSAGE,
		    "unknown message %u from the %s", type, role_name(from));
	if (!role_is_in(from, rule->from) || !role_is_in(to, rule->to))
		return error_set(err, E_PROC_MESSAGE,
		    "%s is not for the %s to send to the %s", rule->name,
		    role_name(from), role_name(to));
	if (size > rule->max)
		return error_set(err, E_PROC_MESSAGE,
		    "%s of %zu bytes from the %s, at most %zu", rule->name,
		    size, role_name(from), rule->max);
	return 0;
}

void
message_head_write(uint8_t out[MESSAGE_HEAD_SIZE],
    const struct message_head *head)
{
	uint32_t size = (uint32_t)head->size;
	unsigned int type = head->type;

	for (unsigned int i = 0; i < 4; i++) {
		out[i] = (uint8_t)(size >> (24 - 8 * i));
		out[6 + i] = (uint8_t)(head->id >> (24 - 8 * i));
	}
	out[4] = (uint8_t)(type >> 8);
	out[5] = (uint8_t)type;
}

int
message_head_parse(struct message_head *out,
    const uint8_t bytes[MESSAGE_HEAD_SIZE], enum role from, enum role to,
    struct error *err)
{
	struct cursor cursor = cursor_of(span_of(bytes, MESSAGE_HEAD_SIZE));
	size_t size = cursor_u32(&cursor);
	unsigned int type = cursor_u16(&cursor);
	uint32_t id = cursor_u32(&cursor);

	if (message_check(type, size, from, to, err) == -1)
		return -1;
	*out = (struct message_head){ (enum message_type)type, id, size };
	return 0;
}

void
message_refusal_write(struct buf *out, const struct error *why)
{
	buf_u16(out, (uint16_t)why->code);
	buf_text(out, why->detail);
}

/* Only what is printable goes on to the log. */
int
message_refusal_parse(struct error *why, struct span payload, struct error *err)
{
	struct cursor cursor = cursor_of(payload);
	uint16_t number = cursor_u16(&cursor);
	enum error_code code = error_of_number(number);
	char text[sizeof(why->detail)];
	size_t n = 0;

	if (cursor.is_short || code == E_NONE)
		return error_set(err, E_PROC_MESSAGE,
		    "a refusal without a known error (%u)", number);
	for (; n < cursor.rest.len && n < sizeof(text) - 1; n++) {
		uint8_t c = cursor.rest.ptr[n];

		text[n] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
	}
	text[n] = '\0';
	error_set(why, code, "%s", text);
	return 0;
}
