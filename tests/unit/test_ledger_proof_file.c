#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/proof_file.h"
#include "tests/lab.h"
#include "tests/support/ledger.h"
#include "tests/tap.h"

#define WORKED "vectors/worked/"
#define FIRST "c2sp.org/tlog-proof@v1\n"
#define HASH "TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n"

/* The worked leaf ${index}. */
static struct hash
leaf_of(size_t index)
{
	json_t *leaves = ledger_json(WORKED "leaves.json");
	struct hash leaf = { { 0 } };

	check(ledger_hash(&leaf,
	    json_object_get(json_array_get(leaves, index), "leaf_hash_b64")));
	json_decref(leaves);
	return leaf;
}

TEST(the_worked_proof_files_hold_for_their_entry_alone)
{
	static const struct {
		const char *name, *extra;
		uint64_t index;
	} files[] = {
		{ "proof.4.tlog-proof", NULL, 4 },
		{ "proof.0.extra.tlog-proof", "request-0001", 0 },
	};
	struct arena *arena = lab_arena();
	struct proof_file file;
	struct checkpoint head;
	struct note_key log;
	struct note note;
	struct error err;
	struct hash leaf;
	struct buf again;

	if (!lab_has_shared(WORKED))
		skip("no shared vectors");
	log = ledger_key(arena, "logA");
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct span bytes = lab_shared(arena,
		    arena_printf(arena, WORKED "%s", files[i].name));

		require(proof_file_parse(&file, bytes, arena, &err) == 0);
		check(file.index == files[i].index);
		check(file.has_extra == (files[i].extra != NULL));
		check(files[i].extra == NULL ||
		    span_is_text(file.extra, files[i].extra));
		require(checkpoint_open(&head, &note, file.note, &log, NULL, 0,
			    arena, &err) == 0);
		for (size_t k = 0; k < 5; k++) {
			leaf = leaf_of(k);
			check((proof_file_check(&file, &leaf, &head, &err) ==
				  0) == (k == file.index));
		}
		buf_init(&again, PROOF_FILE_MAX);
		proof_file_write(&again, &file);
		check_mem(again.ptr, again.len, bytes.ptr, bytes.len);
		buf_clear(&again);
	}
}

TEST(malformed_proof_files_are_refused)
{
	static const char *const bad[] = {
		"",
		"c2sp.org/tlog-proof@v1",
		FIRST,
		FIRST "index 4\n",
		FIRST "index 4\n" HASH,
		FIRST "index 04\n" HASH "\nnote",
		FIRST "index -4\n" HASH "\nnote",
		FIRST "index  4\n" HASH "\nnote",
		FIRST "index 9223372036854775808\n\nnote",
		FIRST "extra AA==\n",
		FIRST "extra AA=\nindex 4\n\nnote",
		FIRST "extra AB==\nindex 4\n\nnote",
		FIRST "extra AA==\nextra AA==\nindex 4\n\nnote",
		FIRST "index 4\nextra AA==\n\nnote",
		FIRST "index 4\nAA==\n\nnote",
		FIRST "index 4\n" HASH "x" HASH "\nnote",
		"c2sp.org/tlog-proof@v2\nindex 4\n\nnote",
		"c2sp.org/tlog-proof@v1\r\nindex 4\n\nnote",
	};
	struct arena *arena = lab_arena();
	struct proof_file file;
	struct error err;
	struct buf many;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		tap_note("case %zu", i);
		check(proof_file_parse(&file, span_text(bad[i]), arena, &err) ==
		    -1);
		check_int(err.code, E_PROOF_SYNTAX);
	}
	buf_init(&many, 2 * PROOF_FILE_MAX);
	buf_text(&many, FIRST "index 4\n");
	for (size_t i = 0; i < TREE_PROOF_MAX; i++)
		buf_text(&many, HASH);
	buf_text(&many, "\nnote");
	check(proof_file_parse(&file, buf_span(&many), arena, &err) == 0);
	check(file.proof.n == TREE_PROOF_MAX);
	buf_drop(&many, many.len);
	buf_text(&many, FIRST "index 4\n");
	for (size_t i = 0; i <= TREE_PROOF_MAX; i++)
		buf_text(&many, HASH);
	buf_text(&many, "\nnote");
	check(proof_file_parse(&file, buf_span(&many), arena, &err) == -1);
	while (many.len <= PROOF_FILE_MAX)
		buf_text(&many, HASH);
	check(proof_file_parse(&file, buf_span(&many), arena, &err) == -1);
	check_int(err.code, E_TOO_LARGE);
	buf_clear(&many);
}
