#pragma once

/*
 * lodge: put records of ours in our logs.
 *
 * Two steps, so that an operator can authorise exactly what will be signed:
 * docket_prepare() makes the content, docket_lodge() seals and appends it.
 */

#include <stdbool.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "domain/record.h"

struct arena;
struct docket;
struct error;

/*
 * What the author decides: kind, case, re, by, exercise, TLP, PAP, facts and
 * documents of ${record}; version, log, at and anchor are filled in.
 * Documents were put by docket_document_put() before.
 */
struct draft {
	struct span peer;
	struct record record;
};

/*
 * Make the content of the record, as it would be signed now.
 *
 * Owns: ${content} is in ${arena}.
 * Fails: E_PEER_UNKNOWN, E_CASE_UNKNOWN, E_NOT_YOURS, E_DRAFT, E_RECORD_*,
 * E_DOCUMENT_UNKNOWN.
 */
NODISCARD int docket_prepare(struct docket *docket, const struct draft *draft,
    struct instant now, struct span *content, struct arena *arena,
    struct error *err);

/*
 * Seal ${content} and append it to our log that it names.  Lodges first a
 * receipt of our own if the peer's line has been unquoted for too long.
 * Within.  ${leaf} names the record.
 *
 * Fails: E_ANCHOR_STALE: prepare again; E_KEEPER_*, E_RECORD_*.
 */
NODISCARD int docket_lodge(struct docket *docket, struct span content,
    struct instant now, struct hash *leaf, struct error *err);

/* The same, telling what was lodged.  Owns: the record is in ${arena}. */
struct lodged {
	struct hash leaf;
	const struct record *record;
};
NODISCARD int docket_lodge_content(struct docket *docket, struct span content,
    struct instant now, struct lodged *out, struct arena *arena,
    struct error *err);

/*
 * SHA-256 of the certificate with whose key the next record to ${peer} is
 * sealed, for who has the keeper begin before docket_lodge() asks.
 */
NODISCARD int docket_certificate(struct docket *docket, struct span peer,
    struct hash *out, struct arena *arena, struct error *err);

/*
 * The content of the opening record of a new docket with the party of
 * ${card_file}, whose fingerprint the operator has compared.
 *
 * Fails: E_CARD, E_PEER_KNOWN; E_DRAFT for a card of our own or one whose
 * exercise mark differs from ours.
 */
NODISCARD int docket_prepare_opening(struct docket *docket,
    struct span card_file, struct instant now, struct span *content,
    struct arena *arena, struct error *err);

/* Add the peer and lodge that record.  Within. */
NODISCARD int docket_lodge_opening(struct docket *docket, struct span card_file,
    struct span content, struct instant now, struct error *err);
