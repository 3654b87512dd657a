#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/fuzzlog.h"
#include "tests/support/identities.h"
#include "tests/support/samples.h"

#define ENTRY_MAX 40

static char entries[FUZZLOG_SIZE][ENTRY_MAX];
static struct hash leaves[FUZZLOG_SIZE];
static struct tree_leaves all = { leaves, FUZZLOG_SIZE };

static void
fill(void)
{
	if (entries[0][0] != '\0')
		return;
	for (uint64_t i = 0; i < FUZZLOG_SIZE; i++) {
		snprintf(entries[i], ENTRY_MAX, "%" PRIu64 "%.*s", i,
		    (int)(i * i % 17), "abcdefghijklmnopqrst");
		leaves[i] = tree_leaf_hash(span_text(entries[i]));
	}
}

struct note_key
fuzzlog_key(void)
{
	return note_key_of(NOTE_KEY_LOG, span_text(SAMPLES_SOUTH),
	    identity_of(IDENTITY_SOUTH)->log_public);
}

struct span
fuzzlog_entry(uint64_t index)
{
	fill();
	fuzz_must(index < FUZZLOG_SIZE);
	return span_text(entries[index]);
}

static int
take_entry(void *ctx UNUSED, uint64_t index, struct span *out,
    struct error *err UNUSED)
{
	*out = fuzzlog_entry(index);
	return 0;
}

struct mirror_source
fuzzlog_source(void)
{
	fill();
	return (
	    struct mirror_source){ take_entry, NULL, tree_leaves_reader(&all) };
}

struct checkpoint
fuzzlog_head(uint64_t size)
{
	struct checkpoint head = { .origin = span_text(SAMPLES_SOUTH),
		.size = size };
	struct tree_reader reader;
	struct error err;

	fill();
	reader = tree_leaves_reader(&all);
	fuzz_done(tree_root_at(&head.root, &reader, size, &err), &err);
	return head;
}

void
fuzzlog_sign_again(struct buf *out, struct span bytes)
{
	const uint8_t *divide =
	    bytes.len < 2 ? NULL : memmem(bytes.ptr, bytes.len, "\n\n", 2);
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	struct note_key key = fuzzlog_key();
	struct error err;
	struct span text;

	if (divide == NULL)
		return;
	text = span_of(bytes.ptr, (size_t)(divide - bytes.ptr) + 1);
	fuzz_done(ed25519_sign(signature, identity_of(IDENTITY_SOUTH)->log,
		      text, &err),
	    &err);
	buf_add(out, text);
	buf_text(out, "\n");
	note_write_line(out, &key, span_of(signature, sizeof(signature)));
	buf_add(out, span_skip(bytes, text.len + 1));
}
