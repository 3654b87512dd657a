#include <assert.h>

#include "base/error.h"
#include "domain/kind.h"

static const struct kind_row kinds[] = {
#define KIND(name, text, opens, sender, re, lodged, effects, rid, iodef, erds) \
	{ text, OPENS_##opens, SENDER_##sender, re, LODGED_##lodged, effects,  \
		rid, iodef, erds },
#include "domain/kinds.def"
#undef KIND
};

static const struct member_row members[] = {
#define MEMBER(kind, name, text, type, vocabulary, occurs)           \
	{ text, KIND_##kind, MEMBER_##type, VOCABULARY_##vocabulary, \
		OCCURS_##occurs },
#include "domain/members.def"
#undef MEMBER
};

_Static_assert(COUNT_OF(kinds) == KIND_COUNT, "a row for every kind");
_Static_assert(COUNT_OF(members) == MEMBER_COUNT, "and member");

const struct kind_row *
kind_row(enum kind kind)
{
	assert((unsigned)kind < KIND_COUNT);
	return &kinds[kind];
}

const struct member_row *
member_row(enum member member)
{
	assert((unsigned)member < MEMBER_COUNT);
	return &members[member];
}

int
kind_find(enum kind *out, struct span name, struct error *err)
{
	for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
		if (span_is_text(name, kinds[kind].name)) {
			*out = kind;
			return 0;
		}
	}
	return error_set(err, E_RECORD_KIND, "not a kind of this version");
}

enum member
kind_first_member(enum kind kind)
{
	enum member member = 0;

	while (member < MEMBER_COUNT && members[member].kind != kind)
		member++;
	return member;
}

unsigned
kind_members(enum kind kind)
{
	enum member first = kind_first_member(kind), end = first;

	while (end < MEMBER_COUNT && members[end].kind == kind)
		end++;
	return end - first;
}

bool
kind_has_effect(enum kind kind, enum kind_effect effect)
{
	return (kind_row(kind)->effects & effect) != 0;
}
