#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "proc/channel.h"
#include "proc/spawn.h"
#include "tests/lab.h"
#include "tests/tap.h"

/* One side of a channel, and what it was told. */
struct side {
	struct channel *channel;
	struct buf got;        /* "id:length;" of each message */
	uint64_t sum;          /* of all payload bytes */
	int closed, drained;   /* calls */
	enum error_code why;   /* of the close */
	bool frees_at_message; /* frees the channel at the first message */
	bool answers;          /* each request */
};

static void
on_message(void *ctx, struct channel *channel, const struct message *message)
{
	struct side *side = ctx;
	struct error err;

	buf_printf(&side->got, "%u:%zu;", message->id, message->payload.len);
	for (size_t i = 0; i < message->payload.len; i++)
		side->sum += message->payload.ptr[i];
	if (side->answers)
		check(channel_send(channel, MESSAGE_PEER_REPLY, message->id,
			  span_text("ok"), &err) == 0);
	if (side->frees_at_message) {
		channel_free(channel);
		side->channel = NULL;
	}
}

static void
on_closed(void *ctx, struct channel *channel, const struct error *why)
{
	struct side *side = ctx;

	side->closed++;
	side->why = why->code;
	channel_free(channel);
	side->channel = NULL;
}

static void
on_drained(void *ctx, struct channel *channel)
{
	struct side *side = ctx;

	check_int((long long)channel_pending(channel), 0);
	side->drained++;
}

static const struct channel_handler handler = { on_message, on_closed,
	on_drained };

/* A gate and a registrar in one loop. */
struct bench {
	struct event_base *base;
	struct side gate, registrar;
};

static bool
bench_open(struct bench *bench)
{
	struct error err;
	int fds[2];

	*bench = (struct bench){ 0 };
	signal(SIGPIPE, SIG_IGN);
	buf_init(&bench->gate.got, 1 << 20);
	buf_init(&bench->registrar.got, 1 << 20);
	bench->base = event_base_new();
	return bench->base != NULL && spawn_pair(fds, &err) == 0 &&
	    channel_new(&bench->gate.channel, bench->base, fds[0], ROLE_GATE,
		ROLE_REGISTRAR, &handler, &bench->gate, &err) == 0 &&
	    channel_new(&bench->registrar.channel, bench->base, fds[1],
		ROLE_REGISTRAR, ROLE_GATE, &handler, &bench->registrar,
		&err) == 0;
}

static void
bench_close(struct bench *bench)
{
	channel_free(bench->gate.channel);
	channel_free(bench->registrar.channel);
	buf_clear(&bench->gate.got);
	buf_clear(&bench->registrar.got);
	event_base_free(bench->base);
}

/* Turn the loop until nothing happens for a moment. */
static void
turn(struct bench *bench)
{
	struct timeval moment = { 0, 50000 };

	event_base_loopexit(bench->base, &moment);
	event_base_dispatch(bench->base);
}

TEST(messages_arrive_in_order_and_are_answered)
{
	struct bench bench;
	struct error err;

	require(bench_open(&bench));
	bench.registrar.answers = true;
	for (uint32_t id = 1; id <= 3; id++)
		check(channel_send(bench.gate.channel, MESSAGE_PEER_REQUEST, id,
			  span_of("abc", id), &err) == 0);
	turn(&bench);
	check_mem(bench.registrar.got.ptr, bench.registrar.got.len,
	    "1:1;2:2;3:3;", 12);
	check_mem(bench.gate.got.ptr, bench.gate.got.len, "1:2;2:2;3:2;", 12);
	check(bench.gate.drained > 0);
	bench_close(&bench);
}

TEST(a_message_of_many_reads_arrives_whole_between_small_ones)
{
	struct arena *arena = lab_arena();
	size_t size = 18 * MESSAGE_MIB;
	uint8_t *big = arena_alloc(arena, size);
	struct bench bench;
	struct error err;

	memset(big, 1, size);
	require(bench_open(&bench));
	check(channel_send(bench.gate.channel, MESSAGE_PEER_REQUEST, 1,
		  span_text(""), &err) == 0);
	check(channel_send(bench.gate.channel, MESSAGE_PEER_REQUEST, 2,
		  span_of(big, size), &err) == 0);
	check(channel_send(bench.gate.channel, MESSAGE_PEER_REQUEST, 3,
		  span_of(big, 5), &err) == 0);
	for (int i = 0; i < 100 && bench.registrar.sum < size + 5; i++)
		turn(&bench);
	check_mem(bench.registrar.got.ptr, bench.registrar.got.len,
	    "1:0;2:18874368;3:5;", 19);
	check_int((long long)bench.registrar.sum, (long long)size + 5);
	bench_close(&bench);
}

