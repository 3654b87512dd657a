#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/keeper_ask.h"
#include "node/keeper_files.h"
#include "node/keeper_process.h"
#include "node/keeper_wire.h"
#include "proc/message.h"
#include "proc/spawn.h"
#include "tests/unit/test_keeper_asks.h"

#define WAIT_MS 20000

/* A keeper's process and who talks to it. */
struct node {
	struct bench *bench; /* for its arena and time */
	struct keeper_options options;
	struct message_pipe registrar, desk, supervisor;
	struct keeper_ask ask, word;
	struct signer signer;
	pid_t pid;
};

static void
be_keeper(const struct node *node, const int fds[3])
{
	struct spawn_inherited inherited = { .role = ROLE_KEEPER };
	struct error err;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	for (size_t i = 0; i < SPAWN_SLOT_COUNT; i++)
		inherited.fds[i] = -1;
	inherited.fds[SPAWN_REGISTRAR] = fds[0];
	inherited.fds[SPAWN_DESK] = fds[1];
	inherited.fds[SPAWN_SUPERVISOR] = fds[2];
	dup2(null, STDERR_FILENO);
	signal(SIGPIPE, SIG_IGN);
	_exit(keeper_process(&inherited, &node->options, &err) == -1 ?
		(err.code == E_STORE_LOCKED ? 2 : 1) :
		0);
}

/* Start it; true once it says that it is ready. */
static bool
start(struct node *node)
{
	struct message_pipe *pipes[] = { &node->registrar, &node->desk,
		&node->supervisor };
	static const enum role roles[] = { ROLE_REGISTRAR, ROLE_DESK,
		ROLE_SUPERVISOR };
	int pairs[3][2], theirs[3];
	struct message ready;
	struct error err;

	for (size_t i = 0; i < 3; i++) {
		if (spawn_pair(pairs[i], &err) == -1)
			mem_die(err.detail);
		theirs[i] = pairs[i][1];
	}
	node->pid = fork();
	if (node->pid == 0) {
		for (size_t i = 0; i < 3; i++)
			close(pairs[i][0]);
		be_keeper(node, theirs);
	}
	for (size_t i = 0; i < 3; i++) {
		close(theirs[i]);
		message_pipe_init(pipes[i], pairs[i][0], roles[i], ROLE_KEEPER);
	}
	node->ask = (struct keeper_ask){ &node->registrar, WAIT_MS };
	node->word = (struct keeper_ask){ &node->desk, WAIT_MS };
	node->signer = keeper_ask_signer(&node->ask);
	return message_receive(&node->supervisor, &ready, WAIT_MS,
		   node->bench->arena, &err) == 0 &&
	    ready.type == MESSAGE_READY;
}

