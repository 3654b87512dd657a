#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "proc/message.h"
#include "tests/lab.h"
#include "tests/tap.h"

/* Bytes of the stream that frames() makes, at most. */
#define STREAM_MAX ((size_t)30 << 20)

/* Append a frame, allowed or not. */
static void
frame(struct buf *out, unsigned int type, uint32_t id, struct span payload)
{
	buf_u32(out, (uint32_t)payload.len);
	buf_u16(out, (uint16_t)type);
	buf_u32(out, id);
	buf_add(out, payload);
}

/* Three messages of a gate: with a payload, with none, with another. */
static void
frames(struct buf *out)
{
	buf_init(out, STREAM_MAX);
	frame(out, MESSAGE_PEER_REQUEST, 7, span_text("hello"));
	frame(out, MESSAGE_PEER_REQUEST, 8, span_text(""));
	frame(out, MESSAGE_PEER_REQUEST, 0xfffefdfc, span_text("bye"));
}

/* Take what there is and write "id:payload;" of each to ${out}. */
static int
take_all(struct message_reader *reader, struct buf *out, struct error *err)
{
	struct message m;

	for (;;) {
		if (message_reader_next(reader, &m, err) == -1)
			return -1;
		if (m.type == MESSAGE_NONE)
			return 0;
		buf_printf(out, "%u:", m.id);
		buf_add(out, m.payload);
		buf_text(out, ";");
	}
}

static const char all[] = "7:hello;8:;4294901244:bye;";

TEST(a_stream_cut_into_two_anywhere_is_read_the_same)
{
	struct buf stream;

	frames(&stream);
	for (size_t cut = 0; cut <= stream.len; cut++) {
		struct message_reader reader;
		struct buf got;
		struct error err;

		buf_init(&got, 1024);
		message_reader_init(&reader, ROLE_GATE, ROLE_REGISTRAR);
		check(message_reader_add(&reader, span_of(stream.ptr, cut),
			  &err) == 0);
		check(take_all(&reader, &got, &err) == 0);
		check(message_reader_add(&reader,
			  span_skip(buf_span(&stream), cut), &err) == 0);
		check(take_all(&reader, &got, &err) == 0);
		check_mem(got.ptr, got.len, all, strlen(all));
		message_reader_clear(&reader);
		buf_clear(&got);
	}
	buf_clear(&stream);
}

TEST(a_stream_in_pieces_of_any_size_is_read_the_same)
{
	struct buf stream;

	frames(&stream);
	for (size_t piece = 1; piece <= stream.len; piece++) {
		struct message_reader reader;
		struct buf got;
		struct error err;
		struct span left = buf_span(&stream);

		buf_init(&got, 1024);
		message_reader_init(&reader, ROLE_GATE, ROLE_REGISTRAR);
		for (; left.len > 0; left = span_skip(left, piece)) {
			size_t n = piece < left.len ? piece : left.len;

			check(message_reader_add(&reader, span_of(left.ptr, n),
				  &err) == 0);
			check(take_all(&reader, &got, &err) == 0);
		}
		check_mem(got.ptr, got.len, all, strlen(all));
		message_reader_clear(&reader);
		buf_clear(&got);
	}
	buf_clear(&stream);
}

/* What the decoder says to a head from ${from} to ${to}. */
static enum error_code
verdict(unsigned int type, size_t size, enum role from, enum role to)
{
	struct message_reader reader;
	struct error err = { .code = E_NONE };
	struct buf head;

	buf_init(&head, 64);
	buf_u32(&head, (uint32_t)size);
	buf_u16(&head, (uint16_t)type);
	buf_u32(&head, 1);
	message_reader_init(&reader, from, to);
	if (message_reader_add(&reader, buf_span(&head), &err) == 0)
		err.code = E_NONE;
	message_reader_clear(&reader);
	buf_clear(&head);
	return err.code;
}

