#pragma once

/*
 * terms: the rules of a docket that its figures depend on (domain 4).
 *
 * Until the parties agree others, every docket has the default terms.
 */

#include "base/instant.h"
#include "domain/vocabulary.h"

/* The counting rule that this program knows; docs/COUNTING.md is its text. */
#define TERMS_RULE 1

#define TERMS_URGENCIES 3

struct terms {
	unsigned rule;
	/* By urgency, in the order of the vocabulary. */
	struct period acknowledge[TERMS_URGENCIES];
	struct period outcome[TERMS_URGENCIES];
	struct period preservation; /* how long data are kept, from taken */
	struct period reminder;     /* how long before that ends to say so */
	struct period grace;        /* added to a depositary's line */
};

struct terms terms_default(void);

/* The periods for ${urgency}, a word of VOCABULARY_URGENCY. */
struct period terms_acknowledge(const struct terms *terms, enum word urgency);
struct period terms_outcome(const struct terms *terms, enum word urgency);