/* Wait for its end: its exit status, or -1 if it was killed. */
static int
finish(struct node *node)
{
	int status;

	if (waitpid(node->pid, &status, 0) != node->pid)
		return -2;
	message_pipe_clear(&node->registrar);
	message_pipe_clear(&node->desk);
	message_pipe_clear(&node->supervisor);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
stop(struct node *node)
{
	struct message message = { MESSAGE_STOP, 0, { NULL, 0 } };
	struct error err;

	if (message_send(&node->supervisor, &message, WAIT_MS, &err) == -1)
		tap_note("%s", err.detail);
	return finish(node);
}

/* A home with keys, and a clock that stands still. */
static struct node *
prepare(bool is_elsewhere)
{
	struct bench *bench = bench_new();
	struct node *node = arena_alloc(bench->arena, sizeof(*node));
	struct keeper_holder holder = bench_holder(false);
	struct keeper_files files;
	struct keeper_ops ops;
	char at[INSTANT_TEXT_MAX];

	node->bench = bench;
	node->options.party = BENCH_PARTY;
	node->options.home = lab_directory();
	if (is_elsewhere)
		node->options.journal =
		    arena_printf(bench->arena, "%s/journal", lab_directory());
	node->options.clock =
	    arena_printf(bench->arena, "%s/clock", node->options.home);
	instant_write(bench->now, at);
	lab_write(node->options.clock,
	    span_text(arena_printf(bench->arena, "%s\n", at)));
	if (keeper_files_open(&files, node->options.home, node->options.journal,
		&bench->err) == -1)
		mem_die(bench->err.detail);
	ops = keeper_files_ops(&files);
	if (keeper_create(&ops, &holder, &bench->err) == -1)
		mem_die(bench->err.detail);
	keeper_files_close(&files);
	return node;
}

static enum error_code
sign(struct node *node, struct ledger_log *log, uint64_t from, uint64_t to)
{
	struct checkpoint head = bench_head(log, BENCH_OURS, to);
	struct proof proof = bench_proof(log, from, to);
	struct error err;
	struct span note;

	return node->signer.head(node->signer.ctx, &head, &proof, NULL, &note,
		   node->bench->arena, &err) == -1 ?
	    err.code :
	    E_NONE;
}

static enum error_code
seal(struct node *node, struct span content)
{
	struct span der;
	struct error err;

	return node->signer.seal(node->signer.ctx, content, NULL, &der,
		   node->bench->arena, &err) == -1 ?
	    err.code :
	    E_NONE;
}

/* Write a frame that our own side would not send. */
static void
send_raw(struct message_pipe *pipe, enum message_type type, struct span payload)
{
	struct message_head head = { type, 77, payload.len };
	uint8_t bytes[MESSAGE_HEAD_SIZE];
	struct buf frame;

	message_head_write(bytes, &head);
	buf_init(&frame, KEEPER_WIRE_MAX);
	buf_add(&frame, span_of(bytes, sizeof(bytes)));
	buf_add(&frame, payload);
	if (send(pipe->fd, frame.ptr, frame.len, MSG_NOSIGNAL) !=
	    (ssize_t)frame.len)
		mem_die("send");
	buf_clear(&frame);
}

TEST(a_keeper_in_its_own_process_signs_seals_and_cosigns)
{
	struct node *node = prepare(false);
	struct bench *bench = node->bench;
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);
	struct span letter = bench_letter(bench, "other"), line;
	struct hash digest = digest_of(letter), root;
	struct proof none = { .n = 0 };
	struct keeper_public keys;
	struct instant at;
	uint64_t size;

	require(start(node));
	check_int(sign(node, log, 0, 3), E_NONE);
	check_int(sign(node, log, 3, 9), E_NONE);
	check_int(sign(node, log, 0, 8), E_KEEPER_ROLLBACK);
	require(node->signer.last(node->signer.ctx, span_text(BENCH_OURS),
		    &size, &root, &bench->err) == 0);
	check_int((long long)size, 9);
	check_int(seal(node, letter), E_KEEPER_AUTHORISATION);
	check(keeper_ask_authorise(&node->word, &digest, &bench->err) == 0);
	check_int(seal(node, letter), E_NONE);
	check_int(seal(node, letter), E_KEEPER_AUTHORISATION);
	check(keeper_ask_pin_peer(&node->word, span_text(BENCH_PEER),
		  identity_of(IDENTITY_SOUTH)->log_public, &digest,
		  &bench->err) == 0);
	require(node->signer.cosign(node->signer.ctx,
		    bench_note(bench, log, BENCH_THEIRS, 4,
			identity_of(IDENTITY_SOUTH)->log),
		    &none, NULL, &line, &at, bench->arena, &bench->err) == 0);
	check_int(at.s, bench->now.s);
	require(keeper_ask_public(&node->ask, &keys, bench->arena,
		    &bench->err) == 0);
	check(span_is_text(keys.party, BENCH_PARTY));
	check(keeper_ask_confirm_clock(&node->word, &bench->err) == 0);
	check_int(stop(node), 0);
	bench_close(bench);
}

