#include <assert.h>

#include "base/error.h"
#include "domain/record.h"

/* A blob begins with its salt (protocol section 3), in bytes. */
#define DOCUMENT_SIZE_MIN 16

/* An opening quotes one card of each party. */
#define OPENING_CARDS 2

const struct fact *
record_fact(const struct record *record, enum member member)
{
	enum member first = kind_first_member(record->kind);

	assert(member_row(member)->kind == record->kind);
	assert(member - first < RECORD_FACTS_MAX);
	return &record->facts[member - first];
}

enum word
record_word(const struct record *record, enum member member)
{
	const struct fact *fact = record_fact(record, member);

	assert(fact->is_given && fact->n > 0);
	return fact->words[0];
}

bool
record_opens_case(const struct record *record)
{
	switch (kind_row(record->kind)->opens) {
	case OPENS_ALWAYS:
		return true;
	case OPENS_EITHER_WAY:
		return !record->has_case;
	case OPENS_NO_CASE:
	case OPENS_NEVER:
		break;
	}
	return false;
}

static int
refuse(const struct record *record, const char *why, struct error *err)
{
	return error_set(err, E_RECORD_MEMBER, "%s: %s",
	    kind_row(record->kind)->name, why);
}

/* case and re, as the row of the kind says. */
static int
check_place(const struct record *record, struct error *err)
{
	const struct kind_row *row = kind_row(record->kind);

	if (record->has_case && row->opens != OPENS_NEVER &&
	    row->opens != OPENS_EITHER_WAY)
		return refuse(record, "names a case", err);
	if (!record->has_case && row->opens == OPENS_NEVER)
		return refuse(record, "names no case", err);
	if (record->has_re && row->re == RE_NONE)
		return refuse(record, "answers a record", err);
	if (!record->has_re && row->re == RE_REQUIRED)
		return refuse(record, "does not say what it answers", err);
	return 0;
}

/* What every record carries, whatever its kind. */
static int
check_head(const struct record *record, struct error *err)
{
	bool by_node = record->by == WORD_ROLE_NODE;

	if (word_vocabulary(record->by) != VOCABULARY_ROLE)
		return refuse(record, "by is not a role", err);
	if (by_node != (kind_row(record->kind)->lodged == LODGED_NODE))
		return refuse(record, "not for that role to lodge", err);
	if (record->log.len == 0 || record->log.len > RECORD_LOG_MAX)
		return refuse(record, "log", err);
	if (record->anchor.log.len > RECORD_LOG_MAX)
		return refuse(record, "anchor", err);
	if (record->anchor.log.len == 0 &&
	    (record->kind != KIND_OPENING || record->anchor.size > 0))
		return refuse(record, "no anchor", err);
	if (record->has_tlp && word_vocabulary(record->tlp) != VOCABULARY_TLP)
		return refuse(record, "tlp", err);
	if (record->has_pap && word_vocabulary(record->pap) != VOCABULARY_PAP)
		return refuse(record, "pap", err);
	return 0;
}

static bool
words_are_valid(const struct fact *fact, enum vocabulary vocabulary)
{
	for (unsigned i = 0; i < fact->n; i++) {
		if (word_vocabulary(fact->words[i]) != vocabulary)
			return false;
		for (unsigned k = 0; k < i; k++)
			if (fact->words[i] == fact->words[k])
				return false;
	}
	return true;
}

static bool
fact_is_valid(const struct fact *fact, const struct member_row *row)
{
	switch (row->type) {
	case MEMBER_WORD:
		return fact->n == 1 && words_are_valid(fact, row->vocabulary);
	case MEMBER_WORDS:
		return fact->n > 0 && fact->n <= FACT_WORDS_MAX &&
		    words_are_valid(fact, row->vocabulary);
	case MEMBER_INSTANT:
		return fact->instant.s >= INSTANT_S_MIN &&
		    fact->instant.s <= INSTANT_S_MAX;
	case MEMBER_HASH:
		return fact->n == 1;
	case MEMBER_HASHES:
		return fact->n > 0 && fact->n <= FACT_HASHES_MAX;
	case MEMBER_TEXT:
		return fact->text.len > 0 && fact->text.len <= FACT_TEXT_MAX;
	case MEMBER_FLAG:
		return true;
	}
	return false;
}

