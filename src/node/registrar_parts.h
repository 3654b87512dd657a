#pragma once

/*
 * registrar_parts: what the files of the registrar share.  Not for others.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "docket/deliver.h"
#include "docket/serve.h"
#include "keeper/signer.h"
#include "node/call_wire.h"
#include "node/registrar.h"
#include "proc/message.h"

struct arena;
struct call_row;
struct channel;
struct docket;
struct event;

/* A job that the courier has. */
struct given_job {
	struct given_job *next;
	uint32_t id;
	struct job job;
	struct arena *arena; /* its own */
};

/* One message of a batch, and what became of it. */
struct asked {
	enum message_type type;
	uint32_t id;
	struct span payload;

	bool is_writer; /* may change the database */
	bool is_letter; /* the keeper will be asked to seal call.bytes */
	bool has_failed;
	struct error err; /* if has_failed */

	struct serve_request request; /* PEER_REQUEST */
	struct serve_reply reply;
	struct span peer;         /* JOB_NEXT, JOB_DONE */
	struct job_answer answer; /* JOB_DONE */
	struct given_job *given;
	struct call call; /* CALL */
	const struct call_row *row;
	struct call_reply call_reply;

	struct span wake; /* the peer for whom there may be something */
	bool has_peer;    /* a peer was added */
};

/* A record that was sealed in this turn, or that the keeper was asked for; an
 * authorisation is good for once, so a batch that is done again takes what it
 * had. */
struct sealed_once {
	struct sealed_once *next; /* in the order of asking */
	struct span content, der;
	struct hash certificate; /* it is sealed for; none: a card */
	bool is_taken;           /* by the attempt that goes on */
	bool is_awaited; /* the keeper's answer, to the question ${id} */
	uint32_t id;
	bool has_failed;
	struct error why; /* if has_failed */
};

struct registrar {
	struct registrar_parts parts;
	struct signer signer; /* parts.signer, with what was sealed before */
	struct sealed_once *sealed, **sealed_end;
	struct event_base *base;
	struct docket *docket;
	struct channel *channels[ROLE_COUNT];
	struct event *turn, *idle, *settle, *anew;

	/* The batch being collected or done. */
	struct arena *arena;
	struct asked *batch;
	size_t batch_n, batch_bytes;
	bool has_arrived;   /* a message, since it was last looked at */
	int64_t begun_ms;   /* when the first of the batch came; monotonic */
	int64_t sync_ms;    /* how long the last turn waited for the disk */
	struct instant now; /* of this turn */

	struct given_job *jobs;
	size_t jobs_n;
	struct instant rest_until; /* after a failure of our own */
	struct instant swept, settled;
	unsigned unprojected; /* turns since docket_cases_settle() */
	bool is_dirty;        /* the write-ahead log has something */
	bool is_owing;        /* something was lodged that is not signed yet */
	struct span late[REGISTRAR_BATCH_MAX]; /* peers to be woken then */
	size_t late_n;
	int64_t hurried_ms;  /* a pause was last cut short; monotonic */
	bool is_restored;    /* peers are to be asked first */
	bool is_alarmed;     /* a failure was told */
	struct span sandbox; /* what all processes' sandboxes are */
	struct arena *kept;  /* as long as the process */

	bool is_stopped, is_failed;
	struct error why; /* if is_failed */
};

/* registrar_signer.c */
void registrar_signer_init(struct registrar *r);

/* Have the keeper begin with the letters of the batch, bounded in number and
 * bytes, while the registrar does the first. */
void registrar_seal_ahead(struct registrar *r);

/* The turn is over. */
void registrar_forget_sealed(struct registrar *r);
/* Have our card sealed; once a turn.  Fails: as keeper_seal_card(). */
NODISCARD int registrar_seal_card(struct registrar *r, struct span content,
    struct span *out, struct arena *arena, struct error *err);

/* registrar.c: when this turn's answers are out, all processes start again. */
void registrar_start_anew(struct registrar *r);

/* registrar_turn.c: do the batch that was collected. */
void registrar_turn(struct registrar *r);

/* What the last turn left owing, and the peers it is for. */
void registrar_settle_rest(struct registrar *r);

/*
 * Where syncs are slow, a turn waits for those who are about to ask: while
 * messages come, up to half of what the last turn waited for the disk.
 * Meanwhile those who only read are answered.
 */
bool registrar_gathers(struct registrar *r);
void registrar_answer_readers(struct registrar *r);

/* After commits: sign, unless a restore forbids it yet. */
NODISCARD int registrar_settle(struct registrar *r, struct error *err);

/* What its docket stands on. */
struct docket_parts registrar_docket_parts(const struct registrar *r);

/* Move what was written; drop what nobody named. */
void registrar_tidy(struct registrar *r);

/* End the process with ${why}. */
void registrar_fail(struct registrar *r, const struct error *why);

/* registrar_peers.c */
NODISCARD int registrar_read(struct registrar *r, struct asked *asked,
    struct error *err);
NODISCARD int registrar_do(struct registrar *r, struct asked *asked,
    struct error *err);
void registrar_answer(struct registrar *r, struct asked *asked);
void registrar_send_pins(struct registrar *r);
void registrar_wake(struct registrar *r, struct span peer);

/* The courier learns of its peers by being woken for each. */
void registrar_wake_all(struct registrar *r);

/* registrar_jobs.c: what the courier is doing */
void registrar_give_job(struct registrar *r, struct asked *asked);
struct given_job *registrar_take_job(struct registrar *r, uint32_t id);
void registrar_free_job(struct given_job *given);
void registrar_drop_jobs(struct registrar *r);

/* A message to one of the others; one that cannot take it is logged. */
void registrar_send(struct registrar *r, enum role to, enum message_type type,
    uint32_t id, struct span payload);
