#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "ledger/checkpoint.h"
#include "ledger/cosignature.h"
#include "ledger/note.h"
#include "seal/ed25519.h"
#include "tests/lab.h"
#include "tests/support/ledger.h"
#include "tests/tap.h"

#define NOTES "vectors/note/notes.json"

/* A line of a key that nobody knows, well-formed. */
#define STRANGER "\xe2\x80\x94 stranger AAAAAAE=\n"

/* TEST key: its seed is 32 times the letter A. */
static struct ed25519_key *
secret_of(char letter)
{
	struct ed25519_key *key;
	uint8_t seed[32];
	struct error err;

	memset(seed, letter, sizeof(seed));
	if (ed25519_key_new(&key, span_of(seed, sizeof(seed)), &err) == -1)
		return NULL;
	return key;
}

static struct note_key
public_of(const struct ed25519_key *secret, enum note_key_type type,
    const char *name)
{
	uint8_t public_key[NOTE_PUBLIC_BYTES];

	ed25519_public(secret, public_key);
	return note_key_of(type, span_text(name), public_key);
}

/* Append the line that ${secret} makes as ${name} over ${text}. */
static void
add_line(struct buf *out, const struct ed25519_key *secret, const char *name,
    struct span text)
{
	struct note_key key = public_of(secret, NOTE_KEY_LOG, name);
	uint8_t signature[64];
	struct error err;

	if (ed25519_sign(signature, secret, text, &err) == 0)
		note_write_line(out, &key,
		    span_of(signature, sizeof(signature)));
}

TEST(the_notes_of_other_programs_are_opened)
{
	struct arena *arena = lab_arena();
	json_t *notes, *one;
	struct note_key key;
	struct note note;
	struct error err;
	struct buf out;
	size_t i;

	if (!lab_has_shared(NOTES))
		skip("no shared vectors");
	notes = ledger_json(NOTES);
	json_array_foreach(json_object_get(notes, "valid"), i, one)
	{
		struct span vkey = ledger_text(one, "vkey");

		require(note_key_parse(&key, vkey, arena, &err) == 0);
		buf_init(&out, NOTE_VKEY_MAX);
		note_key_write(&out, &key);
		check(span_is_equal(buf_span(&out), vkey));
		buf_clear(&out);
		require(note_open(&note, ledger_text(one, "note"), &key, 1,
			    arena, &err) == 0);
		check(note.n == 1);
		check(note_line_of(&note, &key) == &note.lines[0]);
	}
	check(i == 2);
	json_decref(notes);
}

TEST(keys_that_are_wrong_or_of_another_algorithm_are_refused)
{
	static const char *const more[] = {
		"",
		"+",
		"name",
		"name+",
		"name+c74f20a3",
		"name+c74f20a3+",
		/* the ID of another key */
		"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/"
		"LDE4izWy10TW",
		/* upper case */
		"PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/"
		"LDE4izWy10TW",
		/* one byte short */
		"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/"
		"LDE4izWy10Q=",
		"Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/"
		"LDE4izWy10TW",
	};
	struct arena *arena = lab_arena();
	struct note_key key;
	struct error err;
	json_t *notes, *one;
	size_t i;

	for (i = 0; i < COUNT_OF(more); i++) {
		tap_note("%s", more[i]);
		check(note_key_parse(&key, span_text(more[i]), arena, &err) ==
		    -1);
		check_int(err.code, E_VKEY_SYNTAX);
	}
	if (!lab_has_shared(NOTES))
		skip("no shared vectors");
	notes = ledger_json(NOTES);
	json_array_foreach(json_object_get(notes, "vkeys_invalid"), i, one)
	    check(note_key_parse(&key, span_text(json_string_value(one)), arena,
		      &err) == -1);
	json_decref(notes);
}

