#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "ledger/checkpoint.h"
#include "ledger/cosignature.h"
#include "ledger/note.h"
#include "ledger/witness.h"
#include "seal/ed25519.h"
#include "tests/lab.h"
#include "tests/support/ledger.h"
#include "tests/tap.h"

#define WORKED "vectors/worked/"
#define ROOT "TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n"

/* When the cosigners of checkpoint.5.cosigned signed: wit1; cosB before it */
#define COSIGNED_AT 1767225609
#define COSIGNED_BEFORE 1767225607

TEST(checkpoints_are_read_in_their_one_form)
{
	static const struct {
		const char *text;
		enum error_code want;
	} cases[] = {
		/* clang-format off */
		{ "", E_CHECKPOINT_SYNTAX },
		{ "origin", E_CHECKPOINT_SYNTAX },
		{ "\n5\n" ROOT, E_CHECKPOINT_SYNTAX },
		{ "origin\n5\n", E_CHECKPOINT_SYNTAX },
		{ "origin\n05\n" ROOT, E_CHECKPOINT_SYNTAX },
		{ "origin\n-5\n" ROOT, E_CHECKPOINT_SYNTAX },
		{ "origin\n+5\n" ROOT, E_CHECKPOINT_SYNTAX },
		{ "origin\n 5\n" ROOT, E_CHECKPOINT_SYNTAX },
		{ "origin\n0x5\n" ROOT, E_CHECKPOINT_SYNTAX },
		{ "origin\n\n" ROOT, E_CHECKPOINT_SYNTAX },
		{ "origin\n9223372036854775808\n" ROOT, E_CHECKPOINT_SYNTAX },
		{ "origin\n18446744073709551616\n" ROOT, E_CHECKPOINT_SYNTAX },
		{ "origin\n99999999999999999999\n" ROOT, E_CHECKPOINT_SYNTAX },
		{ "origin\n5\nTszzRgjTG6xc\n", E_CHECKPOINT_SYNTAX },
		{ "origin\n5\n" "TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0\n",
		    E_CHECKPOINT_SYNTAX },
		{ "origin\n5\n" ROOT "\n", E_CHECKPOINT_EXTENSION },
		{ "origin\n5\n" ROOT "more\n", E_CHECKPOINT_EXTENSION },
		{ "origin\n5\n" ROOT, E_NONE },
		{ "origin\n0\n" ROOT, E_NONE },
		{ "origin\n9223372036854775807\n" ROOT, E_NONE },
		/* clang-format on */
	};
	struct arena *arena = lab_arena();
	struct checkpoint head;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct span text = span_text(cases[i].text);
		struct error err = { .code = E_NONE };
		struct buf again;

		tap_note("case %zu", i);
		(void)!checkpoint_parse(&head, text, arena, &err);
		check_int(err.code, cases[i].want);
		if (err.code != E_NONE)
			continue;
		buf_init(&again, CHECKPOINT_TEXT_MAX);
		checkpoint_write(&again, &head);
		check(span_is_equal(buf_span(&again), text));
		buf_clear(&again);
	}
}

TEST(the_tree_texts_of_the_go_tools_are_judged_alike)
{
	struct arena *arena = lab_arena();
	struct checkpoint head;
	struct error err;
	json_t *notes, *one;
	size_t i;

	if (!lab_has_shared("vectors/note/notes.json"))
		skip("no shared vectors");
	notes = ledger_json("vectors/note/notes.json");
	json_array_foreach(json_object_get(notes, "tree_text"), i, one)
	    check((checkpoint_parse(&head, ledger_text(one, "in"), arena,
		       &err) == 0) == json_is_true(json_object_get(one, "ok")));
	json_decref(notes);
}

TEST(the_worked_checkpoints_are_made_byte_for_byte)
{
	static const char *const sizes[] = { "0", "1", "3", "5" };
	struct arena *arena = lab_arena();
	struct ed25519_key *secret;
	struct checkpoint head;
	struct note_key log;
	struct note note;
	struct error err;

	if (!lab_has_shared(WORKED))
		skip("no shared vectors");
	log = ledger_key(arena, "logA");
	secret = ledger_secret("logA");
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct span file = lab_shared(arena,
		    arena_printf(arena, WORKED "checkpoint.%s", sizes[i]));
		struct buf again;

		require(checkpoint_open(&head, &note, file, &log, NULL, 0,
			    arena, &err) == 0);
		buf_init(&again, NOTE_SIZE_MAX);
		check(checkpoint_sign(&again, &head, secret, &err) == 0);
		check_mem(again.ptr, again.len, file.ptr, file.len);
		buf_clear(&again);
	}
	ed25519_key_free(secret);
}

