#include "ledger/proof_file.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "ledger/checkpoint.h"
#include "ledger/line.h"
#include "ledger/proof_lines.h"

#define FIRST_LINE "c2sp.org/tlog-proof@v1"

static int
parse_extra(struct proof_file *file, struct span line, struct arena *arena,
    struct error *err)
{
	if (line.len > PROOF_FILE_EXTRA_MAX)
		return error_set(err, E_TOO_LARGE, "extra of %zu", line.len);
	if (decode_base64(&file->extra, line, arena, err) == -1)
		return error_set(err, E_PROOF_SYNTAX, "extra is not base64");
	file->has_extra = true;
	return 0;
}

int
proof_file_parse(struct proof_file *out, struct span bytes, struct arena *arena,
    struct error *err)
{
	struct proof_file file = { .has_extra = false };
	struct span line;

	if (bytes.len > PROOF_FILE_MAX)
		return error_set(err, E_TOO_LARGE, "%zu bytes", bytes.len);
	if (!line_next(&line, &bytes) || !span_is_text(line, FIRST_LINE))
		return error_set(err, E_PROOF_SYNTAX, "not a tlog-proof@v1");
	if (!line_next(&line, &bytes))
		return error_set(err, E_PROOF_SYNTAX, "no index");
	if (line_skip(&line, "extra ")) {
		if (parse_extra(&file, line, arena, err) == -1)
			return -1;
		if (!line_next(&line, &bytes))
			return error_set(err, E_PROOF_SYNTAX, "no index");
	}
	if (!line_skip(&line, "index ") ||
	    checkpoint_size_parse(&file.index, line, err) == -1)
		return error_set(err, E_PROOF_SYNTAX, "no good index");
	if (proof_lines_parse(&file.proof, &bytes, arena, err) == -1)
		return error_set(err, E_PROOF_SYNTAX, "no good hashes");
	file.note = bytes;
	*out = file;
	return 0;
}

void
proof_file_write(struct buf *out, const struct proof_file *file)
{
	buf_text(out, FIRST_LINE "\n");
	if (file->has_extra) {
		buf_text(out, "extra ");
		encode_base64(out, file->extra);
		buf_text(out, "\n");
	}
	buf_printf(out, "index %ju\n", (uintmax_t)file->index);
	proof_lines_write(out, &file->proof);
	buf_add(out, file->note);
}

int
proof_file_check(const struct proof_file *file, const struct hash *leaf,
    const struct checkpoint *head, struct error *err)
{
	return tree_check_inclusion(leaf, file->index, head->size, &file->proof,
	    &head->root, err);
}
