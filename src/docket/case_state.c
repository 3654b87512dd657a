#include "docket/case_state.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"
#include "domain/kind.h"

#define STATE_MAX ((size_t)2048)

/* clang-format off */
static const size_t flags[] = {
	offsetof(struct casefile, is_exercise),
	offsetof(struct casefile, is_test),
	offsetof(struct casefile, has_topic),
	offsetof(struct casefile, has_class),
	offsetof(struct casefile, owes_answer[0]),
	offsetof(struct casefile, owes_answer[1]),
	offsetof(struct casefile, is_reaction_late),
	offsetof(struct casefile, are_times_different),
	offsetof(struct casefile, has_evidence),
	offsetof(struct casefile, is_evidence_asked),
	offsetof(struct casefile, is_evidence_given),
	offsetof(struct casefile, is_emergency),
	offsetof(struct casefile, is_emergency_called_routine),
};

static const size_t moments[] = {
	offsetof(struct casefile, taken),
	offsetof(struct casefile, acknowledge_due),
	offsetof(struct casefile, outcome_due),
	offsetof(struct casefile, preserve_until),
	offsetof(struct casefile, reaction),
	offsetof(struct casefile, acknowledged),
	offsetof(struct casefile, outcome),
	offsetof(struct casefile, withdrawn),
	offsetof(struct casefile, final),
	offsetof(struct casefile, denied),
	offsetof(struct casefile, returned),
	offsetof(struct casefile, appraised),
};

static const size_t numbers[] = {
	offsetof(struct casefile, requester),
	offsetof(struct casefile, returns),
	offsetof(struct casefile, extensions),
};

/* Each is there if the flag is. */
static const struct {
	size_t word, flag;
	enum vocabulary vocabulary;
} words[] = {
	{ offsetof(struct casefile, topic),
	    offsetof(struct casefile, has_topic), VOCABULARY_TOPIC },
	{ offsetof(struct casefile, urgency),
	    offsetof(struct casefile, has_class), VOCABULARY_URGENCY },
	{ offsetof(struct casefile, purpose),
	    offsetof(struct casefile, has_class), VOCABULARY_PURPOSE },
	{ offsetof(struct casefile, final_outcome),
	    offsetof(struct casefile, final.has), VOCABULARY_OUTCOME },
	{ offsetof(struct casefile, appraisal),
	    offsetof(struct casefile, appraised.has), VOCABULARY_APPRAISAL },
};
/* clang-format on */

static const void *
part(const struct casefile *casefile, size_t offset)
{
	return (const char *)casefile + offset;
}

static void *
place(struct casefile *casefile, size_t offset)
{
	return (char *)casefile + offset;
}

static void
write_text(struct buf *buf, const char *text)
{
	struct span bytes = span_text(text);

	buf_u8(buf, (uint8_t)bytes.len);
	buf_add(buf, bytes);
}

static void
write_moment(struct buf *buf, const struct moment *moment)
{
	buf_u8(buf, moment->has);
	if (moment->has)
		buf_u64(buf, (uint64_t)moment->at.s);
}

static void
write_casefile(struct buf *buf, const struct casefile *c)
{
	buf_add(buf, hash_span(&c->leaf));
	buf_u64(buf, (uint64_t)c->at.s);
	write_text(buf, kind_row(c->kind)->name);
	for (size_t i = 0; i < COUNT_OF(flags); i++)
		buf_u8(buf, *(const bool *)part(c, flags[i]));
	for (size_t i = 0; i < COUNT_OF(moments); i++)
		write_moment(buf, part(c, moments[i]));
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		buf_u32(buf, *(const unsigned *)part(c, numbers[i]));
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (*(const bool *)part(c, words[i].flag))
			write_text(buf,
			    word_name(
				*(const enum word *)part(c, words[i].word)));
}

struct span
case_state_write(const struct case_state *state, struct arena *arena)
{
	struct span bytes;
	struct buf buf;

	buf_init(&buf, STATE_MAX);
	write_casefile(&buf, &state->casefile);
	buf_u8(&buf, state->is_long);
	buf_u8(&buf, (uint8_t)state->apart_n);
	for (size_t i = 0; i < state->apart_n; i++) {
		const struct count_apart *apart = &state->apart[i];

		write_text(&buf, kind_row(apart->kind)->name);
		buf_u8(&buf, (uint8_t)apart->side);
		buf_u64(&buf, (uint64_t)apart->at.s);
		write_moment(&buf, &apart->taken);
	}
	bytes = arena_copy(arena, buf_span(&buf));
	buf_clear(&buf);
	return bytes;
}

static struct span
read_text(struct cursor *cursor)
{
	return cursor_bytes(cursor, cursor_u8(cursor));
}

static struct instant
read_instant(struct cursor *cursor)
{
	return instant_of((int64_t)cursor_u64(cursor));
}

static struct moment
read_moment(struct cursor *cursor)
{
	if (cursor_u8(cursor) == 0)
		return (struct moment){ .has = false };
	return (struct moment){ true, read_instant(cursor) };
}

static int
read_words(struct casefile *c, struct cursor *cursor, struct error *err)
{
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (*(const bool *)part(c, words[i].flag) &&
		    word_find(place(c, words[i].word), words[i].vocabulary,
			read_text(cursor), err) == -1)
			return -1;
	return 0;
}

static int
read_casefile(struct casefile *c, struct cursor *cursor, struct error *err)
{
	if (hash_of(&c->leaf, cursor_bytes(cursor, HASH_BYTES), err) == -1)
		return -1;
	c->at = read_instant(cursor);
	c->class = CASE_CLASS_COUNT;
	if (kind_find(&c->kind, read_text(cursor), err) == -1)
		return -1;
	for (size_t i = 0; i < COUNT_OF(flags); i++)
		*(bool *)place(c, flags[i]) = cursor_u8(cursor) != 0;
	for (size_t i = 0; i < COUNT_OF(moments); i++)
		*(struct moment *)place(c, moments[i]) = read_moment(cursor);
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		*(unsigned *)place(c, numbers[i]) = cursor_u32(cursor);
	return read_words(c, cursor, err);
}

static int
read_state(struct case_state *out, struct cursor *cursor, struct error *err)
{
	if (read_casefile(&out->casefile, cursor, err) == -1)
		return -1;
	out->is_long = cursor_u8(cursor) != 0;
	out->apart_n = cursor_u8(cursor);
	if (out->apart_n > CASE_STATE_APART_MAX || out->casefile.requester > 1)
		return error_set(err, E_SYNTAX, "too large a number");
	for (size_t i = 0; i < out->apart_n; i++) {
		struct count_apart *apart = &out->apart[i];

		if (kind_find(&apart->kind, read_text(cursor), err) == -1)
			return -1;
		apart->side = cursor_u8(cursor) & 1;
		apart->at = read_instant(cursor);
		apart->taken = read_moment(cursor);
	}
	return cursor_end(cursor, err);
}

int
case_state_read(struct case_state *out, struct span bytes, struct error *err)
{
	struct cursor cursor = cursor_of(bytes);
	struct error bad;

	out->casefile = (struct casefile){ .class = CASE_CLASS_COUNT };
	if (read_state(out, &cursor, &bad) == -1)
		return error_set(err, E_STORE_CORRUPT, "a case: %s",
		    bad.detail);
	return 0;
}
