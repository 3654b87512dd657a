#include "base/error.h"
#include "tests/tap.h"
#include "tests/unit/test_domain_sketch.h"

TEST(every_word_is_found_in_its_vocabulary_by_its_name)
{
	for (enum word w = 0; w < WORD_COUNT; w++) {
		struct error err;
		enum word got;

		require(word_find(&got, word_vocabulary(w),
			    span_text(word_name(w)), &err) == 0);
		check_str(word_name(got), word_name(w));
		check_int(got, w);
	}
}

TEST(words_of_a_vocabulary_stand_together)
{
	unsigned sum = 0;

	for (enum vocabulary v = VOCABULARY_NONE + 1; v < VOCABULARY_COUNT;
	     v++) {
		check(vocabulary_size(v) > 0);
		sum += vocabulary_size(v);
	}
	check_int(sum, WORD_COUNT);
	check_int(vocabulary_size(VOCABULARY_TOPIC), 13);
	check_int(vocabulary_size(VOCABULARY_REASON), 11);
}

TEST(an_unknown_word_is_refused_with_the_words_that_were_possible)
{
	struct error err;
	enum word word;

	require(word_find(&word, VOCABULARY_URGENCY, span_text("asap"), &err) ==
	    -1);
	check_int(err.code, E_RECORD_MEMBER);
	check_str(err.detail,
	    "not a known urgency: one of emergency, urgent, routine");
	require(
	    word_find(&word, VOCABULARY_TOPIC, span_text("ddo"), &err) == -1);
	check_str(err.detail, "not a known topic");
	check(word_find(&word, VOCABULARY_DECISION, span_text("satisfied"),
		  &err) == -1);
}

TEST(every_kind_is_found_by_its_name_and_others_are_not)
{
	struct error err;
	enum kind got;

	for (enum kind k = 0; k < KIND_COUNT; k++) {
		require(
		    kind_find(&got, span_text(kind_row(k)->name), &err) == 0);
		check_int(got, k);
	}
	require(kind_find(&got, span_text("Request"), &err) == -1);
	check_int(err.code, E_RECORD_KIND);
}

TEST(members_of_a_kind_stand_together_and_fit_a_record)
{
	unsigned sum = 0;

	for (enum kind k = 0; k < KIND_COUNT; k++) {
		check(kind_members(k) <= RECORD_FACTS_MAX);
		sum += kind_members(k);
	}
	check_int(sum, MEMBER_COUNT);
	check_int(kind_members(KIND_WITHDRAWAL), 0);
	check_int(kind_members(KIND_REQUEST), 6);
	for (enum member m = 0; m < MEMBER_COUNT; m++) {
		enum member_type type = member_row(m)->type;

		check((type == MEMBER_WORD || type == MEMBER_WORDS) ==
		    (member_row(m)->vocabulary != VOCABULARY_NONE));
	}
}

TEST(a_reaction_is_one_of_four_kinds_and_all_are_the_responders)
{
	unsigned n = 0;

	for (enum kind k = 0; k < KIND_COUNT; k++) {
		if (!kind_has_effect(k, EFFECT_REACTION))
			continue;
		check_int(kind_row(k)->sender, SENDER_RESPONDER);
		check_int(kind_row(k)->lodged, LODGED_OPERATOR);
		n++;
	}
	check_int(n, 4);
	check(!kind_has_effect(KIND_REFUSAL, EFFECT_REACTION));
}

/* A request as record_check() wants it, with a body and two other parts. */
struct draft {
	struct record record;
	struct document documents[3];
};

static void
write_draft(struct draft *draft, enum kind kind)
{
	struct sketch sketch = { .n = 1 };

	lodge(&sketch, (struct step){ kind, .at = 1 });
	draft->record = sketch.records[1];
	draft->record.has_case = kind_row(kind)->opens == OPENS_NEVER;
	draft->record.log = span_text("a.example/docket/b.example/1");
	draft->record.anchor.log = span_text("b.example/docket/a.example/1");
	for (unsigned i = 0; i < COUNT_OF(draft->documents); i++) {
		draft->documents[i] = (struct document){
			.role = i == 0 ? WORD_DOCUMENT_BODY :
					 WORD_DOCUMENT_EVIDENCE,
			.size = DOCUMENT_BODY_MAX,
			.type = span_text("application/json"),
			.is_first = true,
		};
		draft->documents[i].sha256.bytes[0] = (uint8_t)i;
	}
	draft->record.documents = draft->documents;
	draft->record.documents_n = COUNT_OF(draft->documents);
}

