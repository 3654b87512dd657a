#pragma once

/*
 * check: is what the registrar would have signed what the operator wrote?
 *
 * The registrar is not believed: it makes the content of a letter, since it
 * knows the log, its newest anchor and the time; the desk makes the same
 * content again from the operator's own words and these, and only if all
 * bytes are equal does it give the operator's authorisation to the keeper.
 * A short name of a case is checked as far as the operator gave it.
 */

#include "base/attr.h"
#include "base/span.h"

struct arena;
struct card;
struct error;
struct json_reader;

/*
 * A letter that ${draft} (formats/draft.h) makes, to ${peer} if that is not
 * empty, in a log of ours.
 *
 * Fails: E_DESK_CHECK; E_DRAFT if the draft cannot be read.
 */
NODISCARD int desk_check_letter(const struct card *self,
    const struct json_reader *draft, struct span peer, struct span content,
    struct arena *arena, struct error *err);

/* The opening of the docket with the party of the card ${peer}. */
NODISCARD int desk_check_opening(const struct card *self,
    const struct card *peer, struct span content, struct arena *arena,
    struct error *err);

/*
 * The opening of our next log to ${peer}.  Where the one before is closed the
 * peer checks, who signed for it.
 */
NODISCARD int desk_check_reopening(const struct card *self, struct span peer,
    struct span content, struct arena *arena, struct error *err);

/*
 * The change of key that ${in} asks for ("use", "change", "since"), towards
 * ${peer}.  Which key it is the keeper checks, who made it; that of TLS the
 * operator names ("pin").
 */
NODISCARD int desk_check_credential(const struct card *self,
    const struct json_reader *in, struct span peer, struct span content,
    struct arena *arena, struct error *err);

/* Our card ${self} with that key in place of the old, and a new date. */
NODISCARD int desk_check_card(const struct card *self,
    const struct json_reader *in, struct span content, struct arena *arena,
    struct error *err);
