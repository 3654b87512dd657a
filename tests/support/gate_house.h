#pragma once

/*
 * gate_house: a gate in its sandbox, and a registrar that answers by the path:
 * /never, /late, /pins (from now on only EAST is a peer), /documents/missing,
 * /large, /nonsense; any other with a line that says what was asked.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/span.h"
#include "exchange/gate.h"
#include "tests/support/identities.h"

struct arena;
struct wire;

#define MIB ((size_t)1 << 20)

struct house {
	pid_t gate, registrar;
	int supervisor; /* the gate's channel to us */
	uint16_t port;
	char base[64]; /* https://127.0.0.1:PORT */
};

/* Short times and few places. */
extern const struct gate_limits house_short;

/* NORTH's gate, with SOUTH as its peer.  Failures end the program. */
void house_open(struct house *house, const struct gate_limits *limits);

/* STOP ends it, with no complaint of a sanitiser. */
void house_close(struct house *house);

/* A file in a directory of ours.  Owns: ${arena}. */
const char *house_file(struct arena *arena, const char *name,
    struct span bytes);

/*
 * Run curl as ${name} with up to 8 more arguments; answers, headers with them,
 * and what curl itself says are in ${said}.  Returns its status.
 */
int house_curl(char **said, struct house *house, enum identity_name name,
    const char *path, const char *const more[]);
bool house_has_curl(void);

/* Its further arguments. */
#define MORE(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Whether ${what} is in ${said}; a note if it is not. */
bool house_says(const char *said, const char *what);

/* Ask for ${path} and read up to ${end}. */
void house_get(struct wire *wire, const char *path, char *said, size_t max,
    const char *end);
