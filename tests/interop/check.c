#include <err.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "ledger/checkpoint.h"
#include "ledger/line.h"
#include "ledger/proof_file.h"
#include "tests/interop/shelf.h"
#include "tests/lab.h"

/* One file in so many has each of its bytes damaged. */
#define DAMAGED_ONE_IN 8

static struct {
	size_t roots, inclusion, consistency, notes, files, refused;
} done;

static void
flip(struct hash *hash)
{
	hash->bytes[done.refused % HASH_BYTES] ^=
	    (uint8_t)(1 << done.refused % 8);
}

/* Everything but the hashes, which are given so that they can be damaged. */
struct claim {
	bool is_inclusion;
	uint64_t a, size;
	struct proof proof;
	struct hash first, root;
};

static bool
holds(const struct claim *claim)
{
	struct error error;

	if (claim->is_inclusion)
		return tree_check_inclusion(&claim->first, claim->a,
			   claim->size, &claim->proof, &claim->root,
			   &error) == 0;
	return tree_check_consistency(claim->a, &claim->first, claim->size,
		   &claim->root, &claim->proof, &error) == 0;
}

static void
refuse(const struct claim *claim, const char *what)
{
	if (holds(claim))
		errx(1, "%ju in %ju: taken with a bit of %s flipped",
		    (uintmax_t)claim->a, (uintmax_t)claim->size, what);
	done.refused++;
}

static void
try_claim(const struct claim *claim)
{
	struct claim bad;

	if (!holds(claim))
		errx(1, "%s of %ju in %ju refused",
		    claim->is_inclusion ? "inclusion" : "consistency",
		    (uintmax_t)claim->a, (uintmax_t)claim->size);
	bad = *claim;
	flip(&bad.first);
	refuse(&bad, "the first hash");
	bad = *claim;
	flip(&bad.root);
	refuse(&bad, "the root");
	for (size_t i = 0; i < claim->proof.n; i++) {
		bad = *claim;
		flip(&bad.proof.hashes[i]);
		refuse(&bad, "the proof");
	}
}

static size_t
check_proofs(const struct shelf *shelf, const char *name, bool is_inclusion)
{
	struct span rest = shelf_file(shelf, name), line;
	struct arena *arena = arena_new();
	size_t n = 0;

	while (line_next(&line, &rest)) {
		struct claim claim = { .is_inclusion = is_inclusion };

		claim.a = shelf_number(&line);
		claim.size = shelf_number(&line);
		if (claim.size > shelf->entries->tree.size ||
		    claim.a > claim.size ||
		    (is_inclusion && claim.a == claim.size))
			errx(1, "%s: no such entry", name);
		claim.proof = shelf_proof(line, arena);
		claim.root = ledger_log_root(shelf->entries, claim.size);
		claim.first = is_inclusion ?
		    tree_leaf_hash(shelf->entries->entries[claim.a]) :
		    ledger_log_root(shelf->entries, claim.a);
		try_claim(&claim);
		arena_reset(arena);
		n++;
	}
	arena_free(arena);
	return n;
}

static void
check_roots(const struct shelf *shelf)
{
	struct span rest = shelf_file(shelf, "roots"), line;
	struct error error;

	while (line_next(&line, &rest)) {
		uint64_t size = shelf_number(&line);
		struct hash ours, theirs;

		if (size > shelf->entries->tree.size)
			errx(1, "roots: no such size");
		ours = ledger_log_root(shelf->entries, size);
		if (checkpoint_hash_parse(&theirs, line, shelf->arena,
			&error) == -1 ||
		    !hash_is_equal(&ours, &theirs))
			errx(1, "the root of %ju differs", (uintmax_t)size);
		done.roots++;
	}
}

/* The note ${bytes} is the head at ${size} with the lines of both keys. */
static bool
is_head(const struct shelf *shelf, uint64_t size, struct span bytes,
    struct arena *arena)
{
	struct hash root = ledger_log_root(shelf->entries, size);
	struct checkpoint head;
	struct error error;
	struct note note;

	return checkpoint_open(&head, &note, bytes, &shelf->log, &shelf->mirror,
		   1, arena, &error) == 0 &&
	    note_line_of(&note, &shelf->log) != NULL &&
	    note_line_of(&note, &shelf->mirror) != NULL && head.size == size &&
	    hash_is_equal(&head.root, &root);
}

