#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "desk/desk.h"
#include "formats/card.h"
#include "node/keeper_ask.h"
#include "node/roles.h"
#include "proc/file.h"
#include "proc/message.h"
#include "proc/sandbox.h"
#include "proc/spawn.h"

int
role_desk(struct spawn_inherited *inherited, const struct role_options *options,
    struct error *err)
{
	struct desk_parts parts = { .owner = getuid() };
	struct arena *arena = arena_new();
	struct message_pipe pipe;
	struct keeper_ask ask = { &pipe, DESK_KEEPER_MS };
	int rc = -1;

	message_pipe_init(&pipe, spawn_fd_take(inherited, SPAWN_KEEPER),
	    ROLE_DESK, ROLE_KEEPER);
	if (file_read(options->home.card, CARD_FILE_MAX, arena, &parts.card,
		err) == -1 ||
	    role_enter_sandbox(ROLE_DESK, options, NULL, 0, &parts.ready, arena,
		err) == -1)
		goto out;
	parts.supervisor = spawn_fd_take(inherited, SPAWN_SUPERVISOR);
	parts.registrar = spawn_fd_take(inherited, SPAWN_REGISTRAR);
	parts.socket = spawn_fd_take(inherited, SPAWN_SOCKET);
	parts.keeper = &ask;
	rc = desk_process(&parts, err);
out:
	message_pipe_clear(&pipe);
	arena_free(arena);
	return rc;
}
