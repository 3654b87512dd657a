#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/error.h"
#include "ledger/checkpoint.h"
#include "ledger/line.h"
#include "tests/interop/shelf.h"
#include "tests/lab.h"

#define SHELF_PATH_MAX ((size_t)1024)

const char *
shelf_path(const struct shelf *shelf, const char *fmt, ...)
{
	char name[SHELF_PATH_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(name))
		errx(1, "%s: a name too long", fmt);
	return arena_printf(shelf->arena, "%s/%s", shelf->dir, name);
}

struct span
shelf_file(const struct shelf *shelf, const char *name)
{
	return lab_file(shelf->arena, shelf_path(shelf, "%s", name));
}

void
shelf_write(const struct shelf *shelf, const char *name, struct buf *buf)
{
	struct error error;

	if (buf_check(buf, &error) == -1)
		errx(1, "%s: %s", name, error.detail);
	lab_write(shelf_path(shelf, "%s", name), buf_span(buf));
	buf_clear(buf);
}

struct span
shelf_word(struct span *line)
{
	struct span word = *line;

	word.len = span_find(*line, ' ');
	if (word.len == 0)
		errx(1, "a word is missing");
	*line = span_skip(*line, word.len + 1);
	return word;
}

uint64_t
shelf_number(struct span *line)
{
	struct span word = shelf_word(line);
	struct error error;
	uint64_t number;

	if (checkpoint_size_parse(&number, word, &error) == -1)
		errx(1, "%.*s: no number", (int)word.len, word.ptr);
	return number;
}

struct proof
shelf_proof(struct span line, struct arena *arena)
{
	struct proof proof = { 0 };
	struct error error;

	while (line.len > 0) {
		if (proof.n == TREE_PROOF_MAX)
			errx(1, "a proof too long");
		if (checkpoint_hash_parse(&proof.hashes[proof.n++],
			shelf_word(&line), arena, &error) == -1)
			errx(1, "a hash of a proof: %s", error.detail);
	}
	return proof;
}

struct checkpoint
shelf_head(const struct shelf *shelf, uint64_t size)
{
	return (struct checkpoint){ shelf->log.name, size,
		ledger_log_root(shelf->entries, size) };
}

static void
read_keys(struct shelf *shelf)
{
	struct span rest = shelf_file(shelf, "keys"), line;
	struct error error;
	bool has_log = false, has_mirror = false;

	while (line_next(&line, &rest)) {
		struct span what = shelf_word(&line);
		struct note_key key;

		if (note_key_parse(&key, line, shelf->arena, &error) == -1)
			errx(1, "keys: %s", error.detail);
		if (span_is_text(what, "log")) {
			shelf->log = key;
			has_log = true;
		} else if (span_is_text(what, "mirror")) {
			shelf->mirror = key;
			has_mirror = true;
		}
	}
	if (!has_log || !has_mirror)
		errx(1, "keys: one is missing");
}

struct shelf
shelf_read(const char *dir)
{
	struct shelf shelf = { .arena = lab_arena(), .dir = dir };
	struct span rest, line, entry;
	struct error error;

	read_keys(&shelf);
	shelf.entries = ledger_log_new(shelf.arena, SHELF_ENTRIES_MAX);
	rest = shelf_file(&shelf, "leaves");
	while (line_next(&line, &rest)) {
		if (decode_hex(&entry, line, shelf.arena, &error) == -1)
			errx(1, "leaves: %s", error.detail);
		ledger_log_append(shelf.entries, entry);
	}
	return shelf;
}
