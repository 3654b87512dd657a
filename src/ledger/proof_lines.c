#include "ledger/proof_lines.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "ledger/checkpoint.h"
#include "ledger/line.h"
#include "ledger/tree.h"

int
proof_lines_parse(struct proof *out, struct span *rest, struct arena *arena,
    struct error *err)
{
	struct proof proof = { .n = 0 };
	struct span lines = *rest, line;

	for (;;) {
		if (!line_next(&line, &lines))
			return error_set(err, E_SYNTAX, "no empty line");
		if (line.len == 0)
			break;
		if (proof.n == TREE_PROOF_MAX)
			return error_set(err, E_SYNTAX, "more than %zu hashes",
			    TREE_PROOF_MAX);
		if (checkpoint_hash_parse(&proof.hashes[proof.n], line, arena,
			err) == -1)
			return -1;
		proof.n++;
	}
	*out = proof;
	*rest = lines;
	return 0;
}

void
proof_lines_write(struct buf *out, const struct proof *proof)
{
	for (size_t i = 0; i < proof->n; i++) {
		encode_base64(out, hash_span(&proof->hashes[i]));
		buf_text(out, "\n");
	}
	buf_text(out, "\n");
}
