#include "node/call_wire.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"

/* Bytes of a detail, as struct error has them. */
#define DETAIL_MAX ((size_t)239)

static int
check_sizes(struct span text, size_t text_max, struct span json,
    struct span bytes, enum error_code blame, struct error *err)
{
	if (text.len > text_max || json.len > CALL_JSON_MAX ||
	    bytes.len > CALL_BYTES_MAX ||
	    json.len + bytes.len + text_max + 16 > CALL_WIRE_MAX)
		return error_set(err, blame, "a call of %zu and %zu bytes",
		    json.len, bytes.len);
	return 0;
}

int
call_write(struct buf *out, const struct call *call, struct error *err)
{
	if (check_sizes(call->name, CALL_NAME_MAX, call->json, call->bytes,
		E_TOO_LARGE, err) == -1)
		return -1;
	buf_u8(out, (uint8_t)call->name.len);
	buf_add(out, call->name);
	buf_u32(out, (uint32_t)call->json.len);
	buf_add(out, call->json);
	buf_add(out, call->bytes);
	return buf_check(out, err);
}

int
call_parse(struct call *out, struct span payload, struct error *err)
{
	struct cursor c = cursor_of(payload);

	out->name = cursor_bytes(&c, cursor_u8(&c));
	out->json = cursor_bytes(&c, cursor_u32(&c));
	out->bytes = c.rest;
	if (c.is_short)
		return error_set(err, E_PROC_MESSAGE, "a call cut short");
	return check_sizes(out->name, CALL_NAME_MAX, out->json, out->bytes,
	    E_PROC_MESSAGE, err);
}

int
call_reply_write(struct buf *out, const struct call_reply *reply,
    struct error *err)
{
	struct span detail = reply->detail;

	if (detail.len > DETAIL_MAX)
		detail.len = DETAIL_MAX;
	if (check_sizes(detail, DETAIL_MAX, reply->json, reply->bytes,
		E_TOO_LARGE, err) == -1)
		return -1;
	buf_u16(out, (uint16_t)reply->code);
	buf_u8(out, (uint8_t)detail.len);
	buf_add(out, detail);
	buf_u32(out, (uint32_t)reply->json.len);
	buf_add(out, reply->json);
	buf_add(out, reply->bytes);
	return buf_check(out, err);
}

int
call_reply_parse(struct call_reply *out, struct span payload, struct error *err)
{
	struct cursor c = cursor_of(payload);
	uint16_t number = cursor_u16(&c);

	out->code = error_of_number(number);
	out->detail = cursor_bytes(&c, cursor_u8(&c));
	out->json = cursor_bytes(&c, cursor_u32(&c));
	out->bytes = c.rest;
	if (c.is_short || (number != 0 && out->code == E_NONE))
		return error_set(err, E_PROC_MESSAGE, "an answer cut short");
	return check_sizes(out->detail, DETAIL_MAX, out->json, out->bytes,
	    E_PROC_MESSAGE, err);
}
