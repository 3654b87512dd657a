#include "node/keeper_answer.h"
#include "node/keeper_wire.h"
#include "tests/unit/test_keeper_asks.h"

/* Parse as the kind ${i} of payload; 0 if it was one. */
static int
parse(size_t i, struct span in, struct error *err)
{
	static union {
		struct wire_seal seal;
		struct wire_head head;
		struct wire_cosign cosign;
		struct wire_cosigned cosigned;
		struct wire_keys keys;
		struct wire_last last;
		struct keeper_public public_keys;
		struct wire_follow follow;
		struct wire_renew renew;
		struct wire_authorise word;
		struct wire_pin pin;
		unsigned number;
	} out;

	switch (i) {
	case 0:
		return wire_seal_parse(&out.seal, in, err);
	case 1:
		return wire_head_parse(&out.head, in, err);
	case 2:
		return wire_cosign_parse(&out.cosign, in, err);
	case 3:
		return wire_cosigned_parse(&out.cosigned, in, err);
	case 4:
		return wire_keys_parse(&out.keys, in, err);
	case 5:
		return wire_last_parse(&out.last, in, err);
	case 6:
		return wire_public_parse(&out.public_keys, in, err);
	case 7:
		return wire_renew_parse(&out.renew, in, err);
	case 8:
		return wire_renewed_parse(&out.number, in, err);
	case 9:
		return wire_authorise_parse(&out.word, in, err);
	case 10:
		return wire_follow_parse(&out.follow, in, err);
	default:
		return wire_pin_parse(&out.pin, in, err);
	}
}

#define KINDS 12

/* One good payload of each kind, in the order of parse(). */
static void
make(size_t i, struct bench *bench, struct buf *out)
{
	static const struct hash hash = { { 1, 2, 3 } };
	struct checkpoint head = { span_text(BENCH_OURS), 12, hash };
	struct proof proof = { 2, { hash, hash } };
	struct wire_seal seal = { WIRE_RECORD, true, hash, span_text("{}") };
	struct wire_head wire_head = { head, proof, true, { 3, 4 } };
	struct wire_cosign cosign = { true, { 1, 2 }, proof,
		span_text("note") };
	struct wire_cosigned cosigned = { bench->now, span_text("line\n") };
	struct wire_keys keys = { true, span_text(BENCH_OURS) };
	struct wire_follow follow = { span_text(BENCH_THEIRS), 4,
		span_text("der"), span_text("entry"), proof };
	struct wire_renew renew = { KEEPER_MIRROR, bench->now };
	struct wire_authorise word = { false, hash };
	struct wire_pin pin = { span_text(BENCH_PEER), { 7 }, hash };
	struct keeper_public public_keys;

	buf_init(out, KEEPER_WIRE_MAX);
	switch (i) {
	case 0:
		wire_seal_write(out, &seal);
		break;
	case 1:
		wire_head_write(out, &wire_head);
		break;
	case 2:
		wire_cosign_write(out, &cosign);
		break;
	case 3:
		wire_cosigned_write(out, &cosigned);
		break;
	case 4:
		wire_keys_write(out, &keys);
		break;
	case 5:
		wire_last_write(out, &(struct wire_last){ 12, hash });
		break;
	case 6:
		keeper_public(bench->keeper, &public_keys, bench->arena);
		wire_public_write(out, &public_keys);
		break;
	case 7:
		wire_renew_write(out, &renew);
		break;
	case 8:
		wire_renewed_write(out, 3);
		break;
	case 9:
		wire_authorise_write(out, &word);
		break;
	case 10:
		wire_follow_write(out, &follow);
		break;
	default:
		wire_pin_write(out, &pin);
		break;
	}
}

/* Bytes from where the last whole field may be cut without being missed. */
static size_t
open_end(size_t i)
{
	static const size_t fixed[KINDS] = { 1, 0, 65, 8, 1, 0, 0, 0, 0, 0,
		/* origin, index, certificate, proof */
		2 + sizeof(BENCH_THEIRS) - 1 + 8 + 2 + 3 + 1 + 64, 0 };

	return fixed[i];
}

TEST(every_payload_is_read_as_it_was_written)
{
	struct bench *bench = bench_open(false);

	for (size_t i = 0; i < KINDS; i++) {
		struct buf bytes;

		tap_note("payload %zu", i);
		make(i, bench, &bytes);
		check(parse(i, buf_span(&bytes), &bench->err) == 0);
		buf_clear(&bytes);
	}
	bench_close(bench);
}

