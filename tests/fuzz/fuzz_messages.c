#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "node/call_wire.h"
#include "node/keeper_wire.h"
#include "node/peer_wire.h"
#include "proc/message.h"
#include "seal/certificate.h"
#include "seal/digest.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/fuzzlog.h"
#include "tests/support/identities.h"

/*
 * The stream between two processes: a byte that says who speaks to whom, then
 * frames.  However it is cut, the same messages come; each payload is read by
 * the codec of its type, and what is read is written as it was.
 */

#define ROLES ((unsigned)ROLE_COUNT)

static bool reached;

static const struct span text = { (const uint8_t *)"cert.south.example", 18 };

/* A codec reads the payload and writes what it read. */
typedef int codec(struct buf *out, struct span in, struct arena *arena,
    struct error *err);

#define CODEC(name, type, parse, write)                    \
	static int name(struct buf *out, struct span in,   \
	    struct arena *arena UNUSED, struct error *err) \
	{                                                  \
		type value = { 0 };                        \
		if (parse(&value, in, err) == -1)          \
			return -1;                         \
		write(out, &value);                        \
		return 0;                                  \
	}

CODEC(seal, struct wire_seal, wire_seal_parse, wire_seal_write)
CODEC(head, struct wire_head, wire_head_parse, wire_head_write)
CODEC(cosign, struct wire_cosign, wire_cosign_parse, wire_cosign_write)
CODEC(cosigned, struct wire_cosigned, wire_cosigned_parse, wire_cosigned_write)
CODEC(keys, struct wire_keys, wire_keys_parse, wire_keys_write)
CODEC(follow, struct wire_follow, wire_follow_parse, wire_follow_write)
CODEC(renew, struct wire_renew, wire_renew_parse, wire_renew_write)
CODEC(word, struct wire_authorise, wire_authorise_parse, wire_authorise_write)
CODEC(pin, struct wire_pin, wire_pin_parse, wire_pin_write)

/* KEYS_REPLY is one of two, which only the question tells apart. */
static int
keys_reply(struct buf *out, struct span in, struct arena *arena UNUSED,
    struct error *err)
{
	struct keeper_public *all = mem_new(sizeof(*all));
	struct wire_last last;
	struct buf other;
	int rc = -1;

	buf_init(&other, KEEPER_WIRE_MAX);
	if (wire_last_parse(&last, in, err) == 0) {
		wire_last_write(&other, &last);
		fuzz_must(span_is_equal(buf_span(&other), in));
	}
	if (wire_public_parse(all, in, err) == 0) {
		wire_public_write(out, all);
		rc = 0;
	}
	buf_clear(&other);
	free(all);
	return rc;
}

static int
renewed(struct buf *out, struct span in, struct arena *arena UNUSED,
    struct error *err)
{
	unsigned number;

	if (wire_renewed_parse(&number, in, err) == -1)
		return -1;
	wire_renewed_write(out, number);
	return 0;
}

/* Its text is cleaned and cut when it is read, so only that has one form. */
static int
refused(struct buf *out, struct span in, struct arena *arena UNUSED,
    struct error *err)
{
	struct error why, again;
	struct buf clean;

	if (message_refusal_parse(&why, in, err) == -1)
		return -1;
	fuzz_must(why.code != E_NONE);
	buf_init(&clean, KEEPER_WIRE_MAX);
	message_refusal_write(&clean, &why);
	fuzz_done(message_refusal_parse(&again, buf_span(&clean), err), err);
	fuzz_must(again.code == why.code);
	fuzz_must(span_is_text(span_text(again.detail), why.detail));
	buf_clear(&clean);
	buf_add(out, in);
	return 0;
}

static int
peer_request(struct buf *out, struct span in, struct arena *arena UNUSED,
    struct error *err)
{
	struct serve_request request;

	if (peer_request_parse(&request, in, err) == -1)
		return -1;
	fuzz_must(request.path.len <= PEER_PATH_MAX);
	fuzz_done(peer_request_write(out, &request, err), err);
	return 0;
}