TEST(a_message_over_its_maximum_is_refused_from_its_head_alone)
{
	size_t max = 18 * MESSAGE_MIB;

	check_int(verdict(MESSAGE_PEER_REQUEST, max, ROLE_GATE, ROLE_REGISTRAR),
	    E_NONE);
	check_int(verdict(MESSAGE_PEER_REQUEST, max + 1, ROLE_GATE,
		      ROLE_REGISTRAR),
	    E_PROC_MESSAGE);
	check_int(verdict(MESSAGE_PEER_REQUEST, UINT32_MAX, ROLE_GATE,
		      ROLE_REGISTRAR),
	    E_PROC_MESSAGE);
	check_int(verdict(MESSAGE_STOP, 0, ROLE_SUPERVISOR, ROLE_GATE), E_NONE);
	check_int(verdict(MESSAGE_STOP, 1, ROLE_SUPERVISOR, ROLE_GATE),
	    E_PROC_MESSAGE);
}

TEST(a_message_of_an_unknown_type_is_refused)
{
	check_int(verdict(0, 0, ROLE_GATE, ROLE_REGISTRAR), E_PROC_MESSAGE);
	check_int(verdict(9, 0, ROLE_GATE, ROLE_REGISTRAR), E_PROC_MESSAGE);
	check_int(verdict(65535, 0, ROLE_GATE, ROLE_REGISTRAR), E_PROC_MESSAGE);
}

/* The pairs of roles between which ${type} passes, counted. */
static int
ways(unsigned int type)
{
	int n = 0;

	for (enum role from = 0; from < ROLE_COUNT; from++)
		for (enum role to = 0; to < ROLE_COUNT; to++)
			n += verdict(type, 0, from, to) == E_NONE;
	return n;
}

TEST(a_message_passes_in_its_direction_only)
{
	static const enum message_type one_way[] = { MESSAGE_PEER_REQUEST,
		MESSAGE_PEER_REPLY, MESSAGE_PINS, MESSAGE_JOB_NEXT,
		MESSAGE_JOB_DONE, MESSAGE_JOB, MESSAGE_WAKE, MESSAGE_CALL,
		MESSAGE_CALL_REPLY, MESSAGE_EVENT, MESSAGE_SEAL, MESSAGE_SEALED,
		MESSAGE_HEAD, MESSAGE_HEAD_SIGNED, MESSAGE_COSIGN,
		MESSAGE_COSIGNED, MESSAGE_KEYS, MESSAGE_KEYS_REPLY,
		MESSAGE_RENEW, MESSAGE_RENEWED, MESSAGE_FOLLOW,
		MESSAGE_FOLLOWED, MESSAGE_AUTHORISE, MESSAGE_AUTHORISED,
		MESSAGE_PIN_PEER };

	for (size_t i = 0; i < COUNT_OF(one_way); i++) {
		tap_note("%s", message_name(one_way[i]));
		check_int(ways(one_way[i]), 1);
	}
	check_int(ways(MESSAGE_REFUSED), 2);
	check_int(ways(MESSAGE_STOP), 5);
	check_int(ways(MESSAGE_CONFIGURE), 5);
	check_int(ways(MESSAGE_READY), 5);
	check_int(ways(MESSAGE_STATUS), 5);
}

TEST(only_the_registrar_can_ask_the_keeper_for_a_seal)
{
	for (enum role from = 0; from < ROLE_COUNT; from++)
		check((verdict(MESSAGE_SEAL, 0, from, ROLE_KEEPER) == E_NONE) ==
		    (from == ROLE_REGISTRAR));
}

TEST(only_the_desk_can_authorise_and_pin)
{
	for (enum role from = 0; from < ROLE_COUNT; from++) {
		check((verdict(MESSAGE_AUTHORISE, 0, from, ROLE_KEEPER) ==
			  E_NONE) == (from == ROLE_DESK));
		check((verdict(MESSAGE_PIN_PEER, 0, from, ROLE_KEEPER) ==
			  E_NONE) == (from == ROLE_DESK));
	}
}

TEST(a_reader_that_failed_reads_nothing_more)
{
	struct message_reader reader;
	struct message m;
	struct buf stream;
	struct error err;

	frames(&stream);
	frame(&stream, MESSAGE_PEER_REPLY, 1, span_text(""));
	frame(&stream, MESSAGE_PEER_REQUEST, 2, span_text(""));
	message_reader_init(&reader, ROLE_GATE, ROLE_REGISTRAR);
	check(message_reader_add(&reader, buf_span(&stream), &err) == 0);
	for (int i = 0; i < 3; i++)
		check(message_reader_next(&reader, &m, &err) == 0);
	for (int i = 0; i < 3; i++) {
		err.code = E_NONE;
		check(message_reader_next(&reader, &m, &err) == -1);
		check_int(err.code, E_PROC_MESSAGE);
	}
	check(message_reader_add(&reader, span_text(""), &err) == -1);
	message_reader_clear(&reader);
	buf_clear(&stream);
}

