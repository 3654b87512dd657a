#include "keeper/journal.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "seal/digest.h"

/* Bytes of the chain that stand in a line, and their hex digits. */
#define SUM_BYTES ((size_t)8)
#define SUM_DIGITS (2 * SUM_BYTES)

int
journal_split(struct journal_line *out, struct span text, struct error *err)
{
	struct span rest = text;

	out->n = 0;
	for (;;) {
		struct span word = rest;

		word.len = span_find(rest, ' ');
		if (word.len == 0 || out->n == JOURNAL_WORDS_MAX)
			return error_set(err, E_KEEPER_JOURNAL,
			    "not the words of a line");
		out->words[out->n++] = word;
		if (word.len == rest.len)
			return 0;
		rest = span_skip(rest, word.len + 1);
	}
}

static void
chain_add(struct journal_chain *chain, struct span text)
{
	struct span parts[] = { hash_span(&chain->hash), text };

	chain->hash = digest_parts(parts, COUNT_OF(parts));
}

/* " <checksum>" of the chain as it stands. */
static void
write_sum(struct buf *out, const struct journal_chain *chain)
{
	buf_u8(out, ' ');
	encode_hex(out, span_of(chain->hash.bytes, SUM_BYTES));
}

void
journal_write(struct buf *out, struct journal_chain *chain, struct span text)
{
	chain_add(chain, text);
	buf_add(out, text);
	write_sum(out, chain);
	buf_u8(out, '\n');
}

/* Check the checksum at the end of ${line} and cut it off. */
static int
take_sum(struct span *line, struct journal_chain *chain, struct error *err)
{
	struct span sum;
	struct buf want;
	bool is_good;

	if (line->len > JOURNAL_LINE_MAX || line->len <= SUM_DIGITS + 1)
		return error_set(err, E_KEEPER_JOURNAL, "a line of %zu bytes",
		    line->len);
	sum = span_skip(*line, line->len - SUM_DIGITS - 1);
	line->len -= sum.len;
	chain_add(chain, *line);
	buf_init(&want, SUM_DIGITS + 1);
	write_sum(&want, chain);
	is_good = span_is_equal(sum, buf_span(&want));
	buf_clear(&want);
	if (!is_good)
		return error_set(err, E_KEEPER_JOURNAL, "wrong checksum");
	return 0;
}

int
journal_read(struct span bytes, struct journal_chain *chain, bool *is_torn,
    int (*each)(void *ctx, const struct journal_line *line, struct error *err),
    void *ctx, struct error *err)
{
	struct span rest = bytes;
	size_t number = 1;

	*chain = (struct journal_chain){ 0 };
	for (; rest.len > 0; number++) {
		struct span line = rest;
		struct journal_line words;
		struct error why;

		line.len = span_find(rest, '\n');
		if (line.len == rest.len)
			break;
		rest = span_skip(rest, line.len + 1);
		if (take_sum(&line, chain, &why) == -1 ||
		    journal_split(&words, line, &why) == -1 ||
		    each(ctx, &words, &why) == -1)
			return error_set(err, why.code, "line %zu: %.200s",
			    number, why.detail);
	}
	*is_torn = rest.len > 0;
	return 0;
}