TEST(a_side_that_does_not_read_cannot_fill_the_memory_of_the_other)
{
	struct arena *arena = lab_arena();
	struct span big = span_of(arena_alloc(arena, MESSAGE_MIB), MESSAGE_MIB);
	struct bench bench;
	struct error err = { .code = E_NONE };
	int n = 0;

	require(bench_open(&bench));
	while (n < 100 &&
	    channel_send(bench.gate.channel, MESSAGE_PEER_REQUEST, 1, big,
		&err) == 0)
		n++;
	check_int(err.code, E_BUSY);
	check_int(n, 63);
	check(channel_pending(bench.gate.channel) <= CHANNEL_PENDING_MAX);
	bench_close(&bench);
}

/* What a registrar makes of raw ${bytes} of a gate that then closes. */
static void
hear(struct side *registrar, struct span bytes)
{
	struct event_base *base = event_base_new();
	struct bench bench = { .base = base };
	struct error err;
	int fds[2];

	*registrar = (struct side){ 0 };
	buf_init(&registrar->got, 1 << 20);
	require(spawn_pair(fds, &err) == 0);
	require(channel_new(&registrar->channel, base, fds[1], ROLE_REGISTRAR,
		    ROLE_GATE, &handler, registrar, &err) == 0);
	check(send(fds[0], bytes.ptr, bytes.len, 0) == (ssize_t)bytes.len);
	close(fds[0]);
	turn(&bench);
	channel_free(registrar->channel);
	event_base_free(base);
}

TEST(what_a_gate_may_not_send_closes_the_channel_once)
{
	static const struct {
		const char *what;
		uint8_t head[10];
		size_t len;
		enum error_code why;
	} cases[] = {
		/* clang-format off */
		{ "nothing",      { 0 }, 0, E_PROC_GONE },
		{ "half a head",  { 0, 0, 0, 1, 0 }, 5, E_PROC_GONE },
		{ "no payload",   { 0, 0, 0, 1, 0, 10 }, 10, E_PROC_GONE },
		{ "empty",        { 0, 0, 0, 0, 0, 10 }, 10, E_PROC_GONE },
		{ "too long",     { 255, 0, 0, 0, 0, 10 }, 10, E_PROC_MESSAGE },
		{ "unknown type", { 0, 0, 0, 0, 9, 9 }, 10, E_PROC_MESSAGE },
		{ "not a gate's", { 0, 0, 0, 0, 0, 11 }, 10, E_PROC_MESSAGE },
		/* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct side registrar;

		tap_note("%s", cases[i].what);
		hear(&registrar, span_of(cases[i].head, cases[i].len));
		check_int(registrar.closed, 1);
		check_int(registrar.why, cases[i].why);
		buf_clear(&registrar.got);
	}
}

TEST(a_handler_may_free_its_channel)
{
	struct bench bench;
	struct error err;

	require(bench_open(&bench));
	bench.registrar.frees_at_message = true;
	for (uint32_t id = 1; id <= 3; id++)
		check(channel_send(bench.gate.channel, MESSAGE_PEER_REQUEST, id,
			  span_text("x"), &err) == 0);
	turn(&bench);
	check_mem(bench.registrar.got.ptr, bench.registrar.got.len, "1:1;", 4);
	check_int(bench.registrar.closed, 0);
	check_int(bench.gate.closed, 1);
	bench_close(&bench);
}

TEST(what_may_not_be_sent_is_not_queued)
{
	struct bench bench;
	struct error err;

	require(bench_open(&bench));
	check(channel_send(bench.gate.channel, MESSAGE_PEER_REPLY, 1,
		  span_text(""), &err) == -1);
	check_int(err.code, E_PROC_MESSAGE);
	check_int((long long)channel_pending(bench.gate.channel), 0);
	bench_close(&bench);
}
