#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/span.h"
#include "proc/clock.h"
#include "proc/message.h"
#include "tests/lab.h"
#include "tests/tap.h"

/* The registrar's end and the keeper's. */
static bool
pipes_open(struct message_pipe *registrar, struct message_pipe *keeper)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1)
		return false;
	message_pipe_init(registrar, fds[0], ROLE_REGISTRAR, ROLE_KEEPER);
	message_pipe_init(keeper, fds[1], ROLE_KEEPER, ROLE_REGISTRAR);
	return true;
}

static void
pipes_close(struct message_pipe *registrar, struct message_pipe *keeper)
{
	message_pipe_clear(registrar);
	message_pipe_clear(keeper);
}

/* A keeper that answers each question with its own payload. */
static void NORETURN
echo(struct message_pipe *keeper)
{
	struct arena *arena = arena_new();
	struct message m;
	struct error err;

	while (message_receive(keeper, &m, 10000, arena, &err) == 0) {
		m.type = MESSAGE_SEALED;
		if (message_send(keeper, &m, 10000, &err) == -1)
			_exit(1);
		arena_reset(arena);
	}
	_exit(err.code == E_PROC_GONE ? 0 : 2);
}

TEST(each_call_gets_its_answer_whatever_its_size)
{
	static const size_t sizes[] = { 0, 1, 9, 10, 11, 65535, 65536, 131072 };
	struct arena *arena = lab_arena();
	uint8_t *bytes = arena_alloc(arena, 131072);
	struct message_pipe registrar, keeper;
	int status = -1;
	pid_t pid;

	require(pipes_open(&registrar, &keeper));
	if ((pid = fork()) == 0) {
		message_pipe_clear(&registrar);
		echo(&keeper);
	}
	message_pipe_clear(&keeper);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct span ask = span_of(bytes, sizes[i]);
		struct message reply;
		struct error err;

		memset(bytes, (int)i + 1, sizes[i]);
		require(message_call(&registrar, MESSAGE_SEAL, ask, &reply,
			    10000, arena, &err) == 0);
		check_int(reply.type, MESSAGE_SEALED);
		check_int(reply.id, (uint32_t)i + 1);
		check(span_is_equal(reply.payload, ask));
	}
	message_pipe_clear(&registrar);
	check(waitpid(pid, &status, 0) == pid);
	check_int(status, 0);
}

TEST(a_call_that_nobody_answers_times_out_and_the_next_one_is_answered)
{
	struct arena *arena = lab_arena();
	struct message_pipe registrar, keeper;
	struct message m, reply;
	struct error err;
	int64_t before = clock_monotonic_ms(), took;

	require(pipes_open(&registrar, &keeper));
	check(message_call(&registrar, MESSAGE_HEAD, span_text("a"), &reply, 60,
		  arena, &err) == -1);
	took = clock_monotonic_ms() - before;
	check_int(err.code, E_PROC_TIMEOUT);
	check(took >= 60 && took < 5000);
	check(!registrar.is_broken);

	/* The late answer to the first and that to the second, in advance. */
	m = (struct message){ MESSAGE_HEAD_SIGNED, 1, span_text("late") };
	check(message_send(&keeper, &m, 100, &err) == 0);
	m = (struct message){ MESSAGE_HEAD_SIGNED, 2, span_text("right") };
	check(message_send(&keeper, &m, 100, &err) == 0);
	require(message_call(&registrar, MESSAGE_HEAD, span_text("b"), &reply,
		    1000, arena, &err) == 0);
	check(span_is_text(reply.payload, "right"));
	pipes_close(&registrar, &keeper);
}