static int
peer_reply(struct buf *out, struct span in, struct arena *arena,
    struct error *err)
{
	struct serve_reply reply;

	if (peer_reply_parse(&reply, in, arena, err) == -1)
		return -1;
	fuzz_done(peer_reply_write(out, &reply, err), err);
	return 0;
}

static int
pins(struct buf *out, struct span in, struct arena *arena, struct error *err)
{
	struct peer_pins *peers;
	struct hash own;
	size_t n;

	if (peer_pins_parse(&own, &peers, &n, in, arena, err) == -1)
		return -1;
	fuzz_must(n <= PEER_PINS_PEERS_MAX);
	fuzz_done(peer_pins_write(out, &own, peers, n, err), err);
	return 0;
}

static int
peer_name(struct buf *out, struct span in, struct arena *arena UNUSED,
    struct error *err)
{
	struct span name;

	if (peer_name_parse(&name, in, err) == -1)
		return -1;
	fuzz_done(peer_name_write(out, name, err), err);
	return 0;
}

static int
job(struct buf *out, struct span in, struct arena *arena, struct error *err)
{
	struct job value;

	if (peer_job_parse(&value, in, arena, err) == -1)
		return -1;
	fuzz_done(peer_job_write(out, &value, err), err);
	return 0;
}

static int
job_done(struct buf *out, struct span in, struct arena *arena UNUSED,
    struct error *err)
{
	struct job_answer answer;
	struct span peer;

	if (peer_answer_parse(&peer, &answer, in, err) == -1)
		return -1;
	fuzz_done(peer_answer_write(out, peer, &answer, err), err);
	return 0;
}

static int
call(struct buf *out, struct span in, struct arena *arena UNUSED,
    struct error *err)
{
	struct call value;

	if (call_parse(&value, in, err) == -1)
		return -1;
	fuzz_done(call_write(out, &value, err), err);
	return 0;
}

static int
call_reply(struct buf *out, struct span in, struct arena *arena UNUSED,
    struct error *err)
{
	struct call_reply value;

	if (call_reply_parse(&value, in, err) == -1)
		return -1;
	fuzz_done(call_reply_write(out, &value, err), err);
	return 0;
}

static const struct {
	enum message_type type;
	codec *run;
} codecs[] = {
	/* clang-format off */
	{ MESSAGE_PEER_REQUEST, peer_request },
	{ MESSAGE_PEER_REPLY, peer_reply },
	{ MESSAGE_PINS, pins },
	{ MESSAGE_JOB_NEXT, peer_name },
	{ MESSAGE_WAKE, peer_name },
	{ MESSAGE_JOB, job },
	{ MESSAGE_JOB_DONE, job_done },
	{ MESSAGE_CALL, call },
	{ MESSAGE_CALL_REPLY, call_reply },
	{ MESSAGE_SEAL, seal },
	{ MESSAGE_HEAD, head },
	{ MESSAGE_COSIGN, cosign },
	{ MESSAGE_COSIGNED, cosigned },
	{ MESSAGE_KEYS, keys },
	{ MESSAGE_KEYS_REPLY, keys_reply },
	{ MESSAGE_FOLLOW, follow },
	{ MESSAGE_RENEW, renew },
	{ MESSAGE_RENEWED, renewed },
	{ MESSAGE_REFUSED, refused },
	{ MESSAGE_AUTHORISE, word },
	{ MESSAGE_PIN_PEER, pin },
	/* clang-format on */
};

static void
judge_payload(const struct message *message)
{
	struct arena *arena = arena_new();
	struct error err;
	struct buf buf;

	buf_init(&buf, MESSAGE_SIZE_MAX);
	for (size_t i = 0; i < COUNT_OF(codecs); i++) {
		if (codecs[i].type != message->type)
			continue;
		if (codecs[i].run(&buf, message->payload, arena, &err) == -1) {
			fuzz_must(err.code == E_PROC_MESSAGE);
			continue;
		}
		fuzz_must(span_is_equal(buf_span(&buf), message->payload));
		reached = true;
	}
	buf_clear(&buf);
	arena_free(arena);
}

