#pragma once

/*
 * registrar: the process with the database, the single writer.
 *
 * It takes what gate, courier and desk send, a batch at a time: one
 * transaction for all of it, then the signatures, then the answers.  So
 * nothing is shown before it is durable, and many requests share one sync.
 * Whoever asks is not believed: every record is verified here again.
 *
 * Where a write fails (a full disk, say) the batch is rolled back and
 * answered as busy; the node goes on.
 */

#include <stdint.h>

#include "base/attr.h"
#include "base/random.h"
#include "base/span.h"

struct blob_dir;
struct clock;
struct error;
struct event_base;
struct keeper_ask;
struct message_pipe;
struct node_home;
struct registrar;
struct signer;
struct store;

/* One turn takes at most so many messages, and bytes of payload. */
#define REGISTRAR_BATCH_MAX 256
#define REGISTRAR_SETTLES_MAX 5 /* as those of docket_settle() */
#define REGISTRAR_BATCH_BYTES_MAX ((size_t)48 << 20)

/* Milliseconds: syncs are slow from there on; a pause of those who ask. */
#define REGISTRAR_SLOW_MS 6
#define REGISTRAR_QUIET_MS 1

/* Jobs that the courier may have at a time. */
#define REGISTRAR_JOBS_MAX 64

/* Seconds: between looks at what is owed, and at what nobody named; after a
 * failure of our own; until the keeper must have answered (milliseconds). */
#define REGISTRAR_SETTLE_S 10
#define REGISTRAR_SWEEP_S 3600
#define REGISTRAR_REST_S 5
#define REGISTRAR_KEEPER_MS 20000

/* Turns that wrote, after which cases are projected even if others wait. */
#define REGISTRAR_PROJECT_TURNS 64

/* After so long without a message the write-ahead log is moved, in ms. */
#define REGISTRAR_HURRY_MS 1000 /* pauses cut short, scripted clock */
#define REGISTRAR_IDLE_MS 500

/* Before all start again with a new TLS key. */
#define REGISTRAR_ANEW_MS 1000

/* What the process is given; all borrowed but the descriptors. */
struct registrar_parts {
	int supervisor, gate, courier, desk; /* channels; -1: none */
	const struct node_home *home;
	struct store *store;
	const struct blob_dir *blobs;
	const struct signer *signer;
	struct keeper_ask *keeper; /* what signer has not; may be NULL */
	const struct random *random;
	struct clock *clock;
	struct span ready; /* what READY says */
};

/*
 * Within the loop ${base}, which has at least 3 priorities.
 *
 * Owns: the caller, until registrar_free(); descriptors from the call on.
 * Fails: as docket_open() does, E_PROC.
 */
NODISCARD int registrar_new(struct registrar **out, struct event_base *base,
    const struct registrar_parts *parts, struct error *err);
void registrar_free(struct registrar *registrar);

/* Has it to end?  0; or -1 and why. */
NODISCARD int registrar_end(const struct registrar *registrar,
    struct error *err);

/*
 * Be the registrar until the supervisor says STOP.
 *
 * Blocks: until then.
 * Fails: E_PROC_GONE, E_PROC_MESSAGE if another process is gone or talks
 * nonsense; as docket_open() does.
 */
NODISCARD int registrar_process(const struct registrar_parts *parts,
    struct error *err);
