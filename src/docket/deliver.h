#pragma once

/*
 * deliver: what to send to a peer next, and what its answers mean.
 *
 * Delivery is log replication: after any failure ask where the mirror stands
 * and go on.  There is no queue; all that is due follows from the logs.  The
 * state here is a guess about the peer that its answers correct.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "docket/serve.h"

struct arena;
struct docket;

/* Seconds: first and longest pause after failures; how often an idle peer is
 * asked whether it is there. */
#define DELIVER_RETRY_MIN_S 1
#define DELIVER_RETRY_MAX_S 60
#define DELIVER_PING_S 30

/* Answers in a row that correct what we believed and bring nothing else. */
#define DELIVER_CORRECTIONS_MAX 16

enum job_kind {
	JOB_NONE,       /* nothing before ${job.until} */
	JOB_HEAD,       /* GET our log's checkpoint in their mirror */
	JOB_FETCH,      /* GET entries of our own log that we have lost */
	JOB_LOST,       /* GET a document that we have lost */
	JOB_DOCUMENTS,  /* POST small documents */
	JOB_OFFSET,     /* HEAD a large one */
	JOB_PATCH,      /* a piece of it */
	JOB_CHECKPOINT, /* POST add-checkpoint */
	JOB_ENTRIES,    /* POST add-entries */
	JOB_PING,       /* GET their card: are they there? */
};

/* One HTTP request to be made, in full.  In the arena given. */
struct job {
	enum job_kind kind;
	struct instant until; /* JOB_NONE */
	struct span peer;
	struct span endpoint; /* https://host:port */
	struct hash pins[2];  /* of the peer; 0: it has none that is its own */
	unsigned pins_n;
	struct hash own; /* pin of our key to show it */
	enum serve_method method;
	const char *path;
	const char *type; /* media type of the body, or NULL */
	struct span body;
	bool has_offset;
	uint64_t offset;
	bool is_complete;
};

/* What came back. */
struct job_answer {
	enum error_code failure; /* E_NONE: an HTTP answer came */
	struct span detail;      /* of the failure, for the operator */
	int status;
	struct span type; /* media type */
	struct span body;
	struct span missing; /* Demarche-Missing */
	bool has_offset;
	uint64_t offset;
	bool is_complete;
};

/* Bytes of an answer that is read at all. */
#define DELIVER_ANSWER_MAX ((size_t)9 << 20)

/*
 * The next request to ${peer}, from what the logs hold and what is believed
 * of the peer.  One at a time for each peer: docket_job_done() before the
 * next.
 */
NODISCARD int docket_job_next(struct docket *docket, struct span peer,
    struct instant now, struct job *out, struct arena *arena,
    struct error *err);

/*
 * The pause after a failure is over, whatever the clock says: for a scripted
 * clock, which may stand still.
 */
void docket_job_hurry(struct docket *docket, struct span peer);

/*
 * Take the answer to the job that was given out last.  Within.
 *
 * Fails: only when this node does; a peer's nonsense is remembered in
 * delivery (store/delivery.h) and retried later.
 */
NODISCARD int docket_job_done(struct docket *docket, const struct job *job,
    const struct job_answer *answer, struct instant now, struct arena *arena,
    struct error *err);

/* How it stands with the delivery to a peer, for status. */
struct delivery_state {
	struct span peer;
	uint64_t size, head, mirrored; /* of our log */
	uint64_t documents;            /* not taken yet */
	struct instant last_ok, next_try;
	unsigned failures;
	enum error_code last_error;
	bool is_checked;   /* our own largest head there is known */
	bool is_held_back; /* until then nothing is signed for it */
	unsigned epoch;    /* of our log to it */
	bool is_tail_lost; /* the end of our log is lost: it cannot go on */
	unsigned documents_lost; /* here, and the peer does not hold them */
	bool is_forked;          /* theirs */
	uint64_t held, theirs_mirrored; /* of their log here */
};
NODISCARD int docket_delivery(struct docket *docket, struct span peer,
    struct delivery_state *out, struct arena *arena, struct error *err);
