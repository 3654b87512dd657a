#include "node/peer_wire.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"

#define STATUS_MIN 100
#define STATUS_MAX 599

/* Bits of a byte of flags. */
#define HAS_OFFSET 1U
#define IS_COMPLETE 2U
#define FLAGS_ALL 3U

/* For take_ascii(): a character that it takes anyway. */
#define NO_OTHER '!'

/* In front of every text: two bytes. */
static void
put(struct buf *out, struct span text, size_t max)
{
	if (text.len > max) {
		out->is_over = true;
		return;
	}
	buf_u16(out, (uint16_t)text.len);
	buf_add(out, text);
}

/* NULL is written as an empty text. */
static void
put_text(struct buf *out, const char *text, size_t max)
{
	put(out, text == NULL ? span_of(NULL, 0) : span_text(text), max);
}

static void
put_body(struct buf *out, struct span body, size_t max)
{
	if (body.len > max)
		out->is_over = true;
	else
		buf_add(out, body);
}

/* What every request and answer of an upload has. */
static void
put_upload(struct buf *out, bool has_offset, bool is_complete, uint64_t offset)
{
	buf_u8(out,
	    (uint8_t)((has_offset ? HAS_OFFSET : 0U) |
		(is_complete ? IS_COMPLETE : 0U)));
	buf_u64(out, offset);
}

/* A reading under way: the first fault stays. */
struct reading {
	struct cursor cursor;
	const char *fault; /* what is wrong, or NULL */
};

static struct reading
reading_of(struct span payload)
{
	return (struct reading){ .cursor = cursor_of(payload) };
}

static void
blame(struct reading *in, const char *fault)
{
	if (in->fault == NULL)
		in->fault = fault;
}

static int
reading_check(const struct reading *in, const char *what, struct error *err)
{
	if (in->fault != NULL)
		return error_set(err, E_PROC_MESSAGE, "%s: %s", what,
		    in->fault);
	if (in->cursor.is_short)
		return error_set(err, E_PROC_MESSAGE, "%s: cut short", what);
	return 0;
}

static struct span
take(struct reading *in, size_t max)
{
	size_t len = cursor_u16(&in->cursor);

	if (len > max) {
		blame(in, "a part over its limit");
		return span_of(NULL, 0);
	}
	return cursor_bytes(&in->cursor, len);
}

/* Printable ASCII without spaces, and ${also}. */
static struct span
take_ascii(struct reading *in, size_t max, char also)
{
	struct span text = take(in, max);

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if ((c <= 0x20 || c >= 0x7f) && c != (uint8_t)also)
			blame(in, "a text that is not printable");
	}
	return text;
}

static struct span
take_name(struct reading *in)
{
	struct span name = take_ascii(in, PEER_NAME_MAX, NO_OTHER);

	if (name.len == 0)
		blame(in, "no peer");
	return name;
}

/* NUL-terminated, NULL if it is empty. */
static const char *
take_text(struct reading *in, size_t max, struct arena *arena)
{
	struct span text = take_ascii(in, max, ' ');

	return text.len == 0 ? NULL : arena_text(arena, text);
}

static struct span
take_path(struct reading *in)
{
	struct span path = take_ascii(in, PEER_PATH_MAX, NO_OTHER);

	if (path.len == 0 || path.ptr[0] != '/')
		blame(in, "a path that is none");
	return path;
}

static enum serve_method
take_method(struct reading *in)
{
	uint8_t method = cursor_u8(&in->cursor);

	if (method > SERVE_PATCH) {
		blame(in, "unknown method");
		return SERVE_GET;
	}
	return (enum serve_method)method;
}

static void
take_upload(struct reading *in, bool *has_offset, bool *is_complete,
    uint64_t *offset)
{
	uint8_t flags = cursor_u8(&in->cursor);

	if ((flags & ~FLAGS_ALL) != 0)
		blame(in, "unknown flags");
	*has_offset = (flags & HAS_OFFSET) != 0;
	*is_complete = (flags & IS_COMPLETE) != 0;
	*offset = cursor_u64(&in->cursor);
}

static struct span
take_body(struct reading *in, size_t max)
{
	if (in->cursor.rest.len > max)
		blame(in, "a body over its limit");
	return cursor_bytes(&in->cursor, in->cursor.rest.len);
}

static int
take_status(struct reading *in)
{
	uint16_t status = cursor_u16(&in->cursor);

	if (status < STATUS_MIN || status > STATUS_MAX)
		blame(in, "no HTTP status");
	return status;
}

