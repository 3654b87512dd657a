#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/utf8.h"
#include "ledger/cosignature.h"
#include "ledger/line.h"
#include "ledger/note.h"
#include "seal/ed25519.h"

/* U+2014 and a space */
#define NOTE_LINE_START "\xe2\x80\x94 "

static int
check_text(struct span bytes, struct error *err)
{
	uint32_t point;

	while (bytes.len > 0) {
		if (utf8_next(&point, &bytes, err) == -1)
			return error_set(err, E_NOTE_SYNTAX, "not UTF-8");
		if (point < 0x20 && point != '\n')
			return error_set(err, E_NOTE_SYNTAX,
			    "control character U+%04X", (unsigned)point);
	}
	return 0;
}

static int
parse_line(struct note_line *out, struct span text, struct arena *arena,
    struct error *err)
{
	struct note_line line = { .text = text };
	struct span rest = span_of(text.ptr, text.len - 1), raw;
	size_t name_len;

	if (!line_skip(&rest, NOTE_LINE_START))
		return error_set(err, E_NOTE_SYNTAX, "no dash before a line");
	name_len = span_find(rest, ' ');
	line.name = span_of(rest.ptr, name_len);
	if (note_name_check(line.name, err) == -1)
		return -1;
	if (decode_base64(&raw, span_skip(rest, name_len + 1), arena, err) ==
	    -1)
		return error_set(err, E_NOTE_SYNTAX, "signature not base64");
	if (raw.len <= NOTE_KEY_ID_BYTES ||
	    raw.len > NOTE_KEY_ID_BYTES + NOTE_SIGNATURE_MAX)
		return error_set(err, E_NOTE_SYNTAX, "signature of %zu bytes",
		    raw.len);
	memcpy(line.id, raw.ptr, NOTE_KEY_ID_BYTES);
	line.signature = span_skip(raw, NOTE_KEY_ID_BYTES);
	*out = line;
	return 0;
}

static int
parse_lines(struct note *note, struct span lines, struct arena *arena,
    struct error *err)
{
	struct span start = lines, line;

	while (line_next(&line, &lines)) {
		struct span whole = span_of(start.ptr, line.len + 1);

		if (note->n == NOTE_LINES_MAX)
			return error_set(err, E_NOTE_SYNTAX,
			    "more than %zu signatures", NOTE_LINES_MAX);
		if (parse_line(&note->lines[note->n], whole, arena, err) == -1)
			return -1;
		note->n++;
		start = lines;
	}
	if (lines.len > 0)
		return error_set(err, E_NOTE_SYNTAX, "last line has no end");
	if (note->n == 0)
		return error_set(err, E_NOTE_SYNTAX, "no signatures");
	return 0;
}

/* The length of the text with its LF, up to the last empty line; 0: none. */
static size_t
find_last_empty_line(struct span bytes)
{
	for (size_t i = bytes.len; i >= 2; i--)
		if (bytes.ptr[i - 1] == '\n' && bytes.ptr[i - 2] == '\n')
			return i - 1;
	return 0;
}

int
note_parse(struct note *out, struct span bytes, struct arena *arena,
    struct error *err)
{
	struct note note = { .n = 0 };
	size_t len;

	if (bytes.len > NOTE_SIZE_MAX)
		return error_set(err, E_TOO_LARGE, "a note of %zu bytes",
		    bytes.len);
	if (check_text(bytes, err) == -1)
		return -1;
	if ((len = find_last_empty_line(bytes)) == 0)
		return error_set(err, E_NOTE_SYNTAX, "no empty line");
	note.text = span_of(bytes.ptr, len);
	if (parse_lines(&note, span_skip(bytes, len + 1), arena, err) == -1)
		return -1;
	*out = note;
	return 0;
}

static int
check_log_line(const struct note_key *key, struct span text,
    struct span signature, struct error *err)
{
	if (signature.len != ED25519_SIGNATURE_BYTES)
		return error_set(err, E_NOTE_SIGNATURE, "%zu bytes",
		    signature.len);
	return ed25519_verify(key->public_key, text, signature.ptr, err);
}