static int
check_members(const struct record *record, struct error *err)
{
	enum member first = kind_first_member(record->kind);

	for (unsigned i = 0; i < kind_members(record->kind); i++) {
		const struct member_row *row = member_row(first + i);
		const struct fact *fact = &record->facts[i];

		if (!fact->is_given && row->occurs == OCCURS_ONE)
			return error_set(err, E_RECORD_MEMBER,
			    "%s: no member \"%s\"",
			    kind_row(record->kind)->name, row->name);
		if (fact->is_given && !fact_is_valid(fact, row))
			return error_set(err, E_RECORD_MEMBER,
			    "%s: member \"%s\" has a wrong value",
			    kind_row(record->kind)->name, row->name);
	}
	return 0;
}

static bool
has(const struct record *record, enum member member)
{
	return record_fact(record, member)->is_given;
}

/* A word of one member may ask for another member. */
static const struct need {
	enum member member;
	enum word word;
	enum member needs, or_needs; /* either will do */
	const char *why;
} needs[] = {
	/* clang-format off */
	{ MEMBER_DECISION_DECISION, WORD_DECISION_DENIED,
	    MEMBER_DECISION_REASON, MEMBER_DECISION_REASON,
	    "a denial has a reason" },
	{ MEMBER_DECISION_DECISION, WORD_DECISION_PENDING,
	    MEMBER_DECISION_UNTIL, MEMBER_DECISION_UNTIL,
	    "pending says until when" },
	{ MEMBER_CREDENTIAL_CHANGE, WORD_CHANGE_NEW,
	    MEMBER_CREDENTIAL_CERTIFICATE, MEMBER_CREDENTIAL_KEY,
	    "a new credential has a certificate or a key" },
	{ MEMBER_CREDENTIAL_CHANGE, WORD_CHANGE_COMPROMISED,
	    MEMBER_CREDENTIAL_SINCE, MEMBER_CREDENTIAL_SINCE,
	    "a compromise has a date" },
	/* clang-format on */
};

static int
check_needs(const struct record *record, struct error *err)
{
	for (size_t i = 0; i < COUNT_OF(needs); i++) {
		const struct need *need = &needs[i];

		if (member_row(need->member)->kind == record->kind &&
		    record_word(record, need->member) == need->word &&
		    !has(record, need->needs) && !has(record, need->or_needs))
			return refuse(record, need->why, err);
	}
	if (record->kind == KIND_OPENING &&
	    record_fact(record, MEMBER_OPENING_CARDS)->n != OPENING_CARDS)
		return refuse(record, "quotes the cards of both parties", err);
	return 0;
}

static int
check_document(const struct document *document, struct error *err)
{
	if (word_vocabulary(document->role) != VOCABULARY_DOCUMENT)
		return error_set(err, E_RECORD_DOCUMENTS, "role");
	if (document->size < DOCUMENT_SIZE_MIN)
		return error_set(err, E_RECORD_DOCUMENTS, "size");
	if (document->type.len == 0 || document->type.len > RECORD_TYPE_MAX)
		return error_set(err, E_RECORD_DOCUMENTS, "type");
	if (document->role != WORD_DOCUMENT_BODY)
		return 0;
	if (!document->is_first)
		return error_set(err, E_RECORD_DOCUMENTS,
		    "the body is not marked first");
	if (document->size > DOCUMENT_BODY_MAX)
		return error_set(err, E_RECORD_DOCUMENTS, "body too large");
	return 0;
}

static int
check_documents(const struct record *record, struct error *err)
{
	const struct document *documents = record->documents;
	unsigned bodies = 0;

	if (record->documents_n > RECORD_DOCUMENTS_MAX)
		return error_set(err, E_RECORD_DOCUMENTS, "%u documents",
		    record->documents_n);
	for (unsigned i = 0; i < record->documents_n; i++) {
		if (check_document(&documents[i], err) == -1)
			return -1;
		for (unsigned k = 0; k < i; k++)
			if (hash_is_equal(&documents[i].sha256,
				&documents[k].sha256))
				return error_set(err, E_RECORD_DOCUMENTS,
				    "one digest twice");
		bodies += documents[i].role == WORD_DOCUMENT_BODY;
	}
	if (bodies > 1)
		return error_set(err, E_RECORD_DOCUMENTS, "%u bodies", bodies);
	return 0;
}

int
record_check(const struct record *record, struct error *err)
{
	if (check_place(record, err) == -1)
		return -1;
	if (check_head(record, err) == -1)
		return -1;
	if (check_members(record, err) == -1)
		return -1;
	if (check_needs(record, err) == -1)
		return -1;
	return check_documents(record, err);
}
