#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "keeper/keeper.h"
#include "node/keeper_answer.h"
#include "node/keeper_files.h"
#include "node/keeper_process.h"
#include "node/keeper_wire.h"
#include "proc/channel.h"
#include "proc/clock.h"
#include "proc/sandbox.h"
#include "proc/sanitiser.h"
#include "proc/spawn.h"

/* How often the clock is watched. */
#define TICK_S 60

struct process;

/* One connection and who is at its other end. */
struct line {
	struct process *process;
	enum role role;
	struct channel *channel;
};

struct process {
	struct keeper_files files;
	struct keeper *keeper;
	struct clock clock;
	struct sandbox sandbox;
	struct event_base *base;
	struct event *tick;
	struct line lines[ROLE_COUNT];
	struct arena *arena; /* of one message */
	bool is_clock_bad;   /* and it has been said */
	bool has_failed;
	struct error why;
};

/* The keys stay out of the swap, if we may. */
static void
lock_memory(void)
{
	if (!SANITISER && mlockall(MCL_CURRENT | MCL_ONFAULT) == -1)
		log_line(LOG_LEVEL_NOTE, "memory is not locked: %s",
		    strerror(errno));
}

/* The directory that ${path} is in. */
static void
cut_file(char out[HOME_PATH_MAX], const char *path)
{
	const char *slash = strrchr(path, '/');
	int len = slash == NULL ? 0 : (int)(slash - path);

	if (slash == NULL)
		snprintf(out, HOME_PATH_MAX, ".");
	else
		snprintf(out, HOME_PATH_MAX, "%.*s", len == 0 ? 1 : len, path);
}

static int
enter_sandbox(struct process *process, const struct keeper_options *options,
    struct error *err)
{
	char above[HOME_PATH_MAX];
	struct sandbox_path paths[] = { { process->files.keys, SANDBOX_WRITE },
		{ above, SANDBOX_WRITE } };

	cut_file(above, process->files.journal);
	return sandbox_enter(&process->sandbox, ROLE_KEEPER, paths,
	    COUNT_OF(paths), options->is_sandbox_required, err);
}

/* Everything that needs files, before the sandbox. */
static int
open_keeper(struct process *process, const struct keeper_options *options,
    struct error *err)
{
	struct keeper_ops ops;

	if (keeper_files_open(&process->files, options->home, options->journal,
		err) == -1 ||
	    clock_open(&process->clock, options->clock, err) == -1)
		return -1;
	ops = keeper_files_ops(&process->files);
	if (keeper_open(&process->keeper, &ops, options->party, err) == -1)
		return -1;
	lock_memory();
	if (options->is_clock_confirmed &&
	    keeper_confirm_clock(process->keeper, clock_now(&process->clock),
		err) == -1)
		return -1;
	return enter_sandbox(process, options, err);
}

static void
stop(struct process *process)
{
	event_base_loopbreak(process->base);
}

/* Look at the clock; say once that it is wrong, and once that it is right. */
static void
on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *ctx)
{
	struct process *process = ctx;
	struct error err;
	bool is_bad;

	is_bad = keeper_tick(process->keeper, clock_now(&process->clock),
		     &err) == -1;
	if (is_bad && !process->is_clock_bad)
		log_line(LOG_LEVEL_ALARM, "nothing is signed: %s (%s)",
		    error_text(err.code), err.detail);
	if (!is_bad && process->is_clock_bad)
		log_line(LOG_LEVEL_NOTE, "the clock is right again");
	process->is_clock_bad = is_bad;
}

/* The supervisor's word; what is not listed is not for us. */
static const struct {
	enum message_type type;
	void (*act)(struct process *process);
} words[] = {
	{ MESSAGE_STOP, stop },
};

static void
on_word(struct process *process, const struct message *message)
{
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (words[i].type == message->type)
			words[i].act(process);
}

static void
on_message(void *ctx, struct channel *channel, const struct message *message)
{
	struct line *line = ctx;
	struct process *process = line->process;
	enum message_type type;
	struct error err;
	struct buf reply;

	if (line->role == ROLE_SUPERVISOR) {
		on_word(process, message);
		return;
	}
	buf_init(&reply, KEEPER_WIRE_MAX);
	type = keeper_answer(process->keeper, line->role, message,
	    clock_now(&process->clock), &reply, process->arena);
	if (channel_send(channel, type, message->id, buf_span(&reply), &err) ==
	    -1)
		log_error("the answer is lost", &err);
	buf_clear(&reply);
	arena_reset(process->arena);
}

static void
on_closed(void *ctx, struct channel *channel UNUSED, const struct error *why)
{
	struct line *line = ctx;

	line->process->has_failed = true;
	line->process->why = *why;
	stop(line->process);
}

static const struct channel_handler handler = { on_message, on_closed, NULL };

/* A line to each of the others that was given one. */
static int
open_lines(struct process *process, struct spawn_inherited *inherited,
    struct error *err)
{
	for (int i = 0; i < ROLE_COUNT; i++) {
		struct line *line = &process->lines[i];
		int fd = spawn_fd_take(inherited, (enum spawn_slot)i);

		if (fd == -1)
			continue;
		line->process = process;
		line->role = (enum role)i;
		if (channel_new(&line->channel, process->base, fd, ROLE_KEEPER,
			line->role, &handler, line, err) == -1)
			return -1;
	}
	return 0;
}

static int
say_ready(struct process *process, struct error *err)
{
	struct channel *supervisor = process->lines[ROLE_SUPERVISOR].channel;
	struct buf text;
	int rc;

	buf_init(&text, 4 * MESSAGE_KIB);
	sandbox_describe(&process->sandbox, &text);
	rc = channel_send(supervisor, MESSAGE_READY, 0, buf_span(&text), err);
	buf_clear(&text);
	return rc;
}

static int
run(struct process *process, struct spawn_inherited *inherited,
    struct error *err)
{
	struct timeval period = { TICK_S, 0 };

	process->base = event_base_new();
	if (process->base == NULL)
		return error_set(err, E_PROC, "no event loop");
	if (open_lines(process, inherited, err) == -1)
		return -1;
	if (process->lines[ROLE_SUPERVISOR].channel == NULL)
		return error_set(err, E_PROC, "no supervisor");
	process->tick =
	    event_new(process->base, -1, EV_PERSIST, on_tick, process);
	if (process->tick == NULL || event_add(process->tick, &period) == -1)
		return error_set(err, E_PROC, "no timer");
	on_tick(-1, 0, process);
	if (say_ready(process, err) == -1)
		return -1;
	if (event_base_dispatch(process->base) == -1)
		return error_set(err, E_PROC, "the event loop");
	if (process->has_failed) {
		*err = process->why;
		return -1;
	}
	return 0;
}

int
keeper_process(struct spawn_inherited *inherited,
    const struct keeper_options *options, struct error *err)
{
	struct process process = { .files = { .fd = -1, .lock = { -1 } },
		.clock = { .fd = -1 } };
	int rc = -1;

	process.arena = arena_new();
	if (open_keeper(&process, options, err) == 0)
		rc = run(&process, inherited, err);
	for (size_t i = 0; i < COUNT_OF(process.lines); i++)
		channel_free(process.lines[i].channel);
	if (process.tick != NULL)
		event_free(process.tick);
	if (process.base != NULL)
		event_base_free(process.base);
	keeper_free(process.keeper);
	keeper_files_close(&process.files);
	clock_close(&process.clock);
	arena_free(process.arena);
	return rc;
}