static enum error_code
verdict(const struct draft *draft)
{
	struct error err = { .code = E_NONE };

	check(
	    (record_check(&draft->record, &err) == 0) == (err.code == E_NONE));
	return err.code;
}

TEST(a_complete_record_of_each_kind_of_a_case_passes)
{
	static const enum kind kinds[] = { KIND_REQUEST, KIND_SUPPLEMENT,
		KIND_WITHDRAWAL, KIND_ACKNOWLEDGEMENT, KIND_RETURN,
		KIND_DECISION, KIND_RESULT, KIND_APPRAISAL, KIND_REPORT,
		KIND_QUERY };

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct draft draft;

		write_draft(&draft, kinds[i]);
		check_int(verdict(&draft), E_NONE);
	}
}

static void
no_case(struct draft *d)
{
	d->record.has_case = false;
}
static void
a_case(struct draft *d)
{
	d->record.has_case = true;
}
static void
answers(struct draft *d)
{
	d->record.has_re = true;
}
static void
by_node(struct draft *d)
{
	d->record.by = WORD_ROLE_NODE;
}
static void
by_topic(struct draft *d)
{
	d->record.by = WORD_TOPIC_DDOS;
}
static void
no_log(struct draft *d)
{
	d->record.log.len = 0;
}
static void
no_anchor(struct draft *d)
{
	d->record.anchor.log.len = 0;
}
static void
no_member(struct draft *d)
{
	d->record.facts[0].is_given = false;
}

static void
bad_tlp(struct draft *d)
{
	d->record.has_tlp = true;
	d->record.tlp = WORD_PAP_RED;
}

static void
twice_the_same_word(struct draft *d)
{
	static const enum word twice[] = { WORD_ACTION_PRESERVE,
		WORD_ACTION_PRESERVE };

	d->record.facts[1].words = twice;
	d->record.facts[1].n = 2;
}

static void
too_many_words(struct draft *d)
{
	d->record.facts[1].n = FACT_WORDS_MAX + 1;
}

static void
foreign_word(struct draft *d)
{
	static const enum word word = WORD_TOPIC_DDOS;

	d->record.facts[0].words = &word;
}

static void
denied_without_reason(struct draft *d)
{
	give_word(&d->record, MEMBER_DECISION_DECISION, WORD_DECISION_DENIED);
	d->record.facts[1].is_given = false;
}

static void
pending_without_date(struct draft *d)
{
	give_word(&d->record, MEMBER_DECISION_DECISION, WORD_DECISION_PENDING);
}

static void
two_bodies(struct draft *d)
{
	d->documents[1].role = WORD_DOCUMENT_BODY;
}

static void
one_digest_twice(struct draft *d)
{
	d->documents[2].sha256 = d->documents[1].sha256;
}

static void
large_body(struct draft *d)
{
	d->documents[0].size++;
}
static void
late_body(struct draft *d)
{
	d->documents[0].is_first = false;
}
static void
no_type(struct draft *d)
{
	d->documents[1].type.len = 0;
}
static void
no_salt(struct draft *d)
{
	d->documents[1].size = 15;
}

static void
too_many_documents(struct draft *d)
{
	d->record.documents_n = RECORD_DOCUMENTS_MAX + 1;
}

