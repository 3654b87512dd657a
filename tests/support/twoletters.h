#pragma once

/*
 * twoletters: what the nodes of twotalk.h say to each other, true or not,
 * and whether they agree in the end.
 *
 * Owns: all that is made is in the arena of the two.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "domain/count.h"
#include "domain/record.h"
#include "tests/support/twotalk.h"

struct ed25519_key;
struct seal_key;

/*
 * What an operator lodges: a record of ${kind} with members that make sense,
 * in the case ${about} unless that is NULL.  Returns its leaf hash.
 */
struct hash two_lodge(struct two_node *node, const struct two_node *peer,
    enum kind kind, const struct hash *about);
struct hash two_lodge_record(struct two_node *node, const struct two_node *peer,
    struct record *record);

/* Begin the next log of ${node} to ${peer}; it may fail, then nothing has
 * happened. */
int two_reopen(struct two_node *node, const struct two_node *peer,
    struct error *err);

/* The same when the peer was asked for later logs, which it is if need be;
 * it may not fail. */
void two_reopen_asked(struct two_node *node, const struct two_node *peer);

/* ${n} of them in one turn. */
void two_lodge_many(struct two_node *node, const struct two_node *peer,
    enum kind kind, unsigned n);

/* One that may fail; then nothing has happened. */
int two_try(struct two_node *node, const struct two_node *peer,
    struct record *record, struct hash *leaf, struct error *err);

/* A record with the members that its kind needs. */
struct record two_record(struct two *two, enum kind kind,
    const struct hash *about);
struct fact *two_fact(struct record *record, enum member member);
void two_word(struct two *two, struct record *record, enum member member,
    enum word word);

/* Put ${size} bytes as a document of ${node} and name it in ${record}. */
struct span two_document(struct two_node *node, const struct two_node *peer,
    struct record *record, enum word role, size_t size);

/* Its keys. */
struct seal_key *two_seal_key(struct two_node *node);
struct ed25519_key *two_log_key(struct two_node *node);

/* The content of ${record} as ${node} would write it now, and any content
 * under the node's seal. */
struct span two_content(struct two_node *node, const struct two_node *peer,
    struct record *record);
struct span two_written(struct two *two, const struct record *record);
struct span two_seal(struct two_node *node, struct span content);

/* Put ${der} in the log of ${node} as it is, sign and be ready to send. */
struct hash two_put(struct two_node *node, const struct two_node *peer,
    struct span der);

/* A head signed by the log key of ${node}, whatever the keeper thinks. */
struct span two_head(struct two_node *node, struct span origin, uint64_t size,
    const struct hash *root);

/* The mirror line of ${node} at ${at} on the text of ${note}, by its first
 * mirror key or by ${number}. */
struct span two_line(struct two_node *node, struct span note,
    struct instant at);
struct span two_line_by(struct two_node *node, unsigned number,
    struct span note, struct instant at);

/* A receipt by ${mirror} of all of ${writer}'s log that it has cosigned, with a
 * line of its own at ${at}, whatever its keeper thinks. */
void two_stamp(struct two_node *mirror, struct two_node *writer,
    struct instant at);

/* A new key of ${node} for ${use}, and the credential that names it. */
struct record two_credential(struct two_node *node, enum keeper_use use,
    enum word change);

/* The root of a log at ${size}. */
struct hash two_root(struct two_node *node, const struct log_row *log,
    uint64_t size);

/* The body of an add-checkpoint from ${old} to what ${note} says. */
struct span two_checkpoint(struct two_node *writer, const struct log_row *log,
    uint64_t old, uint64_t size, struct span note);

/*
 * The statement over [from, to) of the nodes NORTH and SOUTH at ${as_of} from
 * the same heads: checks that the JSON is the same on both.
 */
bool two_statement(struct two *two, struct instant from, struct instant to,
    struct instant as_of, struct statement *out);

/* Both hold both logs to the byte and judge them alike, and a rebuild finds
 * no difference. */
bool two_agree(struct two *two, struct two_node *a, struct two_node *b);