/* Read ${stream} in pieces of ${step}; what came goes to ${out}. */
static void
read_stream(struct buf *out, struct span stream, size_t step, enum role from,
    enum role to)
{
	struct message_reader reader;
	struct message message;
	struct error err;

	message_reader_init(&reader, from, to);
	while (stream.len > 0) {
		size_t n = stream.len < step ? stream.len : step;

		if (message_reader_add(&reader, span_of(stream.ptr, n), &err) ==
		    -1)
			break;
		stream = span_skip(stream, n);
		while (message_reader_next(&reader, &message, &err) == 0 &&
		    message.type != MESSAGE_NONE) {
			fuzz_done(message_check(message.type,
				      message.payload.len, from, to, &err),
			    &err);
			buf_u16(out, (uint16_t)message.type);
			buf_u32(out, message.id);
			buf_u32(out, (uint32_t)message.payload.len);
			buf_add(out, message.payload);
			if (step > 1)
				judge_payload(&message);
		}
	}
	message_reader_clear(&reader);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole, pieces;
	enum role from, to;

	reached = false;
	if (size < 2)
		return 0;
	from = (enum role)(data[0] / ROLES % ROLES);
	to = (enum role)(data[0] % ROLES);
	buf_init(&whole, 2 * MESSAGE_SIZE_MAX);
	buf_init(&pieces, 2 * MESSAGE_SIZE_MAX);
	read_stream(&whole, span_of(data + 1, size - 1), size, from, to);
	read_stream(&pieces, span_of(data + 1, size - 1), 1, from, to);
	fuzz_must(span_is_equal(buf_span(&whole), buf_span(&pieces)));
	buf_clear(&whole);
	buf_clear(&pieces);
	return 0;
}

static void
public_payload(struct buf *out)
{
	struct keeper_public *all = mem_new(sizeof(*all));
	const struct certificate *seal;

	fuzz_begin();
	seal = seal_key_certificate(identity_of(IDENTITY_SOUTH)->seal);
	all->party = span_text("cert.south.example");
	all->country = span_text("XS");
	all->n = 1;
	all->keys[0] = (struct keeper_key_public){ .use = KEEPER_SEAL,
		.number = 1,
		.made = fuzz_now(),
		.is_current = true,
		.bytes = certificate_der(seal) };
	wire_public_write(out, all);
	free(all);
}

static void
keeper_payload(struct buf *out, enum message_type type)
{
	struct proof proof = { .n = 2 };

	if (type == MESSAGE_SEAL)
		wire_seal_write(out,
		    &(struct wire_seal){ .what = WIRE_RECORD,
			.content = text });
	else if (type == MESSAGE_HEAD)
		wire_head_write(out,
		    &(struct wire_head){ .head = fuzzlog_head(7),
			.proof = proof });
	else if (type == MESSAGE_COSIGN)
		wire_cosign_write(out,
		    &(struct wire_cosign){ .proof = proof, .note = text });
	else if (type == MESSAGE_FOLLOW)
		wire_follow_write(out,
		    &(struct wire_follow){ .origin = fuzzlog_head(7).origin,
			.index = 3,
			.certificate = text,
			.entry = text,
			.proof = proof });
	else if (type == MESSAGE_COSIGNED)
		wire_cosigned_write(out,
		    &(struct wire_cosigned){ fuzz_now(), text });
	else if (type == MESSAGE_KEYS)
		wire_keys_write(out, &(struct wire_keys){ true, text });
	else if (type == MESSAGE_KEYS_REPLY)
		public_payload(out);
	else if (type == MESSAGE_RENEW)
		wire_renew_write(out,
		    &(struct wire_renew){ KEEPER_MIRROR, fuzz_now() });
	else if (type == MESSAGE_RENEWED)
		wire_renewed_write(out, 2);
	else if (type == MESSAGE_AUTHORISE)
		wire_authorise_write(out,
		    &(struct wire_authorise){ false, digest_of(text) });
	else if (type == MESSAGE_PIN_PEER)
		wire_pin_write(out,
		    &(struct wire_pin){ .peer = text,
			.card = digest_of(text) });
	else
		message_refusal_write(out,
		    &(struct error){ E_PROOF, "not in the tree" });
}