static const struct fault_row {
	const char *name;
	void (*spoil)(struct draft *draft);
	enum kind kind;
	enum error_code want;
} faults[] = {
	/* clang-format off */
	{ "no case", no_case, KIND_RESULT, E_RECORD_MEMBER },
	{ "a case", a_case, KIND_REQUEST, E_RECORD_MEMBER },
	{ "re", answers, KIND_REQUEST, E_RECORD_MEMBER },
	{ "by node", by_node, KIND_REQUEST, E_RECORD_MEMBER },
	{ "by no role", by_topic, KIND_REQUEST, E_RECORD_MEMBER },
	{ "no log", no_log, KIND_REQUEST, E_RECORD_MEMBER },
	{ "no anchor", no_anchor, KIND_REQUEST, E_RECORD_MEMBER },
	{ "no member", no_member, KIND_REQUEST, E_RECORD_MEMBER },
	{ "tlp", bad_tlp, KIND_REQUEST, E_RECORD_MEMBER },
	{ "word twice", twice_the_same_word,
	    KIND_REQUEST, E_RECORD_MEMBER },
	{ "words", too_many_words, KIND_REQUEST, E_RECORD_MEMBER },
	{ "foreign word", foreign_word, KIND_REQUEST, E_RECORD_MEMBER },
	{ "bare denial", denied_without_reason,
	    KIND_DECISION, E_RECORD_MEMBER },
	{ "bare pending", pending_without_date,
	    KIND_DECISION, E_RECORD_MEMBER },
	{ "two bodies", two_bodies, KIND_REQUEST, E_RECORD_DOCUMENTS },
	{ "digest twice", one_digest_twice, KIND_REQUEST, E_RECORD_DOCUMENTS },
	{ "large body", large_body, KIND_REQUEST, E_RECORD_DOCUMENTS },
	{ "late body", late_body, KIND_REQUEST, E_RECORD_DOCUMENTS },
	{ "no type", no_type, KIND_REQUEST, E_RECORD_DOCUMENTS },
	{ "no salt", no_salt, KIND_REQUEST, E_RECORD_DOCUMENTS },
	{ "many documents", too_many_documents,
	    KIND_REQUEST, E_RECORD_DOCUMENTS },
	{ "answer alone", a_case, KIND_ANSWER, E_RECORD_MEMBER },
	{ "receipt by man", no_case, KIND_RECEIPT, E_RECORD_MEMBER },
	/* clang-format on */
};

TEST(each_fault_of_a_record_is_found)
{
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		struct draft draft;

		write_draft(&draft, faults[i].kind);
		faults[i].spoil(&draft);
		tap_note("%s", faults[i].name);
		check_int(verdict(&draft), faults[i].want);
	}
}

TEST(a_new_credential_has_a_key_and_a_compromised_one_a_date)
{
	struct draft draft;

	write_draft(&draft, KIND_CREDENTIAL);
	give_word(&draft.record, MEMBER_CREDENTIAL_CHANGE, WORD_CHANGE_NEW);
	give_word(&draft.record, MEMBER_CREDENTIAL_USE, WORD_KEY_USE_TLS);
	check_int(verdict(&draft), E_RECORD_MEMBER);
	draft.record.facts[MEMBER_CREDENTIAL_KEY - MEMBER_CREDENTIAL_CHANGE] =
	    (struct fact){ .is_given = true, .text = span_text("ab") };
	check_int(verdict(&draft), E_NONE);
	give_word(&draft.record, MEMBER_CREDENTIAL_CHANGE,
	    WORD_CHANGE_COMPROMISED);
	check_int(verdict(&draft), E_RECORD_MEMBER);
	give_instant(&draft.record, MEMBER_CREDENTIAL_SINCE, minutes(0));
	check_int(verdict(&draft), E_NONE);
}

TEST(an_opening_quotes_two_cards_and_may_know_no_other_log)
{
	static const struct hash cards[3] = { { { 1 } }, { { 2 } } };
	struct draft draft;

	write_draft(&draft, KIND_OPENING);
	draft.record.anchor.log.len = 0;
	for (unsigned n = 1; n <= 3; n++) {
		draft.record.facts[0] =
		    (struct fact){ .is_given = true, .n = n, .hashes = cards };
		check_int(verdict(&draft), n == 2 ? E_NONE : E_RECORD_MEMBER);
	}
}
