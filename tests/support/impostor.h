#pragma once

/*
 * impostor: the real keeper and the real desk, each a process of its own as
 * the supervisor starts it, and the test in the registrar's place.
 *
 * The home is an exercise's, of cert.north.example, and its clock stands at
 * IDENTITIES_NOW_S.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/span.h"
#include "node/call_wire.h"
#include "node/home.h"
#include "node/keeper_ask.h"
#include "proc/message.h"

struct card;

struct impostor {
	struct arena *arena;
	struct node_home home;
	pid_t keeper, desk;
	struct message_pipe to_keeper, to_desk;       /* the registrar's ends */
	struct message_pipe keeper_words, desk_words; /* the supervisor's */
	struct keeper_ask ask;
	struct signer signer; /* of ask */
	uint32_t call_id;     /* of the last call */
};

/* Failures end the program. */
void impostor_open(struct impostor *imp);

/* Both are told to stop: true if they were still there and end in peace. */
bool impostor_close(struct impostor *imp);

/* An operator's connection to the desk.  Owns: the caller, until close(2). */
int impostor_connect(const struct impostor *imp);
void impostor_say(int fd, struct span bytes);

/* A request with its Host and Content-Length. */
void impostor_ask(int fd, const char *method, const char *target,
    struct span body);

/*
 * Read one answer, or, if the connection ends before that, what there was.
 *
 * Owns: the text is in the arena.
 */
char *impostor_hear(const struct impostor *imp, int fd);

/* The desk's next call; false if there is none within some seconds. */
bool impostor_called(struct impostor *imp, struct call *call);

/* Answer the last call so; or with ${code} and what it says. */
void impostor_reply(struct impostor *imp, const char *json);
void impostor_reply_content(struct impostor *imp, struct span content);
void impostor_refuse(struct impostor *imp, enum error_code code,
    const char *detail);

/* A frame as it is: to the keeper, or to the desk. */
void impostor_send(struct message_pipe *pipe, unsigned type, uint32_t id,
    size_t size, struct span payload);

/* "HTTP/1.1 STATUS", problem+json, and the error's name in ${said}. */
bool impostor_is_problem(const char *said, int status, const char *name);