static int
check_line(struct note_line *line, const struct note_key *key, struct span text,
    struct error *err)
{
	int rc = -1;

	switch (key->type) {
	case NOTE_KEY_LOG:
		rc = check_log_line(key, text, line->signature, err);
		break;
	case NOTE_KEY_COSIGNER:
		rc = cosignature_check(&line->at, key, text, line->signature,
		    err);
		break;
	}
	if (rc == 0)
		line->key = key;
	return rc;
}

static bool
is_by(const struct note_line *line, const struct note_key *key)
{
	return span_is_equal(line->name, key->name) &&
	    memcmp(line->id, key->id, sizeof(key->id)) == 0;
}

int
note_check(struct note *note, const struct note_key *keys, size_t n,
    struct error *err)
{
	bool is_signed = false;

	for (size_t i = 0; i < note->n; i++) {
		for (size_t k = 0; k < n; k++) {
			if (!is_by(&note->lines[i], &keys[k]))
				continue;
			if (check_line(&note->lines[i], &keys[k], note->text,
				err) == -1)
				return -1;
			is_signed = true;
			break;
		}
	}
	if (!is_signed)
		return error_set(err, E_NOTE_UNSIGNED, "%zu lines", note->n);
	return 0;
}

int
note_open(struct note *out, struct span bytes, const struct note_key *keys,
    size_t n, struct arena *arena, struct error *err)
{
	struct note note;

	if (note_parse(&note, bytes, arena, err) == -1)
		return -1;
	if (note_check(&note, keys, n, err) == -1)
		return -1;
	*out = note;
	return 0;
}

int
note_open_lines(struct note *out, struct span text, struct span lines,
    const struct note_key *keys, size_t n, struct arena *arena,
    struct error *err)
{
	struct note note = { .text = text };

	if (lines.len > NOTE_SIZE_MAX)
		return error_set(err, E_TOO_LARGE, "lines of %zu bytes",
		    lines.len);
	if (check_text(lines, err) == -1)
		return -1;
	if (parse_lines(&note, lines, arena, err) == -1)
		return -1;
	if (note_check(&note, keys, n, err) == -1)
		return -1;
	*out = note;
	return 0;
}

const struct note_line *
note_line_of(const struct note *note, const struct note_key *key)
{
	for (size_t i = 0; i < note->n; i++)
		if (note->lines[i].key != NULL &&
		    note_key_is_equal(note->lines[i].key, key))
			return &note->lines[i];
	return NULL;
}

void
note_write_line(struct buf *out, const struct note_key *key,
    struct span signature)
{
	struct buf raw;

	buf_init(&raw, NOTE_KEY_ID_BYTES + NOTE_SIGNATURE_MAX);
	buf_add(&raw, span_of(key->id, sizeof(key->id)));
	buf_add(&raw, signature);
	buf_text(out, NOTE_LINE_START);
	buf_add(out, key->name);
	buf_text(out, " ");
	encode_base64(out, buf_span(&raw));
	buf_text(out, "\n");
	buf_clear(&raw);
}

/* A line just like it has been written already. */
static bool
is_repeated(const struct note *note, size_t line)
{
	for (size_t i = 0; i < line; i++)
		if (span_is_equal(note->lines[i].text, note->lines[line].text))
			return true;
	return false;
}

void
note_write_subset(struct buf *out, const struct note *note,
    const struct note_key *keys, size_t n)
{
	buf_add(out, note->text);
	buf_text(out, "\n");
	for (size_t i = 0; i < note->n; i++) {
		const struct note_line *line = &note->lines[i];

		for (size_t k = 0; line->key != NULL && k < n; k++) {
			if (!note_key_is_equal(line->key, &keys[k]))
				continue;
			if (!is_repeated(note, i))
				buf_add(out, line->text);
			break;
		}
	}
}
