#include <assert.h>

#include "base/error.h"
#include "cli/letter.h"

/* Which letters have an option. */
enum where {
	IN_ALL,
	IN_OPENING, /* that may open a case */
	IN_ANSWERS, /* that may answer a record */
};

static int
add_evidence(void *place, const struct option_row *row, const char *argument,
    struct error *err)
{
	struct letter_evidences *evidence = place;

	if (evidence->n == LETTER_EVIDENCE_MAX)
		return error_set(err, E_USAGE, "--%s is given too often",
		    row->name);
	evidence->items[evidence->n++].path = argument;
	return 0;
}

/* The evidence that an option says more of: the one before it. */
static int
last_evidence(struct letter_evidence **out, void *place,
    const struct option_row *row, struct error *err)
{
	struct letter_evidences *evidence = place;

	if (evidence->n == 0)
		return error_set(err, E_USAGE,
		    "--%s comes after the --evidence that it is about",
		    row->name);
	*out = &evidence->items[evidence->n - 1];
	return 0;
}

#define DESCRIBE(function, member, setter)                             \
	static int function(void *place, const struct option_row *row, \
	    const char *argument, struct error *err)                   \
	{                                                              \
		struct letter_evidence *evidence = NULL;               \
                                                                       \
		if (last_evidence(&evidence, place, row, err) == -1)   \
			return -1;                                     \
		return setter(&evidence->member, row, argument, err);  \
	}

DESCRIBE(describe_type, type, option_text)
DESCRIBE(describe_by, by, option_text)
DESCRIBE(describe_at, at, option_instant)
DESCRIBE(describe_where, where, option_text)
DESCRIBE(describe_with, with, option_text)

#define VALUE(member) offsetof(struct letter_values, member)

/* clang-format off */
static const struct {
	enum where where;
	struct option_row row;
} common[] = {
	{ IN_OPENING, { "to", "PARTY", "the peer that it goes to",
	    option_text, VALUE(to), OPTION_PLAIN, VOCABULARY_NONE } },
	{ IN_ANSWERS, { "re", "RECORD", "the record that it answers, by its "
	    "first digits",
	    option_text, VALUE(re), OPTION_PLAIN, VOCABULARY_NONE } },
	{ IN_ALL, { "subject", "TEXT", "its subject",
	    option_text, VALUE(subject), OPTION_PLAIN, VOCABULARY_NONE } },
	{ IN_ALL, { "text", "FILE", "its text, UTF-8",
	    option_text, VALUE(text), OPTION_PLAIN, VOCABULARY_NONE } },
	{ IN_ALL, { "language", "TAG", "language of subject and text (BCP 47)",
	    option_text, VALUE(language), OPTION_PLAIN, VOCABULARY_NONE } },
	{ IN_ALL, { "iodef", "FILE", "the incident as IODEF in JSON (RFC 8727)",
	    option_text, VALUE(iodef), OPTION_PLAIN, VOCABULARY_NONE } },
	{ IN_ALL, { "evidence", "FILE", "a file to go with it; what follows "
	    "says more of it",
	    add_evidence, VALUE(evidence), OPTION_REPEATS, VOCABULARY_NONE } },
	{ IN_ALL, { "evidence-type", "TYPE", "its media type",
	    describe_type, VALUE(evidence), OPTION_REPEATS,
	    VOCABULARY_NONE } },
	{ IN_ALL, { "evidence-by", "ROLE", "who collected it: a role, no "
	    "person",
	    describe_by, VALUE(evidence), OPTION_REPEATS, VOCABULARY_NONE } },
	{ IN_ALL, { "evidence-at", "T", "when it was collected",
	    describe_at, VALUE(evidence), OPTION_REPEATS, VOCABULARY_NONE } },
	{ IN_ALL, { "evidence-where", "TEXT", "where it was collected",
	    describe_where, VALUE(evidence), OPTION_REPEATS,
	    VOCABULARY_NONE } },
	{ IN_ALL, { "evidence-with", "TEXT", "with what it was collected",
	    describe_with, VALUE(evidence), OPTION_REPEATS,
	    VOCABULARY_NONE } },
	{ IN_ALL, { "although", "TEXT", "why it is sent in spite of a warning",
	    option_text, VALUE(although), OPTION_PLAIN, VOCABULARY_NONE } },
	{ IN_ALL, { "tlp", "WORD", "who may have its documents (TLP 2.0); "
	    "TLP: may be left out",
	    option_word, VALUE(tlp), OPTION_PLAIN, VOCABULARY_TLP } },
	{ IN_ALL, { "pap", "WORD", "what may be done with them (PAP); PAP: may "
	    "be left out",
	    option_word, VALUE(pap), OPTION_PLAIN, VOCABULARY_PAP } },
	{ IN_ALL, { "by", "ROLE", "who signs; else duty-officer",
	    option_word, VALUE(by), OPTION_PLAIN, VOCABULARY_ROLE } },
	{ IN_ALL, { "exercise", NULL, "it is an exercise",
	    option_flag, VALUE(is_exercise), OPTION_PLAIN, VOCABULARY_NONE } },
	{ IN_ALL, { "preview", NULL, "sign nothing; print exactly what would "
	    "be signed and seen",
	    option_flag, VALUE(is_preview), OPTION_PLAIN, VOCABULARY_NONE } },
	{ IN_ALL, { "wait", "WHAT", "return when it is taken (delivered), or "
	    "its case acknowledged",
	    option_text, VALUE(wait), OPTION_PLAIN, VOCABULARY_NONE } },
	{ IN_ALL, { "timeout", "SECONDS", "wait no longer; else 60",
	    option_number, VALUE(timeout), OPTION_PLAIN, VOCABULARY_NONE } },
	{ IN_ALL, CLI_HOME },
	{ IN_ALL, CLI_JSON },
};

