#include "base/arena.h"
#include "base/error.h"
#include "ledger/tree.h"
#include "proof/evidence.h"
#include "proof/position.h"
#include "proof/trial.h"
#include "proof/verify.h"

static bool
is_not_shown(struct trial *t, const char *why)
{
	return trial_fails(t, PROOF_NOT_PROVEN, why);
}

/*
 * The proof says what root the larger log has at the size of the smaller: if
 * it holds, either that root is the smaller's or there are two logs.  One
 * that does not hold shows nothing.
 */
static bool
is_prefix_another(struct trial *t, const struct evidence_fork *fork)
{
	const struct evidence_head *heads = fork->heads;
	struct error why;

	if (position_n(heads[0].size) == 0 || heads[0].size >= heads[1].size ||
	    tree_check_consistency(position_n(heads[0].size), &fork->prefix,
		position_n(heads[1].size), &heads[1].root, &fork->prefix_proof,
		&why) == -1)
		return is_not_shown(t,
		    "the proof of what the larger log began with does not "
		    "hold, and that shows nothing");
	if (hash_is_equal(&fork->prefix, &heads[0].root))
		return trial_fails(t, PROOF_REFUTED,
		    "the larger log begins with the smaller");
	return true;
}

/* One index, two leaves. */
static bool
are_leaves_two(struct trial *t, const struct evidence_fork *fork)
{
	struct error why;

	if (fork->paths[0].index != fork->paths[1].index)
		return is_not_shown(t, "the two paths are of two entries");
	for (unsigned i = 0; i < 2; i++)
		if (tree_check_inclusion(&fork->leaves[i], fork->paths[i].index,
			position_n(fork->heads[i].size), &fork->paths[i].proof,
			&fork->heads[i].root, &why) == -1)
			return is_not_shown(t,
			    "a path does not lead to its head, and that shows "
			    "nothing");
	if (hash_is_equal(&fork->leaves[0], &fork->leaves[1]))
		return is_not_shown(t,
		    "both logs have the same entry there; others may differ, "
		    "but that is not shown");
	return true;
}

static void
say_fork(struct trial *t, const struct evidence_head *heads)
{
	unsigned long long n = position_n(t->row->size);
	const char *sizes = arena_printf(t->arena, "%llu entries each", n);

	if (heads[1].fault == E_NONE && heads[1].bytes.len > 0 &&
	    heads[1].size != t->row->size)
		sizes = arena_printf(t->arena, "%llu and %llu entries", n,
		    (unsigned long long)position_n(heads[1].size));
	t->line->text = arena_printf(t->arena,
	    "%s signed two versions of its log to %s, of %s",
	    trial_party(t, t->row->side), trial_party(t, 1 - t->row->side),
	    sizes);
}

bool
trial_fork(struct trial *t)
{
	const struct evidence_fork *fork = &t->ev->forks[t->row->side];
	const struct evidence_head *heads = fork->heads;

	say_fork(t, heads);
	trial_needs(t, t->row->side);
	trial_rests(t,
	    arena_printf(t->arena, "%s's log key",
		trial_party(t, t->row->side)));
	for (unsigned i = 0; i < 2; i++)
		if (heads[i].bytes.len == 0 || heads[i].fault != E_NONE)
			return is_not_shown(t,
			    "there are not two heads that it signed");
	if (heads[0].size != t->row->size)
		return is_not_shown(t, "the first head is of another size");
	if (position_epoch(heads[0].size) != position_epoch(heads[1].size))
		return is_not_shown(t, "the heads are of two epochs");
	if (heads[0].size == heads[1].size)
		return !hash_is_equal(&heads[0].root, &heads[1].root) ||
		    trial_fails(t, PROOF_REFUTED,
			"the two heads have one root");
	if (fork->has_prefix)
		return is_prefix_another(t, fork);
	if (fork->has_path[0] && fork->has_path[1])
		return are_leaves_two(t, fork);
	return is_not_shown(t,
	    "heads of two sizes may both be true, and nothing shows that "
	    "they are not");
}