TEST(extension_lines_are_refused_though_well_signed)
{
	struct arena *arena = lab_arena();
	struct checkpoint head;
	struct note_key log;
	struct note note;
	struct error err;

	if (!lab_has_shared(WORKED))
		skip("no shared vectors");
	log = ledger_key(arena, "logA");
	check(checkpoint_open(&head, &note,
		  lab_shared(arena, WORKED "checkpoint.5.ext"), &log, NULL, 0,
		  arena, &err) == -1);
	check_int(err.code, E_CHECKPOINT_EXTENSION);
}

TEST(a_checkpoint_needs_the_line_of_its_own_log)
{
	struct arena *arena = lab_arena();
	struct note_key log, other, wit;
	struct checkpoint head;
	struct span file;
	struct note note;
	struct error err;
	struct buf bare;

	if (!lab_has_shared(WORKED))
		skip("no shared vectors");
	log = ledger_key(arena, "logA");
	other = ledger_key(arena, "logB");
	wit = ledger_key(arena, "wit1");
	file = lab_shared(arena, WORKED "checkpoint.5.cosigned");
	check(checkpoint_open(&head, &note, file, &other, NULL, 0, arena,
		  &err) == -1);
	check_int(err.code, E_CHECKPOINT_ORIGIN);

	require(checkpoint_open(&head, &note, file, &log, &wit, 1, arena,
		    &err) == 0);
	buf_init(&bare, NOTE_SIZE_MAX);
	note_write_subset(&bare, &note, &wit, 1);
	check(checkpoint_open(&head, &note, buf_span(&bare), &log, &wit, 1,
		  arena, &err) == -1);
	check_int(err.code, E_NOTE_UNSIGNED);
	buf_clear(&bare);
}

TEST(cosignatures_verify_with_their_time_and_are_made_again)
{
	static const char *const names[] = { "cosB", "wit1" };
	struct arena *arena = lab_arena();
	struct note_key log, keys[COUNT_OF(names)];
	struct checkpoint head;
	struct note note;
	struct span file;
	struct error err;

	if (!lab_has_shared(WORKED))
		skip("no shared vectors");
	log = ledger_key(arena, "logA");
	for (size_t i = 0; i < COUNT_OF(names); i++)
		keys[i] = ledger_key(arena, names[i]);
	file = lab_shared(arena, WORKED "checkpoint.5.cosigned");
	require(checkpoint_open(&head, &note, file, &log, keys, 2, arena,
		    &err) == 0);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct note_line *line = note_line_of(&note, &keys[i]);
		struct ed25519_key *secret = ledger_secret(names[i]);
		struct buf again;

		require(line != NULL);
		check_int(line->at.s, i == 0 ? COSIGNED_BEFORE : COSIGNED_AT);
		buf_init(&again, NOTE_SIZE_MAX);
		check(cosignature_sign(&again, &keys[i], secret, note.text,
			  line->at, &err) == 0);
		check(span_is_equal(buf_span(&again), line->text));
		buf_clear(&again);
		ed25519_key_free(secret);
	}
}

TEST(the_cosigned_message_is_the_worked_one)
{
	struct arena *arena = lab_arena();
	struct span want, file;
	struct note note;
	struct error err;
	struct buf got;

	if (!lab_has_shared(WORKED))
		skip("no shared vectors");
	file = lab_shared(arena, WORKED "checkpoint.5");
	want = lab_shared(arena, WORKED "cosignature-message.5.wit1");
	require(note_parse(&note, file, arena, &err) == 0);
	buf_init(&got, NOTE_SIZE_MAX);
	cosignature_message(&got, note.text, instant_of(COSIGNED_AT));
	check_mem(got.ptr, got.len, want.ptr, want.len);
	buf_clear(&got);
}

