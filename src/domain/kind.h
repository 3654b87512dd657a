#pragma once

/*
 * kind: the kinds of record and their coded members, from kinds.def and
 * members.def.  Tables only: what a kind may do, not what happens.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"
#include "domain/vocabulary.h"

struct error;

enum kind {
#define KIND(name, text, opens, sender, re, lodged, effects, rid, iodef, erds) \
	KIND_##name,
#include "domain/kinds.def"
#undef KIND
	KIND_COUNT
};

enum kind_opens { OPENS_NO_CASE, OPENS_ALWAYS, OPENS_NEVER, OPENS_EITHER_WAY };
enum kind_sender { SENDER_EITHER, SENDER_REQUESTER, SENDER_RESPONDER };
enum kind_re { RE_NONE, RE_OPTIONAL, RE_REQUIRED };
enum kind_lodged { LODGED_OPERATOR, LODGED_NODE };

/* What a record of the kind does to its case; a set. */
enum kind_effect {
	EFFECT_NONE = 0,
	EFFECT_CLOCK = 1 << 0,    /* starts the clocks when it is taken */
	EFFECT_REACTION = 1 << 1, /* the case is no longer without reaction */
	EFFECT_ACKNOWLEDGEMENT = 1 << 2,
	EFFECT_RETURN = 1 << 3, /* stops the outcome clock, once */
	EFFECT_SUPPLEMENT = 1 << 4,
	EFFECT_DECISION = 1 << 5,
	EFFECT_RESULT = 1 << 6,
	EFFECT_APPRAISAL = 1 << 7,
	EFFECT_WITHDRAWAL = 1 << 8,
};

struct kind_row {
	const char *name;
	enum kind_opens opens;
	enum kind_sender sender;
	enum kind_re re;
	enum kind_lodged lodged;
	unsigned effects;
	const char *rid, *iodef, *erds;
};

enum member_type {
	MEMBER_WORD,
	MEMBER_WORDS,
	MEMBER_INSTANT,
	MEMBER_HASH,
	MEMBER_HASHES,
	MEMBER_TEXT,
	MEMBER_FLAG,
};

enum member_occurs { OCCURS_ONE, OCCURS_OPTIONAL };

/* MEMBER_REQUEST_PURPOSE and so on: one enum over all kinds. */
enum member {
#define MEMBER(kind, name, text, type, vocabulary, occurs) \
	MEMBER_##kind##_##name,
#include "domain/members.def"
#undef MEMBER
	MEMBER_COUNT
};

struct member_row {
	const char *name;
	enum kind kind;
	enum member_type type;
	enum vocabulary vocabulary;
	enum member_occurs occurs;
};

/* Never NULL. */
const struct kind_row *kind_row(enum kind kind);
const struct member_row *member_row(enum member member);

/* Fails: E_RECORD_KIND. */
NODISCARD int kind_find(enum kind *out, struct span name, struct error *err);

/* The members of ${kind} are [first, first + n) of enum member. */
enum member kind_first_member(enum kind kind);
unsigned kind_members(enum kind kind);

bool kind_has_effect(enum kind kind, enum kind_effect effect);
