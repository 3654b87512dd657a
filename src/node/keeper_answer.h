#pragma once

/*
 * keeper_answer: what the keeper's process answers to one message.
 *
 * A table says who may ask what: the registrar for signatures, the desk
 * alone for what is an operator's to say.
 */

#include "base/instant.h"
#include "proc/message.h"

struct arena;
struct buf;
struct keeper;

/*
 * Answer ${ask} of ${from}: put the payload in ${out} and return its type,
 * MESSAGE_REFUSED with the error if it is one.
 */
enum message_type keeper_answer(struct keeper *keeper, enum role from,
    const struct message *ask, struct instant now, struct buf *out,
    struct arena *arena);
