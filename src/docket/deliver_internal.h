#pragma once

/*
 * deliver_internal: what deliver.c and answer.c share.
 */

#include "base/instant.h"
#include "docket/deliver.h"
#include "docket/internal.h"

struct arena;
struct delivery_row;

struct delivery {
	struct docket *docket;
	struct docket_peer *peer;
	struct log_row *own;
	struct job *job;                 /* being made */
	const struct job_answer *answer; /* or being taken */
	struct instant now;
	struct arena *arena;
};

/* An answer that is not one to the job.  Returns -1. */
int unexpected(const struct delivery *d, struct error *err);

/* After a gap the peer is asked anew where it stands. */
void forget_guesses(struct docket_peer *peer, const struct log_row *own);

/* The digest in "/documents/<sha256>", which the job asked for. */
NODISCARD int job_document(const struct delivery *d, struct hash *name,
    struct error *err);

/* The peer holds it, or says that it does not. */
NODISCARD int document_taken(struct docket *docket, struct span peer,
    const struct hash *name, struct arena *arena, struct error *err);
NODISCARD int documents_missed(struct docket *docket, struct span peer,
    struct span list, struct arena *arena, struct error *err);

/* The size of the head that an add-checkpoint of ours showed. */
NODISCARD int job_head_size(const struct job *job, uint64_t *size,
    struct error *err);