/* What a coded member is for people; by member. */
static const struct {
	enum member member;
	const char *help;
} helps[] = {
	{ MEMBER_REQUEST_PURPOSE, "what kind of help is asked for" },
	{ MEMBER_REQUEST_ACTIONS, "what the other side is asked to do" },
	{ MEMBER_REQUEST_TOPIC, "what it is about" },
	{ MEMBER_REQUEST_RSIT, "the incident's class or type (RSIT)" },
	{ MEMBER_REQUEST_URGENCY, "which clocks it starts" },
	{ MEMBER_REQUEST_DUE, "when an answer is hoped for; information only" },
	{ MEMBER_SUPPLEMENT_CORRECTS, "it corrects what was said before" },
	{ MEMBER_SUPPLEMENT_URGENCY, "how urgent it is now" },
	{ MEMBER_RETURN_REASON, "why it is returned" },
	{ MEMBER_RETURN_MISSING, "what is missing" },
	{ MEMBER_DECISION_DECISION, "what was decided" },
	{ MEMBER_DECISION_REASON, "why; needed to deny" },
	{ MEMBER_DECISION_UNTIL, "until when it is pending" },
	{ MEMBER_RESULT_OUTCOME, "what came of it" },
	{ MEMBER_RESULT_FINAL, "it is final, not interim" },
	{ MEMBER_RESULT_ACTIONS, "what was done" },
	{ MEMBER_RESULT_UNTIL, "when more is to be expected" },
	{ MEMBER_APPRAISAL_APPRAISAL, "whether the outcome is as claimed" },
	{ MEMBER_REPORT_TOPIC, "what it is about" },
	{ MEMBER_REPORT_RSIT, "the incident's class or type (RSIT)" },
};
/* clang-format on */

static const char *
help_of(enum member member)
{
	for (size_t i = 0; i < COUNT_OF(helps); i++)
		if (helps[i].member == member)
			return helps[i].help;
	return member_row(member)->name;
}

static bool
is_there(enum where where, enum kind kind)
{
	const struct kind_row *row = kind_row(kind);

	switch (where) {
	case IN_ALL:
		return true;
	case IN_OPENING:
		return row->opens == OPENS_ALWAYS ||
		    row->opens == OPENS_EITHER_WAY;
	case IN_ANSWERS:
		return row->re != RE_NONE;
	}
	return false;
}

/* The option for member ${i} of a kind; false if it can have none. */
static bool
member_option(struct option_row *out, enum member member, size_t i)
{
	const struct member_row *row = member_row(member);
	unsigned needed =
	    row->occurs == OCCURS_ONE ? OPTION_REQUIRED : OPTION_PLAIN;
	size_t place = VALUE(members) + i * sizeof(struct letter_member);

	*out = (struct option_row){ .name = row->name,
		.help = help_of(member),
		.vocabulary = row->vocabulary };
	switch (row->type) {
	case MEMBER_WORD:
	case MEMBER_WORDS:
		out->argument = "WORD";
		out->set = option_word;
		out->flags = needed;
		if (row->type == MEMBER_WORDS) {
			/* One a time: "--action", not "--actions". */
			out->name = vocabulary_name(row->vocabulary);
			out->set = option_words;
			out->flags |= OPTION_REPEATS;
		}
		out->place = place + offsetof(struct letter_member, words);
		return true;
	case MEMBER_INSTANT:
		out->argument = "T";
		out->set = option_instant;
		out->flags = needed;
		out->place = place + offsetof(struct letter_member, instant);
		return true;
	case MEMBER_FLAG: /* not given is false */
		out->set = option_flag;
		out->place = place + offsetof(struct letter_member, flag);
		return true;
	case MEMBER_HASH:
	case MEMBER_HASHES:
	case MEMBER_TEXT:
		break;
	}
	return false;
}

size_t
letter_rows(const struct command *command, struct option_row out[OPTIONS_MAX])
{
	enum member first = kind_first_member(command->kind);
	bool always = kind_row(command->kind)->opens == OPENS_ALWAYS;
	size_t n = 0;

	_Static_assert(COUNT_OF(common) + RECORD_FACTS_MAX <= OPTIONS_MAX,
	    "room for all");
	for (size_t i = 0; i < kind_members(command->kind); i++)
		n += member_option(&out[n], first + (enum member)i, i);
	for (size_t i = 0; i < COUNT_OF(common); i++) {
		if (!is_there(common[i].where, command->kind))
			continue;
		out[n] = common[i].row;
		if (common[i].where == IN_OPENING && always)
			out[n].flags |= OPTION_REQUIRED;
		n++;
	}
	return n;
}
