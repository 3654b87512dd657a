#pragma once

/*
 * signer: what the docket asks of the keeper, wherever the keeper runs.
 *
 * The simulation calls a keeper in the same process, the node one behind a
 * socket.  Nothing here can be had by asking nicely: the keeper checks all of
 * it itself (protocol section 7).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct checkpoint;
struct error;
struct proof;

/* A credential in a peer's log that names the key of its next log. */
struct signer_named {
	struct span origin; /* of the log that it stands in */
	uint64_t index;
	struct span certificate; /* that sealed it, DER */
	struct span entry;
	const struct proof *proof; /* it is in the head last cosigned there */
};

struct signer {
	/*
	 * Seal ${content}, a record of ours, with the key of the certificate
	 * that has this SHA-256: which one that is follows from the log.
	 * NULL: the one in force as the keeper remembers it.  Sealed only if
	 * its kind is automatic or an operator authorised its digest.
	 *
	 * Owns: ${out} is in ${arena}.
	 * Fails: E_KEEPER_AUTHORISATION, _ORIGIN, _CLOCK, E_SEAL_*,
	 * E_RECORD_*; E_KEY for a certificate that is not ours.
	 */
	int (*seal)(void *ctx, struct span content,
	    const struct hash *certificate, struct span *out,
	    struct arena *arena, struct error *err);

	/*
	 * The size and root last signed for ${origin}: by our log key if the
	 * log is ours, by our mirror key if it is a peer's.  Size 0 with the
	 * empty root if none.
	 */
	int (*last)(void *ctx, struct span origin, uint64_t *size,
	    struct hash *root, struct error *err);

	/*
	 * Sign the head of our own log; ${proof} shows that it extends the
	 * last one (empty if that is of size 0 or the same).  ${key}: the
	 * public half of the log key to use (32 bytes; NULL: what it
	 * follows to be).  ${out}: the whole note.
	 *
	 * Fails: E_KEEPER_FORK, _ROLLBACK, _ORIGIN, _CLOCK, E_PROOF; E_KEY
	 * for a key that does not sign this log.
	 */
	int (*head)(void *ctx, const struct checkpoint *head,
	    const struct proof *proof, const uint8_t *key, struct span *out,
	    struct arena *arena, struct error *err);

	/*
	 * Cosign a peer's head with our mirror key whose public half is
	 * ${mirror} (32 bytes; NULL: the one last used for it), now: ${note}
	 * is the checkpoint with the peer's log line.  ${line}: one signature
	 * line with its LF; ${at}: the time in it.
	 *
	 * Fails: as head does; E_NOTE_*, E_CHECKPOINT_*; E_KEY for a key that
	 * was replaced.
	 */
	int (*cosign)(void *ctx, struct span note, const struct proof *proof,
	    const uint8_t *mirror, struct span *line, struct instant *at,
	    struct arena *arena, struct error *err);

	/*
	 * From now on the logs of that peer after ${named}'s are signed with
	 * the key that it names.
	 *
	 * Fails: E_KEEPER_ORIGIN, _EPOCH; E_PROOF; E_SEAL_*, E_RECORD_*.
	 */
	int (*follow)(void *ctx, const struct signer_named *named,
	    struct error *err);

	void *ctx;
};
