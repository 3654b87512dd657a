#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/encode.h"
#include "domain/count.h"
#include "formats/statement_text.h"

#define DAY_S 86400
#define HOUR_S 3600
#define MINUTE_S 60
#define PERIOD_TEXT_MAX 40

/* The letter that stands for a party in the heads of columns. */
static char
letter(unsigned side)
{
	return side == 0 ? 'A' : 'B';
}

static void
write_party(struct buf *out, const struct statement *statement, unsigned side)
{
	buf_add(out, statement->parties[side]);
}

static void
write_scope(struct buf *out, const struct statement_scope *scope)
{
	char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];
	char as_of[INSTANT_TEXT_MAX];

	buf_text(out, "STATEMENT OF REQUESTS\n\n");
	if (scope->is_exercise)
		buf_text(out,
		    "EXERCISE: exercises and tests only, nothing real.\n\n");
	buf_printf(out, "Rule    %u\n", scope->rule);
	buf_printf(out, "Period  from %s, before %s\n",
	    instant_write(scope->from, from), instant_write(scope->to, to));
	buf_printf(out, "As of   %s\n", instant_write(scope->as_of, as_of));
}

static void
write_parties(struct buf *out, const struct statement *statement)
{
	for (unsigned side = 0; side < STATEMENT_SIDES; side++) {
		buf_printf(out, "%-8s%c = ", side == 0 ? "Parties" : "",
		    letter(side));
		write_party(out, statement, side);
		buf_text(out, "\n");
	}
}

static void
write_heads(struct buf *out, const struct statement *statement)
{
	buf_text(out, "\nFrom the records in\n");
	for (size_t i = 0; i < statement->heads_n; i++) {
		const struct statement_head *head = &statement->heads[i];

		buf_printf(out, "  log %u of %c to size %" PRIu64 ", root ",
		    head->epoch, letter(head->side), head->size);
		encode_base64(out, hash_span(&head->root));
		buf_text(out, "\n    ");
		if (head->is_newest) {
			buf_text(out, "the newest at that time\n");
			continue;
		}
		buf_text(out, "as far as ");
		write_party(out, statement, head->side);
		buf_text(out, " has shown\n");
	}
}

static void
write_columns(struct buf *out, const char *title)
{
	buf_printf(out, "\n%-34s%18s%18s\n", title, "A asked B", "B asked A");
}

static void
write_row(struct buf *out, const char *name, uint64_t a, uint64_t b)
{
	buf_printf(out, "  %-32s%18" PRIu64 "%18" PRIu64 "\n", name, a, b);
}

static void
write_classes(struct buf *out, const struct direction *a,
    const struct direction *b)
{
	write_columns(out, "Requests");
	for (enum case_class c = 0; c < CASE_CLASS_COUNT; c++)
		write_row(out, case_class_name(c), a->all.classes[c],
		    b->all.classes[c]);
	write_row(out, "total", a->all.total, b->all.total);
}

/* Of each word the requests, and how many of them are without reaction. */
static void
write_tallies(struct buf *out, const char *title, enum word first, unsigned n,
    const struct tally *a, const struct tally *b)
{
	buf_printf(out, "\n%-34s%18s%18s\n", title, "A asked B", "B asked A");
	buf_printf(out, "%-34s%9s%9s%9s%9s\n", "", "total", "w/o r.", "total",
	    "w/o r.");
	for (unsigned i = 0; i < n; i++)
		buf_printf(out,
		    "  %-32s%9" PRIu64 "%9" PRIu64 "%9" PRIu64 "%9" PRIu64 "\n",
		    word_name(first + i), a[i].total,
		    a[i].classes[CASE_WITHOUT_REACTION], b[i].total,
		    b[i].classes[CASE_WITHOUT_REACTION]);
}

static void
write_numbers(struct buf *out, const struct direction *a,
    const struct direction *b)
{
	const struct row {
		const char *name;
		uint64_t a, b;
	} rows[] = {
		/* clang-format off */
		{ "first reaction late", a->reactions_late, b->reactions_late },
		{ "with evidence", a->with_evidence, b->with_evidence },
		{ "without evidence", a->without_evidence,
		    b->without_evidence },
		{ "evidence asked for", a->evidence_asked, b->evidence_asked },
		{ "evidence given", a->evidence_given, b->evidence_given },
		{ "returns", a->returns, b->returns },
		{ "extensions", a->extensions, b->extensions },
		{ "emergencies", a->emergencies, b->emergencies },
		{ "emergencies called routine", a->emergencies_called_routine,
		    b->emergencies_called_routine },
		{ "times differ", a->times_differ, b->times_differ },
		/* clang-format on */
	};

	write_columns(out, "Of these requests");
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		write_row(out, rows[i].name, rows[i].a, rows[i].b);
}

/* "12 d 03:04:05", or "-" if there is nothing to measure. */
static const char *
period_text(uint64_t n, struct period length, char out[PERIOD_TEXT_MAX])
{
	int64_t s = length.s;

	if (n == 0)
		snprintf(out, PERIOD_TEXT_MAX, "-");
	else
		snprintf(out, PERIOD_TEXT_MAX, "%" PRId64 " d %02d:%02d:%02d",
		    s / DAY_S, (int)(s % DAY_S / HOUR_S),
		    (int)(s % HOUR_S / MINUTE_S), (int)(s % MINUTE_S));
	return out;
}

static void
write_spread(struct buf *out, const char *title, const struct spread *a,
    const struct spread *b)
{
	char left[PERIOD_TEXT_MAX], right[PERIOD_TEXT_MAX];

	write_columns(out, title);
	write_row(out, "measured", a->n, b->n);
	buf_printf(out, "  %-32s%18s%18s\n", "median",
	    period_text(a->n, a->median, left),
	    period_text(b->n, b->median, right));
	buf_printf(out, "  %-32s%18s%18s\n", "90th percentile",
	    period_text(a->n, a->ninetieth, left),
	    period_text(b->n, b->ninetieth, right));
}

static void
write_apart(struct buf *out, const struct direction *a,
    const struct direction *b)
{
	buf_printf(out, "\n%-34s%18s%18s\n", "Sent, no reaction owed", "A to B",
	    "B to A");
	write_row(out, "reports taken", a->reports.taken, b->reports.taken);
	write_row(out, "reports not taken", a->reports.not_taken,
	    b->reports.not_taken);
	write_row(out, "queries taken", a->queries.taken, b->queries.taken);
	write_row(out, "queries not taken", a->queries.not_taken,
	    b->queries.not_taken);
	write_row(out, "answers taken", a->answers.taken, b->answers.taken);
	write_row(out, "answers not taken", a->answers.not_taken,
	    b->answers.not_taken);
}

void
statement_text_write(struct buf *out, const struct statement *statement)
{
	const struct direction *a = &statement->directions[0];
	const struct direction *b = &statement->directions[1];

	write_scope(out, &statement->scope);
	write_parties(out, statement);
	write_heads(out, statement);
	write_classes(out, a, b);
	write_numbers(out, a, b);
	write_spread(out, "Time to acknowledge", &a->acknowledge,
	    &b->acknowledge);
	write_spread(out, "Time to outcome", &a->outcome, &b->outcome);
	write_tallies(out, "By topic", vocabulary_first(VOCABULARY_TOPIC),
	    STATEMENT_TOPICS, a->topics, b->topics);
	write_tallies(out, "By urgency", vocabulary_first(VOCABULARY_URGENCY),
	    STATEMENT_URGENCIES, a->urgencies, b->urgencies);
	write_apart(out, a, b);
	buf_text(out, "\nw/o r.: without reaction, of the total beside it.\n");
}
