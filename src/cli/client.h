#pragma once

/*
 * client: ask the node on its local socket, HTTP/1.1 over HOME/node.socket.
 *
 * No proxy, no redirection, no other host: only that socket, whose folder is
 * ours alone.  Answers are bounded.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/span.h"

struct buf;
struct client;
struct error;
struct json;
struct node_home;

/* Bytes of an answer; of a piece of a document, either way. */
#define CLIENT_REPLY_MAX ((size_t)18 << 20)
#define CLIENT_PIECE_MAX ((size_t)8 << 20)

/* Seconds that an answer may take: a backup or rebuild is slow. */
#define CLIENT_TIMEOUT_S 3600L

/* Owns: the caller, until client_close(); NULL is harmless there. */
NODISCARD int client_open(struct client **out, const struct node_home *home,
    struct error *err);
void client_close(struct client *client);

/*
 * POST /v1/${name}.
 *
 * Owns: ${reply} is the caller's, until json_free(); ${body} stays so.
 * Blocks: until answered.
 * Fails: E_NODE_DOWN; what the node answers; E_PROC_MESSAGE for an answer
 * that makes no sense.
 */
NODISCARD int client_call(struct client *client, const char *name,
    const struct json *body, struct json **reply, struct error *err);

/* A piece of a document of ours for ${peer}. */
struct client_piece {
	struct span peer;
	struct hash name;
	uint64_t offset;
	struct span bytes; /* at most CLIENT_PIECE_MAX */
	bool is_last;
};

/* Blocks, Fails: as client_call(); E_DOCUMENT_*. */
NODISCARD int client_put(struct client *client,
    const struct client_piece *piece, struct error *err);

/*
 * What is held of a document from ${offset} on, at most CLIENT_PIECE_MAX,
 * into ${out}, which is emptied first.
 *
 * Blocks, Fails: as client_call(); E_DOCUMENT_*.
 */
NODISCARD int client_get(struct client *client, struct span peer,
    const struct hash *name, uint64_t offset, struct buf *out,
    struct error *err);
