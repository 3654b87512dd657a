#pragma once

/*
 * channel: framed messages (proc/message.h) within a libevent loop.
 *
 * The process ignores SIGPIPE; spawn_inherit() sees to it in the children.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "proc/message.h"
#include "proc/role.h"

struct channel;
struct error;
struct event_base;

/* What may wait to be read by the other side, in bytes. */
#define CHANNEL_PENDING_MAX (64 * MESSAGE_MIB)

/*
 * What the owner wants to hear.  Any of these may call channel_send() and
 * channel_free() on the same channel.
 */
struct channel_handler {
	/* A checked message; its payload lasts until this returns. */
	void (*message)(void *ctx, struct channel *channel,
	    const struct message *message);

	/*
	 * The last call: the other side is gone (E_PROC_GONE) or sent what it
	 * may not (E_PROC_MESSAGE).  The owner still has to free the channel.
	 */
	void (*closed)(void *ctx, struct channel *channel,
	    const struct error *why);

	/* All that was sent has left.  May be NULL. */
	void (*drained)(void *ctx, struct channel *channel);
};

/*
 * For a process that is only told by its supervisor to stop: it leaves the
 * loop ${ctx}, a struct event_base, at STOP and when the supervisor is gone.
 */
extern const struct channel_handler channel_until_stop;

/*
 * Owns: the caller, until channel_free(); the channel owns ${fd} from success
 * on and makes it non-blocking.  ${handler} lives longer than the channel.
 * Fails: E_PROC.
 */
NODISCARD int channel_new(struct channel **out, struct event_base *base, int fd,
    enum role self, enum role peer, const struct channel_handler *handler,
    void *ctx, struct error *err);

/* Closes the descriptor and drops what was not yet written. */
void channel_free(struct channel *channel);

/*
 * Queue a message.  ${payload} is copied.
 *
 * Fails: E_PROC_MESSAGE if it is not allowed; E_BUSY if CHANNEL_PENDING_MAX
 * would be passed; E_PROC_GONE if the other side is gone.
 */
NODISCARD int channel_send(struct channel *channel, enum message_type type,
    uint32_t id, struct span payload, struct error *err);

/* Bytes queued and not yet written. */
size_t channel_pending(const struct channel *channel);