int
peer_request_write(struct buf *out, const struct serve_request *request,
    struct error *err)
{
	put(out, request->peer, PEER_NAME_MAX);
	buf_u8(out, (uint8_t)request->method);
	put(out, request->path, PEER_PATH_MAX);
	put_upload(out, request->has_offset, request->is_complete,
	    request->offset);
	put_body(out, request->body, PEER_REQUEST_MAX);
	return buf_check(out, err);
}

int
peer_request_parse(struct serve_request *out, struct span payload,
    struct error *err)
{
	struct reading in = reading_of(payload);
	struct serve_request got = { .is_gzip = false };

	got.peer = take_name(&in);
	got.method = take_method(&in);
	got.path = take_path(&in);
	take_upload(&in, &got.has_offset, &got.is_complete, &got.offset);
	got.body = take_body(&in, PEER_REQUEST_MAX);
	if (reading_check(&in, "request of a peer", err) == -1)
		return -1;
	*out = got;
	return 0;
}

int
peer_reply_write(struct buf *out, const struct serve_reply *reply,
    struct error *err)
{
	buf_u16(out, (uint16_t)reply->status);
	put_text(out, reply->type, PEER_TYPE_MAX);
	put(out, reply->missing, PEER_MISSING_MAX);
	put_upload(out, reply->has_offset, reply->is_complete, reply->offset);
	put_body(out, reply->body, PEER_REPLY_MAX);
	return buf_check(out, err);
}

int
peer_reply_parse(struct serve_reply *out, struct span payload,
    struct arena *arena, struct error *err)
{
	struct reading in = reading_of(payload);
	struct serve_reply got = { .code = E_NONE };

	got.status = take_status(&in);
	got.type = take_text(&in, PEER_TYPE_MAX, arena);
	got.missing = take_ascii(&in, PEER_MISSING_MAX, ' ');
	take_upload(&in, &got.has_offset, &got.is_complete, &got.offset);
	got.body = take_body(&in, PEER_REPLY_MAX);
	if (reading_check(&in, "reply to a peer", err) == -1)
		return -1;
	*out = got;
	return 0;
}

static void
put_pins(struct buf *out, const struct hash *pins, unsigned n)
{
	if (n > PEER_PINS_MAX) {
		out->is_over = true;
		return;
	}
	buf_u8(out, (uint8_t)n);
	for (unsigned i = 0; i < n; i++)
		buf_add(out, hash_span(&pins[i]));
}

static struct hash
take_pin(struct reading *in)
{
	struct hash pin = { { 0 } };
	struct error err;

	if (hash_of(&pin, cursor_bytes(&in->cursor, HASH_BYTES), &err) == -1)
		blame(in, "a pin cut short");
	return pin;
}

static unsigned
take_pins(struct reading *in, struct hash pins[PEER_PINS_MAX])
{
	unsigned n = cursor_u8(&in->cursor);

	if (n > PEER_PINS_MAX) {
		blame(in, "too many pins");
		return 0;
	}
	for (unsigned i = 0; i < n; i++)
		pins[i] = take_pin(in);
	return n;
}

int
peer_pins_write(struct buf *out, const struct hash *own,
    const struct peer_pins *peers, size_t n, struct error *err)
{
	if (n > PEER_PINS_PEERS_MAX)
		return error_set(err, E_TOO_LARGE, "%zu peers", n);
	buf_add(out, hash_span(own));
	buf_u16(out, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		put(out, peers[i].peer, PEER_NAME_MAX);
		put_pins(out, peers[i].pins, peers[i].pins_n);
	}
	return buf_check(out, err);
}

int
peer_pins_parse(struct hash *own, struct peer_pins **out, size_t *n,
    struct span payload, struct arena *arena, struct error *err)
{
	struct reading in = reading_of(payload);
	struct hash pin = take_pin(&in);
	size_t count = cursor_u16(&in.cursor);
	struct peer_pins *peers;

	if (count > PEER_PINS_PEERS_MAX)
		return error_set(err, E_PROC_MESSAGE, "pins of %zu peers",
		    count);
	peers = arena_array(arena, count, sizeof(*peers));
	for (size_t i = 0; i < count; i++) {
		peers[i].peer = take_name(&in);
		peers[i].pins_n = take_pins(&in, peers[i].pins);
		if (peers[i].pins_n == 0)
			blame(&in, "a peer without a pin");
		if (in.fault != NULL || in.cursor.is_short)
			break;
	}
	if (in.cursor.rest.len > 0)
		blame(&in, "something is left over");
	if (reading_check(&in, "pins", err) == -1)
		return -1;
	*own = pin;
	*out = peers;
	*n = count;
	return 0;
}

int
peer_name_write(struct buf *out, struct span peer, struct error *err)
{
	put(out, peer, PEER_NAME_MAX);
	return buf_check(out, err);
}