static int
peer_payload(struct buf *out, enum message_type type, struct error *err)
{
	const struct serve_request request = { .peer = text,
		.method = SERVE_PATCH,
		.path = span_text("/documents/ab"),
		.offset = 7,
		.has_offset = true,
		.is_complete = true,
		.body = text };
	const struct serve_reply reply = { .status = 200,
		.type = "text/plain",
		.missing = text,
		.body = text };
	const struct peer_pins peers[] = {
		{ text, { digest_of(text) }, 1 },
		{ span_text("z"), { digest_of(text), tree_empty_root() }, 2 },
	};

	if (type == MESSAGE_PEER_REQUEST)
		return peer_request_write(out, &request, err);
	if (type == MESSAGE_PEER_REPLY)
		return peer_reply_write(out, &reply, err);
	if (type == MESSAGE_PINS)
		return peer_pins_write(out, &peers[0].pins[0], peers, 2, err);
	return peer_name_write(out, text, err);
}

static int
job_payload(struct buf *out, enum message_type type, struct error *err)
{
	const struct job job = { .kind = JOB_PATCH,
		.until = fuzz_now(),
		.peer = text,
		.endpoint = span_text("https://cert.south.example:4590"),
		.pins = { digest_of(text) },
		.pins_n = 1,
		.method = SERVE_PATCH,
		.path = "/documents/ab",
		.type = "application/octet-stream",
		.body = text,
		.has_offset = true,
		.offset = 99 };
	const struct job_answer answer = { .status = 409,
		.type = span_text("text/plain"),
		.body = text,
		.missing = text };

	if (type == MESSAGE_JOB)
		return peer_job_write(out, &job, err);
	if (type == MESSAGE_JOB_DONE)
		return peer_answer_write(out, text, &answer, err);
	if (type == MESSAGE_CALL)
		return call_write(out,
		    &(struct call){ span_text("cases"), span_text("{}"), text },
		    err);
	return call_reply_write(out,
	    &(struct call_reply){ E_NONE, text, span_text("{}"), text }, err);
}

/* Who may send that to whom, as the first byte of an input. */
static uint8_t
pair_of(enum message_type type)
{
	struct error err;

	for (unsigned pair = 0; pair < ROLES * ROLES; pair++)
		if (message_check(type, 0, (enum role)(pair / ROLES),
			(enum role)(pair % ROLES), &err) == 0)
			return (uint8_t)pair;
	fuzz_die(__FILE__, __LINE__, "nobody may send it");
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	uint8_t bytes[MESSAGE_HEAD_SIZE];
	struct message_head head = { .id = 0x01020304 };
	struct buf payload;
	struct error err;

	if (n >= COUNT_OF(codecs))
		return false;
	buf_init(&payload, KEEPER_WIRE_MAX);
	head.type = codecs[n].type;
	if (head.type < MESSAGE_JOB_NEXT || head.type == MESSAGE_JOB_NEXT ||
	    head.type == MESSAGE_WAKE)
		fuzz_done(peer_payload(&payload, head.type, &err), &err);
	else if (head.type < MESSAGE_SEAL)
		fuzz_done(job_payload(&payload, head.type, &err), &err);
	else
		keeper_payload(&payload, head.type);
	head.size = payload.len;
	message_head_write(bytes, &head);
	buf_u8(out, pair_of(head.type));
	for (unsigned i = 0; i < 2; i++) {
		buf_add(out, span_of(bytes, sizeof(bytes)));
		buf_add(out, buf_span(&payload));
	}
	buf_clear(&payload);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