/* Read from a socket on which ${bytes} came before the other side closed. */
static enum error_code
read_to_the_end(struct span bytes, struct buf *got)
{
	struct message_reader reader;
	struct error err = { .code = E_NONE }, again;
	bool is_end = false;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1)
		return E_IO;
	if (send(fds[0], bytes.ptr, bytes.len, 0) != (ssize_t)bytes.len)
		return E_IO;
	close(fds[0]);
	message_reader_init(&reader, ROLE_GATE, ROLE_REGISTRAR);
	while (!is_end && err.code == E_NONE)
		if (message_reader_fill(&reader, fds[1], &is_end, &err) == 0 &&
		    !is_end)
			check(take_all(&reader, got, &err) == 0);
	if (err.code != E_NONE)
		check(message_reader_add(&reader, span_text(""), &again) == -1);
	message_reader_clear(&reader);
	close(fds[1]);
	return err.code;
}

TEST(a_stream_that_ends_in_a_message_is_refused_and_one_between_two_is_not)
{
	struct buf stream;

	frames(&stream);
	for (size_t len = 0; len <= stream.len; len++) {
		bool is_between =
		    len == 0 || len == 15 || len == 25 || len == stream.len;
		struct buf got;

		buf_init(&got, 1024);
		tap_note("%zu of %zu bytes", len, stream.len);
		check_int(read_to_the_end(span_of(stream.ptr, len), &got),
		    is_between ? E_NONE : E_PROC_GONE);
		buf_clear(&got);
	}
	buf_clear(&stream);
}

TEST(the_largest_message_passes_whole)
{
	struct arena *arena = lab_arena();
	size_t max = 18 * MESSAGE_MIB;
	uint8_t *payload = arena_alloc(arena, max);
	struct message_reader reader;
	struct message m;
	struct buf stream;
	struct span left;
	struct error err;

	memset(payload, 0x5a, max);
	buf_init(&stream, STREAM_MAX);
	frame(&stream, MESSAGE_CALL, 3, span_of(payload, max));
	message_reader_init(&reader, ROLE_DESK, ROLE_REGISTRAR);
	for (left = buf_span(&stream); left.len > 0;
	     left = span_skip(left, 65536)) {
		size_t n = left.len < 65536 ? left.len : 65536;

		check(message_reader_next(&reader, &m, &err) == 0);
		check_int(m.type, MESSAGE_NONE);
		check(message_reader_add(&reader, span_of(left.ptr, n), &err) ==
		    0);
	}
	require(message_reader_next(&reader, &m, &err) == 0);
	check_int(m.type, MESSAGE_CALL);
	check(span_is_equal(m.payload, span_of(payload, max)));
	message_reader_clear(&reader);
	buf_clear(&stream);
}

TEST(a_refusal_is_read_as_the_error_it_was_written_from)
{
	struct error why, got, err;
	struct buf out;

	error_set(&why, E_KEEPER_FORK, "size %d", 12);
	buf_init(&out, 4096);
	message_refusal_write(&out, &why);
	require(message_refusal_parse(&got, buf_span(&out), &err) == 0);
	check_int(got.code, E_KEEPER_FORK);
	check_str(got.detail, "size 12");
	buf_clear(&out);
}

TEST(a_refusal_without_a_known_error_is_refused)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = { { "", 0 }, { "\x02", 1 }, { "\0\0no", 4 },
		{ "\xff\xffwhat", 6 } };
	struct error got, err;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		err.code = E_NONE;
		check(message_refusal_parse(&got,
			  span_of(bad[i].bytes, bad[i].len), &err) == -1);
		check_int(err.code, E_PROC_MESSAGE);
	}
}

TEST(a_refusal_of_any_length_fits_and_cannot_forge_a_line)
{
	char text[4096];
	struct error got, err;

	memset(text, '\n', sizeof(text));
	memcpy(text, "\x02\x58", 2); /* 600 */
	require(message_refusal_parse(&got, span_of(text, sizeof(text)),
		    &err) == 0);
	check_int(strlen(got.detail) < sizeof(got.detail), true);
	check(strchr(got.detail, '\n') == NULL);
}
