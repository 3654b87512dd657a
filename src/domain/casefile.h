#pragma once

/*
 * casefile: what one case has come to at an instant (domain 4 and 5,
 * docs/COUNTING.md).
 *
 * A fold over the records of the case.  It depends on the set of records and
 * their counted times, never on the order in which they are given; a record
 * that its state leaves no use for has no effect, and voids nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/instant.h"
#include "domain/kind.h"
#include "domain/vocabulary.h"

struct record;
struct terms;

/* "Times differ": at and taken further apart than this, in seconds. */
#define CASEFILE_TIMES_DIFFER_S 600

enum case_class {
#define CLASS(name, text, shown) CASE_##name,
#include "domain/classes.def"
#undef CLASS
	CASE_CLASS_COUNT
};

/* "not-taken", and "not delivered", the same in officers' words. */
const char *case_class_name(enum case_class class);
const char *case_class_shown(enum case_class class);

/*
 * A record and when it counts.  The requester's records count from taken, the
 * responder's from shown; lines.h finds both.
 */
struct case_record {
	const struct record *record;
	struct hash leaf;
	unsigned side, epoch; /* the log it stands in */
	uint64_t index;
	bool has_taken, has_shown;
	struct instant taken, shown;
};

/* Something that may have happened, and when. */
struct moment {
	bool has;
	struct instant at;
};

struct casefile {
	/* From the opening record. */
	struct hash leaf;
	enum kind kind;
	unsigned requester; /* the side that opened it */
	bool is_exercise, is_test;
	bool has_topic, has_class; /* has_class: a request */
	enum word topic;
	enum word urgency, purpose; /* of a request */
	struct instant at;          /* what the record itself says */

	/* At as_of. */
	struct instant as_of;
	enum case_class class; /* CASE_CLASS_COUNT without has_class */
	struct moment taken;
	struct moment acknowledge_due; /* of a request that was taken */
	struct moment outcome_due;     /* the same, unless the clock stands */
	struct moment preserve_until;  /* of a preservation */

	struct moment reaction;     /* first */
	struct moment acknowledged; /* first acknowledgement */
	struct moment outcome;      /* first final result */
	struct moment withdrawn;    /* first withdrawal that counts */
	struct moment final, denied, returned; /* those in force */
	enum word final_outcome;               /* if final.has */
	struct moment appraised;               /* the last, after final */
	enum word appraisal;                   /* if appraised.has */
	bool owes_answer[2];                   /* by side */

	/* Columns (domain 5). */
	bool is_reaction_late, are_times_different;
	bool has_evidence, is_evidence_asked, is_evidence_given;
	bool is_emergency, is_emergency_called_routine;
	unsigned returns, extensions;
};

/*
 * Fold ${records}, all the valid records of one case, in any order: the one
 * that opens it and those that name it in "case".  Those not counted by
 * ${as_of} might as well not be there.  A record of a kind that is not for
 * its side to send has no effect.
 */
void casefile_fold(struct casefile *out, const struct case_record *records,
    size_t n, const struct terms *terms, struct instant as_of);

/* The class, from the other members of ${casefile}, which has_class. */
enum case_class casefile_class(const struct casefile *casefile);

/*
 * Make of ${casefile} what it is at ${as_of}: right if it was folded with
 * the same records, and none of them counts from a time after either instant.
 */
void casefile_move(struct casefile *casefile, struct instant as_of);

/* Is something still to come in it?  The same at every such instant. */
bool casefile_is_open(const struct casefile *casefile);

enum due_what {
	DUE_ACKNOWLEDGEMENT,
	DUE_OUTCOME,
	DUE_PRESERVATION, /* keep the data until then */
	DUE_SUPPLEMENT,   /* it was returned */
	DUE_APPRAISAL,    /* satisfied is so far only claimed */
	DUE_ANSWER,       /* to a query */
};

struct due {
	enum due_what what;
	unsigned side; /* who owes it */
	struct moment by;
	bool is_late; /* by is before as_of */
};

#define CASEFILE_DUE_MAX 8

const char *due_what_name(enum due_what what);

/* What each party owes, the earliest date first.  Returns how many. */
size_t casefile_due(const struct casefile *casefile,
    struct due out[CASEFILE_DUE_MAX]);

/*
 * May ${side} usefully lodge a record of ${kind} in this case now?  For
 * buttons and for advice before signing; a record lodged all the same is as
 * valid as any.
 */
bool casefile_allows(const struct casefile *casefile, unsigned side,
    enum kind kind);

/* The same as a set: bit 1 << kind. */
uint64_t casefile_allowed(const struct casefile *casefile, unsigned side);
