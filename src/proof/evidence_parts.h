#pragma once

/*
 * evidence_parts: what the files that read the evidence ask of one another.
 * Private to evidence*.c.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "proof/evidence.h"

/* The bytes of a file that the manifest lists; and what is wrong with one. */
struct span evidence_bytes(const struct evidence *evidence,
    const struct proof_file_row *row);
NODISCARD int evidence_bad(const struct evidence *evidence,
    const struct proof_file_row *row, const char *why, struct error *err);

/* evidence_judge.c: states of all records, in order, and the seals. */
NODISCARD int evidence_judge(struct evidence *evidence, struct error *err);
void evidence_push_seal(struct evidence *evidence, unsigned side, uint64_t from,
    struct certificate *certificate);

/* evidence_keys.c: the keys of the cards; then those of a credential, which
 * fails if it is not valid. */
void evidence_keys_begin(struct evidence *evidence);
NODISCARD int evidence_see_credential(struct evidence *evidence,
    const struct evidence_record *entry, const struct record *record,
    struct error *err);
bool evidence_has_settled(const struct evidence *evidence);

/* The mirror keys of the party ${side} that count for who has seen ${view}
 * entries of its log. */
size_t evidence_mirrors_at(const struct evidence *evidence, unsigned side,
    uint64_t view, struct note_key **out);
const struct evidence_term *evidence_term_of(const struct evidence *evidence,
    unsigned side, const struct note_key *key);

/* evidence_epochs.c: the epoch of that log, if it is one of the writer's. */
bool evidence_epoch_of(const struct evidence *evidence, unsigned side,
    struct span origin, unsigned *epoch);

/* Does a later epoch leave out what stands there? */
bool evidence_is_void(const struct evidence *evidence, unsigned side,
    uint64_t position);

/* Fails: E_RECORD_OPENING. */
NODISCARD int evidence_see_opening(struct evidence *evidence,
    const struct evidence_record *entry, const struct record *record,
    struct error *err);

/* evidence_crl.c: the lists; what they say of a record's seal; and that each
 * says something of one. */
NODISCARD int evidence_open_crls(struct evidence *evidence, struct error *err);
NODISCARD int evidence_judge_crls(struct evidence *evidence,
    struct evidence_record *entry, struct instant at, struct error *err);
NODISCARD int evidence_check_crls(const struct evidence *evidence,
    struct error *err);

/* evidence_fork.c: what stands beside the heads of a fork. */
NODISCARD int evidence_open_forks(struct evidence *evidence, struct error *err);