TEST(the_public_keys_and_a_head_arrive_whole)
{
	struct bench *bench = bench_open(true);
	struct keeper_public sent, got;
	struct wire_head head;
	struct buf bytes;

	keeper_public(bench->keeper, &sent, bench->arena);
	buf_init(&bytes, KEEPER_WIRE_MAX);
	wire_public_write(&bytes, &sent);
	require(wire_public_parse(&got, buf_span(&bytes), &bench->err) == 0);
	check(span_is_equal(got.party, sent.party) && got.is_exercise);
	check_mem(got.log, 32, sent.log, 32);
	check_int((long long)got.n, (long long)sent.n);
	for (size_t i = 0; i < got.n; i++) {
		check(span_is_equal(got.keys[i].bytes, sent.keys[i].bytes));
		check_int(got.keys[i].made.s, sent.keys[i].made.s);
		check_int(got.keys[i].use, sent.keys[i].use);
	}
	buf_clear(&bytes);
	make(1, bench, &bytes);
	require(wire_head_parse(&head, buf_span(&bytes), &bench->err) == 0);
	check(span_is_text(head.head.origin, BENCH_OURS));
	check_int((long long)head.head.size, 12);
	check_int((long long)head.proof.n, 2);
	check_int(head.proof.hashes[1].bytes[2], 3);
	buf_clear(&bytes);
	bench_close(bench);
}

TEST(a_payload_that_is_cut_or_has_more_is_refused)
{
	struct bench *bench = bench_open(false);

	for (size_t i = 0; i < KINDS; i++) {
		struct buf bytes;
		size_t end;

		tap_note("payload %zu", i);
		make(i, bench, &bytes);
		end = open_end(i) > 0 ? open_end(i) : bytes.len;
		for (size_t n = 0; n < end; n++) {
			struct span cut =
			    arena_copy(bench->arena, span_of(bytes.ptr, n));

			check(parse(i, cut, &bench->err) == -1);
			check_int(bench->err.code, E_PROC_MESSAGE);
		}
		if (open_end(i) == 0) {
			buf_u8(&bytes, 0);
			check(parse(i, buf_span(&bytes), &bench->err) == -1);
		}
		buf_clear(&bytes);
	}
	bench_close(bench);
}

TEST(no_bytes_at_all_break_a_parser)
{
	struct bench *bench = bench_open(false);
	uint64_t state = 7;

	for (int round = 0; round < 2000; round++) {
		size_t i = ledger_random(&state, KINDS);
		struct buf bytes;

		make(i, bench, &bytes);
		for (int n = 0; n < 3; n++)
			bytes.ptr[ledger_random(&state, bytes.len)] =
			    (uint8_t)ledger_random(&state, 256);
		check(parse(i, buf_span(&bytes), &bench->err) == 0 ||
		    bench->err.code == E_PROC_MESSAGE);
		buf_clear(&bytes);
	}
	bench_close(bench);
}

/* What ${from} is answered. */
static enum message_type
ask(struct bench *bench, enum role from, enum message_type type,
    struct span payload, struct error *why)
{
	struct message message = { type, 1, payload };
	enum message_type reply;
	struct buf out;

	buf_init(&out, KEEPER_WIRE_MAX);
	reply = keeper_answer(bench->keeper, from, &message, bench->now, &out,
	    bench->arena);
	if (reply == MESSAGE_REFUSED &&
	    message_refusal_parse(why, buf_span(&out), &bench->err) == -1)
		mem_die(bench->err.detail);
	buf_clear(&out);
	return reply;
}

TEST(the_registrar_cannot_speak_for_an_operator_nor_the_desk_for_it)
{
	static const struct {
		enum role from;
		enum message_type type;
	} wrong[] = {
		/* clang-format off */
		{ ROLE_REGISTRAR, MESSAGE_AUTHORISE },
		{ ROLE_REGISTRAR, MESSAGE_PIN_PEER },
		{ ROLE_DESK,      MESSAGE_SEAL },
		{ ROLE_DESK,      MESSAGE_HEAD },
		{ ROLE_DESK,      MESSAGE_COSIGN },
		{ ROLE_DESK,      MESSAGE_RENEW },
		{ ROLE_GATE,      MESSAGE_SEAL },
		{ ROLE_COURIER,   MESSAGE_AUTHORISE },
		/* clang-format on */
	};
	struct bench *bench = bench_open(false);
	struct span letter = bench_letter(bench, "other");
	struct wire_authorise word = { false, digest_of(letter) };
	struct error why = { .code = E_NONE };
	struct buf payload;

	buf_init(&payload, KEEPER_WIRE_MAX);
	wire_authorise_write(&payload, &word);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		check_int(ask(bench, wrong[i].from, wrong[i].type,
			      buf_span(&payload), &why),
		    MESSAGE_REFUSED);
		check_int(why.code, E_PROC_MESSAGE);
	}
	check_int(bench_seal(bench, letter, NULL), E_KEEPER_AUTHORISATION);
	check_int(ask(bench, ROLE_DESK, MESSAGE_AUTHORISE, buf_span(&payload),
		      &why),
	    MESSAGE_AUTHORISED);
	check_int(bench_seal(bench, letter, NULL), E_NONE);
	buf_clear(&payload);
	bench_close(bench);
}