TEST(malformed_notes_are_refused)
{
	static const char *const bad[] = {
		"",
		"\n",
		"\n\n",
		"text\n",
		"text\n\n",
		"text\n" STRANGER,
		"text\n\n" STRANGER "\n",
		"text\n\n\xe2\x80\x94 stranger AAAAAAE=", /* no LF */
		"text\n\n- stranger AAAAAAE=\n",          /* hyphen */
		"text\n\n\xe2\x80\x94stranger AAAAAAE=\n",
		"text\n\n\xe2\x80\x94  stranger AAAAAAE=\n",
		"text\n\n\xe2\x80\x94 stranger  AAAAAAE=\n",
		"text\n\n\xe2\x80\x94 stranger\n",
		"text\n\n\xe2\x80\x94 stranger \n",
		"text\n\n\xe2\x80\x94 stran+ger AAAAAAE=\n",
		"text\n\n\xe2\x80\x94 stran\xc2\xa0ger AAAAAAE=\n",
		"text\n\n\xe2\x80\x94 stranger AAAAAA==\n", /* 4 bytes */
		"text\n\n\xe2\x80\x94 stranger AAAAAAE\n",  /* no padding */
		"text\n\n\xe2\x80\x94 stranger AAAAAAF=\n", /* stray bits */
		"text\n\n\xe2\x80\x94 stranger AAAA AAE=\n",
		"text\n\n\xe2\x80\x94 stranger AAAAAAE= \n",
		"text\r\n\r\n\xe2\x80\x94 stranger AAAAAAE=\r\n",
		"te\txt\n\n" STRANGER,
		"te\x01xt\n\n" STRANGER,
		"te\xffxt\n\n" STRANGER,
		"te\xc0\x80xt\n\n" STRANGER,
		"te\xed\xa0\x80xt\n\n" STRANGER, /* a surrogate */
		"te\xf4\x90\x80\x80xt\n\n" STRANGER,
	};
	struct arena *arena = lab_arena();
	struct note note;
	struct error err;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		tap_note("case %zu", i);
		check(note_parse(&note, span_text(bad[i]), arena, &err) == -1);
		check_int(err.code, E_NOTE_SYNTAX);
	}
	check(note_parse(&note, span_of("a\0b\n\n" STRANGER, 26), arena,
		  &err) == -1);
	check(note_parse(&note, span_text("text\n\n" STRANGER), arena, &err) ==
	    0);
}

TEST(the_last_empty_line_divides_text_from_signatures)
{
	struct arena *arena = lab_arena();
	struct note note;
	struct error err;

	require(note_parse(&note,
		    span_text("a\n\n" STRANGER "\n" STRANGER STRANGER), arena,
		    &err) == 0);
	check(span_is_text(note.text, "a\n\n" STRANGER));
	check(note.n == 2);
	check(span_is_text(note.lines[1].text, STRANGER));
}

TEST(notes_and_lines_have_a_limit)
{
	struct arena *arena = lab_arena();
	struct note note;
	struct error err;
	struct buf buf;

	buf_init(&buf, 2 * NOTE_SIZE_MAX);
	buf_text(&buf, "text\n\n");
	for (size_t i = 0; i < NOTE_LINES_MAX; i++)
		buf_text(&buf, STRANGER);
	check(note_parse(&note, buf_span(&buf), arena, &err) == 0);
	buf_text(&buf, STRANGER);
	check(note_parse(&note, buf_span(&buf), arena, &err) == -1);
	check_int(err.code, E_NOTE_SYNTAX);
	while (buf.len <= NOTE_SIZE_MAX)
		buf_text(&buf, STRANGER);
	check(note_parse(&note, buf_span(&buf), arena, &err) == -1);
	check_int(err.code, E_TOO_LARGE);
	buf_clear(&buf);
}

