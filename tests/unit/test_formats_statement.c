#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "domain/count.h"
#include "formats/json.h"
#include "formats/statement_json.h"
#include "formats/statement_text.h"
#include "tests/lab.h"
#include "tests/tap.h"

#define STATEMENT_MAX ((size_t)64 << 10)

/* Different numbers everywhere, so that no two can be taken for each other. */
static void
fill_tally(struct tally *tally, uint64_t start)
{
	for (enum case_class c = 0; c < CASE_CLASS_COUNT; c++) {
		tally->classes[c] = start + (uint64_t)c;
		tally->total += start + (uint64_t)c;
	}
}

static void
fill_direction(struct direction *d, uint64_t start)
{
	fill_tally(&d->all, start);
	fill_tally(&d->topics[0], start + 1);
	fill_tally(&d->topics[STATEMENT_TOPICS - 1], start + 2);
	for (unsigned i = 0; i < STATEMENT_URGENCIES; i++)
		fill_tally(&d->urgencies[i], start + 3 + i);
	d->reactions_late = start + 20;
	d->with_evidence = start + 21;
	d->without_evidence = start + 22;
	d->evidence_asked = start + 23;
	d->evidence_given = start + 24;
	d->returns = start + 25;
	d->extensions = start + 26;
	d->emergencies = start + 27;
	d->emergencies_called_routine = start + 28;
	d->times_differ = start + 29;
	d->reports = (struct apart){ start + 30, start + 31 };
	d->queries = (struct apart){ start + 32, start + 33 };
	d->answers = (struct apart){ start + 34, start + 35 };
}

static const struct statement_head heads[] = {
	{ .side = 0, .epoch = 1, .size = 80, .is_newest = true },
	{ .side = 1, .epoch = 1, .size = 12, .root = { { 1 } } },
	{ .side = 1, .epoch = 2, .size = 3, .root = { { 2 } } },
};

static struct statement *
sample(void)
{
	struct statement *s = arena_alloc(lab_arena(), sizeof(*s));

	s->scope.rule = 1;
	s->scope.from = instant_of(1767225600);
	s->scope.to = instant_of(1782864000);
	s->scope.as_of = instant_of(1782867601);
	s->parties[0] = span_text("cert.north.example");
	s->parties[1] = span_text("cert.south.example");
	s->heads = heads;
	s->heads_n = COUNT_OF(heads);
	fill_direction(&s->directions[0], 100);
	fill_direction(&s->directions[1], 5000);
	s->directions[0].acknowledge = (struct spread){ 7, { 59 }, { 86399 } };
	s->directions[0].outcome = (struct spread){ 1, { 86400 }, { 9999999 } };
	return s;
}

typedef void writer(struct buf *, const struct statement *);

static struct span
written(writer *write, const struct statement *statement)
{
	struct span got;
	struct buf out;

	buf_init(&out, STATEMENT_MAX);
	write(&out, statement);
	check(!out.is_over);
	got = arena_copy(lab_arena(), buf_span(&out));
	buf_clear(&out);
	return got;
}

/* The bytes are those in tests/data; a node of last year made the same. */
static void
check_file(struct span got, const char *path)
{
	struct span want = lab_file(lab_arena(), path);

	check_mem(got.ptr, got.len, want.ptr, want.len);
}

TEST(the_json_is_the_same_for_ever)
{
	check_file(written(statement_json_write, sample()),
	    "tests/data/statement.json");
}

TEST(the_table_is_the_same_for_ever)
{
	check_file(written(statement_text_write, sample()),
	    "tests/data/statement.txt");
}

TEST(an_exercise_says_so_in_both)
{
	struct statement *statement = sample();
	struct arena *arena = lab_arena();

	check(
	    strstr(arena_text(arena, written(statement_text_write, statement)),
		"EXERCISE") == NULL);
	statement->scope.is_exercise = true;
	check(
	    strstr(arena_text(arena, written(statement_text_write, statement)),
		"EXERCISE") != NULL);
	check(
	    strstr(arena_text(arena, written(statement_json_write, statement)),
		"\"exercise\":true") != NULL);
}

TEST(the_json_is_canonical)
{
	struct span text = written(statement_json_write, sample());
	struct json *json = NULL;
	struct error err;
	struct buf again;

	buf_init(&again, STATEMENT_MAX);
	require(json_read(&json, text, STATEMENT_MAX, E_SYNTAX, &err) == 0);
	json_write(&again, json);
	check_mem(again.ptr, again.len, text.ptr, text.len);
	buf_clear(&again);
	json_free(json);
}

TEST(the_table_has_every_class_topic_and_urgency_and_fits_a_page)
{
	struct span text = written(statement_text_write, sample());
	const char *table = arena_text(lab_arena(), text);

	for (enum case_class c = 0; c < CASE_CLASS_COUNT; c++)
		check(strstr(table, case_class_name(c)) != NULL);
	for (unsigned i = 0; i < STATEMENT_TOPICS; i++)
		check(strstr(table,
			  word_name(vocabulary_first(VOCABULARY_TOPIC) + i)) !=
		    NULL);
	for (unsigned i = 0; i < STATEMENT_URGENCIES; i++)
		check(strstr(table,
			  word_name(vocabulary_first(VOCABULARY_URGENCY) +
			      i)) != NULL);
	while (text.len > 0) {
		size_t len = span_find(text, '\n');

		check(len <= 80);
		text = span_skip(text, len + 1);
	}
}
