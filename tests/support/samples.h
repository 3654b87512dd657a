#pragma once

/*
 * samples: a record of every kind, for fuzzers.
 */

#include "base/instant.h"
#include "base/span.h"
#include "domain/kind.h"

struct arena;
struct buf;

#define SAMPLES_NORTH "cert.north.example/docket/cert.south.example/1"
#define SAMPLES_SOUTH "cert.south.example/docket/cert.north.example/1"

/*
 * The content of a record of ${kind}, with every member it can have, at
 * ${at}, in the log SAMPLES_SOUTH with an anchor in the empty SAMPLES_NORTH.
 *
 * Owns: the bytes are in ${arena}.
 */
struct span samples_content(enum kind kind, struct instant at,
    struct arena *arena);

/* The content of an IODEF body document. */
struct span samples_body(struct arena *arena);
