#pragma once

/*
 * cards: the cards of the parties that tests play.
 */

#include "tests/support/identities.h"

struct buf;

/* The content of the card of ${name}, for exercises, at IDENTITIES_NOW_S. */
void cards_content(struct buf *out, enum identity_name name);

/* ${content} sealed by ${name} at that time, as a file. */
void cards_file(struct buf *out, enum identity_name name, struct span content);
