#pragma once

/*
 * desk: the process that operators talk to: the local API, HTTP/1.1 with
 * JSON on the Unix socket of the home.
 *
 * Whoever may open that socket is the operator: its mode is 0600, and the
 * caller's user has to be the owner's or root.  The desk holds no key and no
 * file.  It passes questions on to the registrar, and gives the operator's
 * authorisation to the keeper only for what it has checked itself
 * (desk/check.h).
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/span.h"

struct error;
struct keeper_ask;

/* Bytes of a request; seconds of silence in it; requests at a time. */
#define DESK_BODY_MAX ((size_t)16 << 20)
#define DESK_TIMEOUT_S 120
#define DESK_VISITS_MAX 256

/* How often a letter is made anew when the other log moved on meanwhile. */
#define DESK_TRIES_MAX 8

/* Until the keeper must have answered, in ms. */
#define DESK_KEEPER_MS 20000

/* What the process is given; all borrowed but the descriptors. */
struct desk_parts {
	int supervisor, registrar; /* channels */
	int socket;                /* listens */
	struct keeper_ask *keeper;
	struct span card;  /* our own: the file */
	uid_t owner;       /* of the home */
	struct span ready; /* what READY says */
};

/*
 * Be the desk until the supervisor says STOP.
 *
 * Blocks: until then.
 * Fails: E_CARD; E_PROC_GONE and E_PROC_MESSAGE if another process is gone or
 * talks nonsense.
 */
NODISCARD int desk_process(const struct desk_parts *parts, struct error *err);

struct role_options;
struct spawn_inherited;

/* The same as a process of the node: opens, enters the sandbox, works. */
NODISCARD int role_desk(struct spawn_inherited *inherited,
    const struct role_options *options, struct error *err);