int
peer_name_parse(struct span *out, struct span payload, struct error *err)
{
	struct reading in = reading_of(payload);
	struct span name = take_name(&in);

	if (in.cursor.rest.len > 0)
		blame(&in, "something is left over");
	if (reading_check(&in, "name of a peer", err) == -1)
		return -1;
	*out = name;
	return 0;
}

int
peer_job_write(struct buf *out, const struct job *job, struct error *err)
{
	buf_u8(out, (uint8_t)job->kind);
	buf_u64(out, (uint64_t)job->until.s);
	put(out, job->peer, PEER_NAME_MAX);
	put(out, job->endpoint, PEER_ENDPOINT_MAX);
	put_pins(out, job->pins, job->pins_n);
	buf_add(out, hash_span(&job->own));
	buf_u8(out, (uint8_t)job->method);
	put_text(out, job->path, PEER_PATH_MAX);
	put_text(out, job->type, PEER_TYPE_MAX);
	put_upload(out, job->has_offset, job->is_complete, job->offset);
	put_body(out, job->body, PEER_REQUEST_MAX);
	return buf_check(out, err);
}

static enum job_kind
take_kind(struct reading *in)
{
	uint8_t kind = cursor_u8(&in->cursor);

	if (kind > JOB_PING) {
		blame(in, "unknown kind of job");
		return JOB_NONE;
	}
	return (enum job_kind)kind;
}

/* Two's complement, and only what can be written as a date. */
static struct instant
take_instant(struct reading *in)
{
	int64_t s = (int64_t)cursor_u64(&in->cursor);

	if (s < INSTANT_S_MIN || s > INSTANT_S_MAX) {
		blame(in, "no instant");
		s = 0;
	}
	return instant_of(s);
}

int
peer_job_parse(struct job *out, struct span payload, struct arena *arena,
    struct error *err)
{
	struct reading in = reading_of(payload);
	struct job got = { .kind = take_kind(&in) };

	got.until = take_instant(&in);
	got.peer = take_name(&in);
	got.endpoint = take_ascii(&in, PEER_ENDPOINT_MAX, NO_OTHER);
	got.pins_n = take_pins(&in, got.pins);
	got.own = take_pin(&in);
	got.method = take_method(&in);
	got.path = take_text(&in, PEER_PATH_MAX, arena);
	got.type = take_text(&in, PEER_TYPE_MAX, arena);
	take_upload(&in, &got.has_offset, &got.is_complete, &got.offset);
	got.body = take_body(&in, PEER_REQUEST_MAX);
	if (got.kind != JOB_NONE &&
	    (got.path == NULL || got.path[0] != '/' || got.pins_n == 0))
		blame(&in, "a job without a path or a pin");
	if (reading_check(&in, "job", err) == -1)
		return -1;
	*out = got;
	return 0;
}

int
peer_answer_write(struct buf *out, struct span peer,
    const struct job_answer *answer, struct error *err)
{
	put(out, peer, PEER_NAME_MAX);
	buf_u16(out, (uint16_t)answer->failure);
	put(out, answer->detail, PEER_DETAIL_MAX);
	buf_u16(out, (uint16_t)answer->status);
	put(out, answer->type, PEER_TYPE_MAX);
	put(out, answer->missing, PEER_MISSING_MAX);
	put_upload(out, answer->has_offset, answer->is_complete,
	    answer->offset);
	put_body(out, answer->body, PEER_REPLY_MAX);
	return buf_check(out, err);
}

/* A failure has no status, an answer has one. */
static void
take_outcome(struct reading *in, struct job_answer *out)
{
	uint16_t number = cursor_u16(&in->cursor);

	out->failure = error_of_number(number);
	out->detail = take_ascii(in, PEER_DETAIL_MAX, ' ');
	out->status = cursor_u16(&in->cursor);
	if (number != 0 && (out->failure == E_NONE || out->status != 0))
		blame(in, "neither a failure nor an answer");
	if (number == 0 &&
	    (out->status < STATUS_MIN || out->status > STATUS_MAX))
		blame(in, "no HTTP status");
}

int
peer_answer_parse(struct span *peer, struct job_answer *out,
    struct span payload, struct error *err)
{
	struct reading in = reading_of(payload);
	struct job_answer got = { .failure = E_NONE };
	struct span name = take_name(&in);

	take_outcome(&in, &got);
	got.type = take_ascii(&in, PEER_TYPE_MAX, ' ');
	got.missing = take_ascii(&in, PEER_MISSING_MAX, ' ');
	take_upload(&in, &got.has_offset, &got.is_complete, &got.offset);
	got.body = take_body(&in, PEER_REPLY_MAX);
	if (reading_check(&in, "answer of a peer", err) == -1)
		return -1;
	*peer = name;
	*out = got;
	return 0;
}
