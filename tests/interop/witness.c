#include <err.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/error.h"
#include "ledger/checkpoint.h"
#include "ledger/witness.h"
#include "tests/interop/shelf.h"
#include "tests/lab.h"
#include "tests/support/identities.h"

static uint64_t
number(const char *text)
{
	struct span span = span_text(text);

	return shelf_number(&span);
}

static void
print(struct buf *buf)
{
	if (fwrite(buf->ptr, 1, buf->len, stdout) != buf->len)
		err(1, "stdout");
	buf_clear(buf);
}

/*
 * vkey NAME BASE64: the verifier key of a cosigner, from an SSH public key
 * (RFC 8709 section 4: its last 32 bytes).
 */
int
export_vkey(char *argv[])
{
	struct note_key key;
	struct error error;
	struct buf buf;
	struct span blob;

	if (decode_base64(&blob, span_text(argv[1]), lab_arena(), &error) ==
		-1 ||
	    blob.len < NOTE_PUBLIC_BYTES)
		errx(1, "no SSH key");
	key = note_key_of(NOTE_KEY_COSIGNER, span_text(argv[0]),
	    span_skip(blob, blob.len - NOTE_PUBLIC_BYTES).ptr);
	buf_init(&buf, NOTE_VKEY_MAX);
	note_key_write(&buf, &key);
	buf_text(&buf, "\n");
	print(&buf);
	return 0;
}

/* The same log with another entry 1. */
static void
fork_log(struct shelf *shelf)
{
	struct ledger_log *fork =
	    ledger_log_new(shelf->arena, SHELF_ENTRIES_MAX);

	for (uint64_t i = 0; i < shelf->entries->tree.size; i++)
		ledger_log_append(fork,
		    i == 1 ? span_text("another") : shelf->entries->entries[i]);
	shelf->entries = fork;
}

/* ${out} is the note of ${shelf}'s log over ${head}; ${is_bad}: a bit off. */
static void
sign(struct buf *out, const struct shelf *shelf, const struct checkpoint *head,
    bool is_bad)
{
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	struct error error;
	struct buf text;

	buf_init(&text, CHECKPOINT_TEXT_MAX);
	checkpoint_write(&text, head);
	if (ed25519_sign(signature, identity_of(IDENTITY_NORTH)->log,
		buf_span(&text), &error) == -1)
		errx(1, "note: %s", error.detail);
	signature[0] ^= is_bad;
	buf_add(out, buf_span(&text));
	buf_text(out, "\n");
	note_write_line(out, &shelf->log,
	    span_of(signature, sizeof(signature)));
	buf_clear(&text);
}

/*
 * request DIR OLD SIZE HOW: the body of add-checkpoint for the log in DIR.
 * HOW: "good"; "fork", from the same log with another entry 1; or "proof" or
 * "note", with a bit of it flipped.
 */
int
export_request(char *argv[])
{
	struct shelf shelf = shelf_read(argv[0]);
	struct witness_request request = { .old = number(argv[1]) };
	struct tree_reader reader;
	struct checkpoint head;
	struct buf note, body;
	struct error error;

	if (strcmp(argv[3], "fork") == 0)
		fork_log(&shelf);
	head = shelf_head(&shelf, number(argv[2]));
	reader = ledger_log_reader(shelf.entries);
	buf_init(&note, NOTE_SIZE_MAX);
	buf_init(&body, WITNESS_REQUEST_MAX);
	if (request.old > 0 && request.old < head.size &&
	    tree_prove(&request.proof, &reader, 0, request.old, head.size,
		&error) == -1)
		errx(1, "proof: %s", error.detail);
	sign(&note, &shelf, &head, strcmp(argv[3], "note") == 0);
	if (strcmp(argv[3], "proof") == 0)
		request.proof.hashes[0].bytes[0] ^= 1;
	request.note = buf_span(&note);
	witness_request_write(&body, &request);
	print(&body);
	buf_clear(&note);
	return 0;
}

/* ${lines} hold one of ${key} for ${text}; then *${at} is its time. */
static bool
is_cosigned(struct instant *at, struct span text, struct span lines,
    const struct note_key *key)
{
	struct arena *arena = arena_new();
	const struct note_line *line = NULL;
	struct error error;
	struct note note;

	if (note_open_lines(&note, text, lines, key, 1, arena, &error) == 0 &&
	    (line = note_line_of(&note, key)) != NULL)
		*at = line->at;
	arena_free(arena);
	return line != NULL;
}

/*
 * cosigned DIR SIZE VKEY LINES: verify the lines that a witness answered for
 * the head at SIZE, and no damaged ones; print their time, and put the head
 * with our line and theirs in DIR/witnessed.
 */
int
export_cosigned(char *argv[])
{
	struct shelf shelf = shelf_read(argv[0]);
	struct checkpoint head = shelf_head(&shelf, number(argv[1]));
	struct span lines = lab_file(shelf.arena, argv[3]);
	uint8_t *copy = arena_alloc(shelf.arena, lines.len + 1);
	struct buf text, note;
	struct note_key key;
	struct error error;
	struct instant at, never;

	buf_init(&text, CHECKPOINT_TEXT_MAX);
	buf_init(&note, NOTE_SIZE_MAX);
	checkpoint_write(&text, &head);
	if (note_key_parse(&key, span_text(argv[2]), shelf.arena, &error) == -1)
		errx(1, "%s: %s", argv[2], error.detail);
	if (!is_cosigned(&at, buf_span(&text), lines, &key))
		errx(1, "the witness's lines do not verify");
	for (size_t i = 0; i < lines.len; i++) {
		for (size_t k = 0; k < lines.len; k++)
			copy[k] = lines.ptr[k];
		copy[i] ^= (uint8_t)(1 << i % 8);
		if (is_cosigned(&never, buf_span(&text),
			span_of(copy, lines.len), &key))
			errx(1, "taken with byte %zu damaged", i);
	}
	printf("%jd\n", (intmax_t)at.s);
	sign(&note, &shelf, &head, false);
	buf_add(&note, lines);
	shelf_write(&shelf, "witnessed", &note);
	buf_clear(&text);
	return 0;
}

/* known FILE: the size that the body of a 409 tells. */
int
export_known(char *argv[])
{
	struct error error;
	uint64_t size;

	if (witness_size_parse(&size, lab_file(lab_arena(), argv[0]), &error) ==
	    -1)
		errx(1, "%s: %s", argv[0], error.detail);
	printf("%ju\n", (uintmax_t)size);
	return 0;
}