TEST(unknown_lines_are_ignored_and_known_ones_must_all_verify)
{
	struct arena *arena = lab_arena();
	struct ed25519_key *ours = secret_of('A'), *other = secret_of('B');
	struct span text = span_text("text\n"), wrong = span_text("else\n");
	struct note_key key = public_of(ours, NOTE_KEY_LOG, "ours");
	struct note note;
	struct error err;
	struct buf buf;

	buf_init(&buf, NOTE_SIZE_MAX);
	buf_text(&buf, "text\n\n");
	add_line(&buf, other, "ours", wrong); /* another key, another ID */
	check(note_open(&note, buf_span(&buf), &key, 1, arena, &err) == -1);
	check_int(err.code, E_NOTE_UNSIGNED);
	add_line(&buf, ours, "theirs", wrong); /* another name */
	check(note_open(&note, buf_span(&buf), &key, 1, arena, &err) == -1);
	check_int(err.code, E_NOTE_UNSIGNED);
	add_line(&buf, ours, "ours", text);
	check(note_open(&note, buf_span(&buf), &key, 1, arena, &err) == 0);
	check(note_line_of(&note, &key) == &note.lines[2]);
	check(note.lines[0].key == NULL && note.lines[1].key == NULL);
	/* A second line of the same key is not taken on trust. */
	add_line(&buf, ours, "ours", text);
	check(note_open(&note, buf_span(&buf), &key, 1, arena, &err) == 0);
	add_line(&buf, ours, "ours", wrong);
	check(note_open(&note, buf_span(&buf), &key, 1, arena, &err) == -1);
	check_int(err.code, E_NOTE_SIGNATURE);
	buf_clear(&buf);
	ed25519_key_free(ours);
	ed25519_key_free(other);
}

TEST(a_subset_has_only_verified_lines_of_the_keys_asked_for_each_once)
{
	struct arena *arena = lab_arena();
	struct ed25519_key *ours = secret_of('A'), *other = secret_of('B');
	struct span text = span_text("text\n");
	struct note_key keys[2];
	struct buf buf, want, got;
	struct note note;
	struct error err;

	keys[0] = public_of(ours, NOTE_KEY_LOG, "ours");
	keys[1] = public_of(other, NOTE_KEY_LOG, "other");
	buf_init(&buf, NOTE_SIZE_MAX);
	buf_init(&want, NOTE_SIZE_MAX);
	buf_init(&got, NOTE_SIZE_MAX);
	buf_text(&buf, "text\n\n" STRANGER);
	add_line(&buf, other, "other", text);
	add_line(&buf, ours, "ours", text);
	add_line(&buf, ours, "ours", text);
	require(note_open(&note, buf_span(&buf), keys, 2, arena, &err) == 0);

	note_write_subset(&got, &note, keys, 1);
	buf_text(&want, "text\n\n");
	add_line(&want, ours, "ours", text);
	check_mem(got.ptr, got.len, want.ptr, want.len);

	/* A key that was not among those checked has verified nothing. */
	require(
	    note_open(&note, buf_span(&buf), &keys[0], 1, arena, &err) == 0);
	buf_drop(&got, got.len);
	note_write_subset(&got, &note, &keys[1], 1);
	check_mem(got.ptr, got.len, "text\n\n", 6);
	buf_clear(&buf);
	buf_clear(&want);
	buf_clear(&got);
	ed25519_key_free(ours);
	ed25519_key_free(other);
}

TEST(no_spoiled_note_is_opened_or_breaks_the_reader)
{
	struct arena *arena = arena_new();
	struct ed25519_key *ours = secret_of('A');
	struct note_key key = public_of(ours, NOTE_KEY_LOG, "ours");
	struct note note;
	struct error err;
	struct buf buf;

	buf_init(&buf, NOTE_SIZE_MAX);
	buf_text(&buf, "text\n\n");
	add_line(&buf, ours, "ours", span_text("text\n"));
	require(note_open(&note, buf_span(&buf), &key, 1, arena, &err) == 0);
	for (size_t i = 0; i < buf.len; i++) {
		struct span cut = arena_copy(arena, span_of(buf.ptr, i));

		check(note_open(&note, cut, &key, 1, arena, &err) == -1);
		for (unsigned bit = 0; bit < 8; bit++) {
			buf.ptr[i] ^= (uint8_t)(1u << bit);
			check(note_open(&note, buf_span(&buf), &key, 1, arena,
				  &err) == -1);
			buf.ptr[i] ^= (uint8_t)(1u << bit);
		}
		arena_reset(arena);
	}
	buf_clear(&buf);
	arena_free(arena);
	ed25519_key_free(ours);
}