TEST(a_cosignature_is_bound_to_time_and_text)
{
	struct arena *arena = lab_arena();
	struct note_key log, wit;
	struct span file, wrong;
	struct checkpoint head;
	struct instant at;
	struct error err;
	struct note note;
	uint8_t bytes[COSIGNATURE_BYTES + 1] = { 0 };

	if (!lab_has_shared(WORKED))
		skip("no shared vectors");
	log = ledger_key(arena, "logA");
	wit = ledger_key(arena, "wit1");
	file = lab_shared(arena, WORKED "checkpoint.5.cosigned");
	require(checkpoint_open(&head, &note, file, &log, &wit, 1, arena,
		    &err) == 0);
	memcpy(bytes, note_line_of(&note, &wit)->signature.ptr,
	    COSIGNATURE_BYTES);
	wrong = span_of(bytes, COSIGNATURE_BYTES);
	check(cosignature_check(&at, &wit, note.text, wrong, &err) == 0);
	check(cosignature_check(&at, &wit, span_skip(note.text, 1), wrong,
		  &err) == -1);
	check_int(err.code, E_NOTE_SIGNATURE);
	for (size_t i = 0; i < COSIGNATURE_BYTES; i++) {
		bytes[i] ^= 0x40;
		check(
		    cosignature_check(&at, &wit, note.text, wrong, &err) == -1);
		check_int(err.code, E_NOTE_SIGNATURE);
		bytes[i] ^= 0x40;
	}
	for (size_t len = 0; len <= sizeof(bytes); len++)
		check((cosignature_check(&at, &wit, note.text,
			   span_of(bytes, len), &err) == 0) ==
		    (len == COSIGNATURE_BYTES));
}

TEST(lines_of_algorithms_not_known_here_are_ignored)
{
	struct arena *arena = lab_arena();
	struct checkpoint head;
	struct note_key log;
	struct note note;
	struct error err;

	if (!lab_has_shared(WORKED))
		skip("no shared vectors");
	log = ledger_key(arena, "logA");
	require(checkpoint_open(&head, &note,
		    lab_shared(arena, WORKED "checkpoint.5.cosigned-mldsa"),
		    &log, NULL, 0, arena, &err) == 0);
	check(note.n == 2);
	check(note.lines[1].key == NULL);
}

TEST(the_answers_of_litewitness_verify_and_its_times_rise)
{
	static const char *const answers[] = { "response.3-to-5.t1",
		"response.5-to-5.refresh.t2" };
	struct arena *arena = lab_arena();
	struct span file, vkey, lines;
	struct note text, note;
	struct note_key key;
	struct error err;
	int64_t at[2];

	if (!lab_has_shared(WORKED))
		skip("no shared vectors");
	vkey = lab_shared(arena, WORKED "litewitness-0.9.0/vkey");
	while (vkey.len > 0 && vkey.ptr[vkey.len - 1] == '\n')
		vkey.len--;
	require(note_key_parse(&key, vkey, arena, &err) == 0);
	file = lab_shared(arena, WORKED "checkpoint.5");
	require(note_parse(&text, file, arena, &err) == 0);
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		lines = lab_shared(arena,
		    arena_printf(arena, WORKED "litewitness-0.9.0/%s",
			answers[i]));
		if (lines.len >= 4 && memcmp(lines.ptr, "200\n", 4) == 0)
			lines = span_skip(lines, 4);
		require(note_open_lines(&note, text.text, lines, &key, 1, arena,
			    &err) == 0);
		at[i] = note.lines[0].at.s;
	}
	check_int(at[1] - at[0], 3);
	/* The same lines say nothing of another head. */
	file = lab_shared(arena, WORKED "splitview/checkpoint.5.fork");
	require(note_parse(&text, file, arena, &err) == 0);
	check(note_open_lines(&note, text.text, lines, &key, 1, arena, &err) ==
	    -1);
	check_int(err.code, E_NOTE_SIGNATURE);
}

TEST(a_split_view_is_two_genuine_heads_of_one_size)
{
	struct arena *arena = lab_arena();
	struct witness_known known = { .is_known = true };
	struct checkpoint a, b;
	struct note_key log;
	struct note note;
	struct error err;

	if (!lab_has_shared(WORKED))
		skip("no shared vectors");
	log = ledger_key(arena, "logA");
	require(
	    checkpoint_open(&a, &note, lab_shared(arena, WORKED "checkpoint.5"),
		&log, NULL, 0, arena, &err) == 0);
	require(checkpoint_open(&b, &note,
		    lab_shared(arena, WORKED "splitview/checkpoint.5.fork"),
		    &log, NULL, 0, arena, &err) == 0);
	known.size = a.size;
	known.root = a.root;
	check(witness_is_fork(&known, &b));
	check(!witness_is_fork(&known, &a));
}
