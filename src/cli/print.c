#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/utf8.h"
#include "cli/print.h"
#include "formats/json.h"

/* A reply and what indenting adds. */
#define JSON_TEXT_MAX ((size_t)256 << 20)

/* Code points that steer a terminal or the reader's eye, inclusive. */
static const struct {
	uint32_t first, last;
} steering[] = {
	/* clang-format off */
	{ 0x0000, 0x001f },   /* C0 */
	{ 0x007f, 0x009f },   /* DEL, C1 */
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x061c, 0x061c },   /* direction marks, UAX 9 */
	{ 0x200b, 0x200f },
	{ 0x2028, 0x202e },
	{ 0x2060, 0x206f },
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff9, 0xfffb },   /* annotations */
	/* clang-format on */
};

static bool
is_steering(uint32_t c)
{
	for (size_t i = 0; i < COUNT_OF(steering); i++)
		if (c >= steering[i].first && c <= steering[i].last)
			return true;
	return c >= 0xe0000; /* tags and private planes */
}

static void
print_escaped(FILE *out, uint32_t c)
{
	if (c < 0x10000)
		fprintf(out, "\\u%04x", (unsigned)c);
	else /* as JSON does */
		fprintf(out, "\\u%04x\\u%04x",
		    (unsigned)(0xd800 + ((c - 0x10000) >> 10)),
		    (unsigned)(0xdc00 + ((c - 0x10000) & 0x3ff)));
}

void
cli_print_text(FILE *out, struct span text, enum print_lines lines)
{
	while (text.len > 0) {
		struct span before = text;
		struct error err;
		uint32_t c;

		if (utf8_next(&c, &text, &err) == -1) {
			fprintf(out, "\\x%02x", before.ptr[0]);
			text = span_skip(before, 1);
		} else if (lines == PRINT_LINES && (c == '\n' || c == '\t')) {
			putc((int)c, out);
		} else if (is_steering(c)) {
			print_escaped(out, c);
		} else {
			fwrite(before.ptr, 1, before.len - text.len, out);
		}
	}
}

void
cli_print_block(FILE *out, struct span text, const char *indent)
{
	while (text.len > 0) {
		size_t n = span_find(text, '\n');
		struct span line = span_of(text.ptr, n);

		if (n > 0 && line.ptr[n - 1] == '\r')
			line.len--;
		fputs(indent, out);
		cli_print_text(out, line, PRINT_LINES);
		putc('\n', out);
		text = span_skip(text, n + 1);
	}
}

size_t
cli_print_width(struct span text)
{
	size_t n = 0;

	while (text.len > 0) {
		struct error err;
		uint32_t c;

		if (utf8_next(&c, &text, &err) == -1) {
			text = span_skip(text, 1);
			n += strlen("\\xff");
		} else {
			n += is_steering(c) ? strlen("\\uffff") : 1;
		}
	}
	return n;
}

void
cli_print_wrapped(FILE *out, struct span text, const char *indent)
{
	size_t column = 0;

	while (text.len > 0) {
		size_t n = span_find(text, ' ');
		struct span word = span_of(text.ptr, n);
		size_t width = cli_print_width(word) + 1;

		if (column > 0 && column + width > PRINT_WIDTH) {
			putc('\n', out);
			column = 0;
		}
		if (column == 0) {
			fputs(indent, out);
			column = strlen(indent);
		} else {
			putc(' ', out);
		}
		cli_print_text(out, word, PRINT_ONE_LINE);
		column += width;
		text = span_skip(text, n + 1);
	}
	if (column > 0)
		putc('\n', out);
}

void
cli_print_cell(FILE *out, struct span text, size_t width)
{
	cli_print_text(out, text, PRINT_ONE_LINE);
	if (width == 0)
		return;
	for (size_t n = cli_print_width(text); n < width; n++)
		putc(' ', out);
	fputs("  ", out);
}

void
cli_print_json(FILE *out, const struct json *json)
{
	struct buf buf;

	buf_init(&buf, JSON_TEXT_MAX);
	json_write_pretty(&buf, json);
	cli_print_text(out, buf_span(&buf), PRINT_LINES);
	buf_clear(&buf);
}

void
cli_print_words(FILE *out, enum vocabulary vocabulary, const char *indent)
{
	enum word first = vocabulary_first(vocabulary);
	unsigned n = vocabulary_size(vocabulary);
	size_t column = 0;

	for (unsigned i = 0; i < n; i++) {
		const char *word = word_name(first + i);
		size_t len = strlen(word) + 2;

		if (column + len > PRINT_WIDTH && column > 0) {
			putc('\n', out);
			column = 0;
		}
		if (column == 0) {
			fputs(indent, out);
			column = strlen(indent);
		} else {
			putc(' ', out);
		}
		fprintf(out, "%s%s", word, i + 1 < n ? "," : "");
		column += len;
	}
	putc('\n', out);
}

void
cli_print_error(const char *what, const struct error *why)
{
	fprintf(stderr, "demarche: %s: %s (", what, error_text(why->code));
	if (why->detail[0] != '\0') {
		cli_print_text(stderr, span_text(why->detail), PRINT_ONE_LINE);
		fputs("; ", stderr);
	}
	fprintf(stderr, "fault: %s)\n",
	    error_fault_name(error_fault(why->code)));
}
