#include "ledger/witness.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "ledger/checkpoint.h"
#include "ledger/line.h"
#include "ledger/proof_lines.h"

int
witness_request_parse(struct witness_request *out, struct span bytes,
    struct arena *arena, struct error *err)
{
	struct witness_request req;
	struct span line;

	if (bytes.len > WITNESS_REQUEST_MAX)
		return error_set(err, E_TOO_LARGE, "%zu bytes", bytes.len);
	if (!line_next(&line, &bytes) || !line_skip(&line, "old "))
		return error_set(err, E_SYNTAX, "no old size");
	if (checkpoint_size_parse(&req.old, line, err) == -1)
		return -1;
	if (proof_lines_parse(&req.proof, &bytes, arena, err) == -1)
		return -1;
	req.note = bytes;
	*out = req;
	return 0;
}

void
witness_request_write(struct buf *out, const struct witness_request *req)
{
	buf_printf(out, "old %ju\n", (uintmax_t)req->old);
	proof_lines_write(out, &req->proof);
	buf_add(out, req->note);
}

bool
witness_is_fork(const struct witness_known *known,
    const struct checkpoint *head)
{
	return known->is_known && head->size == known->size &&
	    !hash_is_equal(&head->root, &known->root);
}

int
witness_decide(enum witness_outcome *out, const struct witness_known *known,
    const struct witness_request *req, const struct checkpoint *head,
    struct error *err)
{
	uint64_t size = known->is_known ? known->size : 0;
	struct hash root = known->is_known ? known->root : tree_empty_root();

	if (req->old > head->size)
		return error_set(err, E_CHECKPOINT_RANGE, "%ju to %ju",
		    (uintmax_t)req->old, (uintmax_t)head->size);
	if (req->old != size)
		return error_set(err, E_CHECKPOINT_OLD, "%ju, known is %ju",
		    (uintmax_t)req->old, (uintmax_t)size);
	if (witness_is_fork(known, head))
		return error_set(err, E_CHECKPOINT_FORK, "at size %ju",
		    (uintmax_t)size);
	if (tree_check_consistency(size, &root, head->size, &head->root,
		&req->proof, err) == -1)
		return -1;
	*out = known->is_known && head->size == size ? WITNESS_REFRESH :
						       WITNESS_ADVANCE;
	return 0;
}

void
witness_size_write(struct buf *out, uint64_t size)
{
	buf_printf(out, "%ju\n", (uintmax_t)size);
}

int
witness_size_parse(uint64_t *out, struct span body, struct error *err)
{
	struct span line;

	if (!line_next(&line, &body) || body.len > 0)
		return error_set(err, E_SYNTAX, "not one line");
	return checkpoint_size_parse(out, line, err);
}