/* ${bytes} is a proof that entry ${index} is below the head at ${size}. */
static bool
is_file(const struct shelf *shelf, uint64_t index, uint64_t size,
    struct span bytes, struct arena *arena)
{
	struct hash leaf = tree_leaf_hash(shelf->entries->entries[index]);
	struct checkpoint head = shelf_head(shelf, size);
	struct proof_file file;
	struct error error;

	return proof_file_parse(&file, bytes, arena, &error) == 0 &&
	    file.index == index && is_head(shelf, size, file.note, arena) &&
	    proof_file_check(&file, &leaf, &head, &error) == 0;
}

static void
check_notes(const struct shelf *shelf)
{
	struct span rest = shelf_file(shelf, "heads"), line;
	struct arena *arena = arena_new();

	while (line_next(&line, &rest)) {
		uint64_t size = shelf_number(&line);
		const char *path =
		    shelf_path(shelf, "checkpoint.%ju", (uintmax_t)size);
		struct span bytes = lab_file(arena, path);
		uint8_t *copy = arena_alloc(arena, bytes.len);

		if (size > shelf->entries->tree.size ||
		    !is_head(shelf, size, bytes, arena))
			errx(1, "%s refused", path);
		for (size_t i = 0; i < bytes.len; i++) {
			for (size_t k = 0; k < bytes.len; k++)
				copy[k] = bytes.ptr[k];
			copy[i] ^= (uint8_t)(1 << i % 8);
			if (is_head(shelf, size, span_of(copy, bytes.len),
				arena))
				errx(1, "%s: taken with byte %zu damaged", path,
				    i);
			done.refused++;
		}
		arena_reset(arena);
		done.notes++;
	}
	arena_free(arena);
}

/* Nothing vouches for the second line, if it is "extra". */
static void
damage_file(const struct shelf *shelf, uint64_t index, uint64_t size,
    struct span bytes, struct arena *arena)
{
	uint8_t *copy = arena_alloc(arena, bytes.len);
	struct span rest = bytes, line;
	size_t from = 0, to = 0;

	if (!line_next(&line, &rest))
		errx(1, "a proof file without lines");
	from = to = line.len + 1;
	if (line_next(&line, &rest) && line_skip(&line, "extra "))
		to = bytes.len - rest.len;
	for (size_t i = 0; i < bytes.len; i++) {
		if (from <= i && i < to)
			continue;
		for (size_t k = 0; k < bytes.len; k++)
			copy[k] = bytes.ptr[k];
		copy[i] ^= (uint8_t)(1 << i % 8);
		if (is_file(shelf, index, size, span_of(copy, bytes.len),
			arena))
			errx(1, "proof of %ju: taken with byte %zu damaged",
			    (uintmax_t)index, i);
		done.refused++;
	}
}

static void
check_files(const struct shelf *shelf)
{
	struct span rest = shelf_file(shelf, "proofs"), line;
	struct arena *arena = arena_new();

	while (line_next(&line, &rest)) {
		uint64_t index = shelf_number(&line);
		uint64_t size = shelf_number(&line);
		const char *path = shelf_path(shelf, "proof.%ju.%ju.tlog-proof",
		    (uintmax_t)index, (uintmax_t)size);
		struct span bytes = lab_file(arena, path);

		if (index >= size || size > shelf->entries->tree.size ||
		    !is_file(shelf, index, size, bytes, arena))
			errx(1, "%s refused", path);
		if (done.files++ % DAMAGED_ONE_IN == 0)
			damage_file(shelf, index, size, bytes, arena);
		arena_reset(arena);
	}
	arena_free(arena);
}

int
export_check(char *argv[])
{
	struct shelf shelf = shelf_read(argv[0]);

	check_roots(&shelf);
	done.inclusion = check_proofs(&shelf, "inclusion", true);
	done.consistency = check_proofs(&shelf, "consistency", false);
	check_notes(&shelf);
	check_files(&shelf);
	if (done.roots == 0 || done.inclusion == 0 || done.consistency == 0 ||
	    done.notes == 0 || done.files == 0)
		errx(1, "%s: nothing to check", argv[0]);
	printf("%zu roots, %zu inclusion and %zu consistency proofs, %zu notes"
	       " and %zu proof files taken; %zu damaged ones refused\n",
	    done.roots, done.inclusion, done.consistency, done.notes,
	    done.files, done.refused);
	return 0;
}