TEST(keys_are_renewed_in_the_sandbox_too)
{
	struct node *node = prepare(true);
	struct bench *bench = node->bench;
	unsigned number = 0;

	require(start(node));
	require(
	    keeper_ask_renew(&node->ask, KEEPER_SEAL,
		instant_of(IDENTITIES_NOT_AFTER_S), &number, &bench->err) == 0);
	check_int(number, 2);
	check_int(stop(node), 0);
	require(start(node));
	require(
	    keeper_ask_renew(&node->ask, KEEPER_SEAL,
		instant_of(IDENTITIES_NOT_AFTER_S), &number, &bench->err) == 0);
	check_int(number, 2);
	check_int(stop(node), 0);
	bench_close(bench);
}

TEST(what_was_signed_is_known_after_the_process_was_killed)
{
	struct node *node = prepare(true);
	struct ledger_log *log = bench_log(node->bench, BENCH_ENTRIES);
	struct ledger_log *fork_log = bench_log(node->bench, 2);

	require(start(node));
	for (uint64_t size = 1; size < 10; size++) {
		check_int(sign(node, log, size - 1, size), E_NONE);
		kill(node->pid, SIGKILL);
		check_int(finish(node), -1);
		require(start(node));
		check_int(sign(node, log, 0, size - 1), E_KEEPER_ROLLBACK);
	}
	check_int(sign(node, fork_log, 9, 9), E_KEEPER_FORK);
	check_int(stop(node), 0);
	bench_close(node->bench);
}

TEST(a_registrar_that_authorises_its_own_letter_ends_the_keeper)
{
	struct node *node = prepare(false);
	struct span letter = bench_letter(node->bench, "other");
	struct wire_authorise word = { false, digest_of(letter) };
	struct buf payload;

	buf_init(&payload, KEEPER_WIRE_MAX);
	wire_authorise_write(&payload, &word);
	require(start(node));
	send_raw(&node->registrar, MESSAGE_AUTHORISE, buf_span(&payload));
	check(seal(node, letter) != E_NONE);
	check_int(finish(node), 1);
	require(start(node));
	check_int(seal(node, letter), E_KEEPER_AUTHORISATION);
	send_raw(&node->desk, MESSAGE_SEAL, letter);
	check_int(finish(node), 1);
	buf_clear(&payload);
	bench_close(node->bench);
}

TEST(a_home_has_one_keeper_at_a_time)
{
	struct node *node = prepare(false);
	struct node second = *node;

	require(start(node));
	check(!start(&second));
	check_int(finish(&second), 2);
	check_int(stop(node), 0);
	bench_close(node->bench);
}

TEST(a_clock_confirmed_at_the_start_is_believed)
{
	struct node *node = prepare(false);
	struct bench *bench = node->bench;
	struct ledger_log *log = bench_log(bench, BENCH_ENTRIES);

	require(start(node));
	check_int(sign(node, log, 0, 1), E_NONE);
	check_int(stop(node), 0);
	lab_write(node->options.clock, span_text("2026-12-24T00:00:00Z\n"));
	require(start(node));
	check_int(sign(node, log, 1, 2), E_KEEPER_CLOCK);
	check_int(stop(node), 0);
	node->options.is_clock_confirmed = true;
	require(start(node));
	check_int(sign(node, log, 1, 2), E_NONE);
	check_int(stop(node), 0);
	bench_close(bench);
}

TEST(the_keys_and_the_journal_are_the_owners_alone)
{
	struct node *node = prepare(false);
	static const char *const names[] = { "keys/seal.key", "keys/log.key",
		"keys/mirror.key", "keys/encryption.key", "keeper.journal" };
	struct stat st;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		require(stat(arena_printf(node->bench->arena, "%s/%s",
				 node->options.home, names[i]),
			    &st) == 0);
		check_int(st.st_mode & 0777, 0600);
	}
	bench_close(node->bench);
}