TEST(an_answer_that_trickles_does_not_stretch_the_timeout)
{
	struct arena *arena = lab_arena();
	struct message_pipe registrar, keeper;
	struct message reply;
	struct error err;
	int64_t before = clock_monotonic_ms(), took;
	pid_t pid;

	require(pipes_open(&registrar, &keeper));
	if ((pid = fork()) == 0) {
		static const uint8_t head[10] = { 0, 0, 1, 0, 0, 43, 0, 0, 0,
			1 };

		message_pipe_clear(&registrar);
		for (size_t i = 0; i < 200; i++) {
			uint8_t b = i < 10 ? head[i] : 0;

			if (send(keeper.fd, &b, 1, MSG_NOSIGNAL) != 1)
				_exit(0);
			usleep(10000);
		}
		_exit(0);
	}
	message_pipe_clear(&keeper);
	check(message_call(&registrar, MESSAGE_HEAD, span_text(""), &reply, 150,
		  arena, &err) == -1);
	took = clock_monotonic_ms() - before;
	check_int(err.code, E_PROC_TIMEOUT);
	check(took >= 150 && took < 1500);
	message_pipe_clear(&registrar);
	waitpid(pid, NULL, 0);
}

TEST(a_pipe_that_was_cut_in_mid_message_is_of_no_more_use)
{
	struct message_pipe registrar, keeper;
	struct arena *arena = lab_arena();
	struct span big = span_of(arena_alloc(arena, 131072), 131072);
	struct message m = { MESSAGE_SEAL, 1, big };
	struct error err;

	require(pipes_open(&registrar, &keeper));
	while (message_send(&registrar, &m, 20, &err) == 0)
		m.id++;
	check_int(err.code, E_PROC_TIMEOUT);
	check(m.id > 1);
	check(registrar.is_broken);
	check(message_send(&registrar, &m, 20, &err) == -1);
	check_int(err.code, E_PROC);
	pipes_close(&registrar, &keeper);
}

TEST(an_answer_to_nothing_is_refused)
{
	struct arena *arena = lab_arena();
	struct message_pipe registrar, keeper;
	struct message m = { MESSAGE_SEALED, 2, span_text("") }, reply;
	struct error err;

	require(pipes_open(&registrar, &keeper));
	check(message_send(&keeper, &m, 100, &err) == 0);
	check(message_call(&registrar, MESSAGE_SEAL, span_text(""), &reply, 100,
		  arena, &err) == -1);
	check_int(err.code, E_PROC_MESSAGE);
	check(registrar.is_broken);
	pipes_close(&registrar, &keeper);
}

TEST(ids_go_round)
{
	struct arena *arena = lab_arena();
	struct message_pipe registrar, keeper;
	struct message m = { MESSAGE_SEALED, 0, span_text("") }, reply;
	struct error err;

	require(pipes_open(&registrar, &keeper));
	registrar.last_id = UINT32_MAX;
	m.id = UINT32_MAX;
	check(message_send(&keeper, &m, 100, &err) == 0);
	m.id = 0;
	check(message_send(&keeper, &m, 100, &err) == 0);
	require(message_call(&registrar, MESSAGE_SEAL, span_text(""), &reply,
		    100, arena, &err) == 0);
	check_int(reply.id, 0);
	pipes_close(&registrar, &keeper);
}

TEST(a_keeper_that_is_gone_is_told_from_one_that_is_slow)
{
	struct arena *arena = lab_arena();
	struct message_pipe registrar, keeper;
	struct message reply;
	struct error err;

	require(pipes_open(&registrar, &keeper));
	message_pipe_clear(&keeper);
	check(message_call(&registrar, MESSAGE_SEAL, span_text(""), &reply, 100,
		  arena, &err) == -1);
	check_int(err.code, E_PROC_GONE);
	message_pipe_clear(&registrar);
}

TEST(what_may_not_be_sent_is_not_sent)
{
	struct message_pipe registrar, keeper;
	struct arena *arena = lab_arena();
	struct message m = { MESSAGE_AUTHORISE, 1, span_text("") };
	struct error err;

	require(pipes_open(&registrar, &keeper));
	check(message_send(&registrar, &m, 100, &err) == -1);
	check_int(err.code, E_PROC_MESSAGE);
	m.type = MESSAGE_SEAL;
	m.payload = span_of(arena_alloc(arena, 131073), 131073);
	check(message_send(&registrar, &m, 100, &err) == -1);
	check_int(err.code, E_PROC_MESSAGE);
	check(message_receive(&keeper, &m, 0, arena, &err) == -1);
	check_int(err.code, E_PROC_TIMEOUT);
	pipes_close(&registrar, &keeper);
}
