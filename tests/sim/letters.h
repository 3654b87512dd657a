#pragma once

/*
 * letters: what operators lodge.
 */

#include "base/hash.h"
#include "base/span.h"

struct error;
struct node;

/* Authorise, lodge, commit and settle.  A transaction is open. */
int letters_seal(struct node *node, struct span content, struct hash *leaf,
    struct error *err);
