#include "base/buf.h"
#include "ledger/tree.h"
#include "proof/evidence.h"
#include "proof/howto_parts.h"
#include "proof/position.h"

/* The file of a prefix: its root, then the proof. */
#define PREFIX_FIRST_LINE 2

/* A path with an extra: its name, the leaf, the index, then hashes. */
#define PATH_LEAF_LINE 2
#define PATH_FIRST_LINE 4

static const char *
head_of(const struct howto *h, unsigned side, unsigned i)
{
	return howto_file(h, USE_FORK, side, i + 1);
}

/* Both roots from one proof (RFC 9162, 2.1.4.2). */
static void
write_prefix(struct howto *h, unsigned side)
{
	const struct evidence_fork *fork = &h->ev->forks[side];
	const char *file = howto_file(h, USE_FORK_PREFIX, side, 0);
	uint64_t first = position_n(fork->heads[0].size);
	uint64_t at = first - 1, last = position_n(fork->heads[1].size) - 1;
	bool is_whole = (first & (first - 1)) == 0;
	size_t line = is_whole ? 1 : PREFIX_FIRST_LINE;
	size_t end = PREFIX_FIRST_LINE + fork->prefix_proof.n;

	for (; (at & 1) == 1; at >>= 1)
		last >>= 1;
	buf_printf(h->out,
	    "line %zu %s | base64 -d >\"$T/h\"\ncp \"$T/h\" \"$T/f\"\n", line,
	    file);
	for (line++; line < end; line++) {
		bool is_both = (at & 1) == 1 || at == last;

		buf_printf(h->out,
		    is_both ? "both %zu %s\n" : "up right %zu %s\n", line,
		    file);
		while (is_both && (at & 1) == 0 && at > 0) {
			at >>= 1;
			last >>= 1;
		}
		at >>= 1;
		last >>= 1;
	}
	buf_printf(h->out, "is_root %s\n", head_of(h, side, 1));
	buf_printf(h->out, "begins %s \"$(base64 <\"$T/f\")\"\n", file);
	buf_printf(h->out, "not_root %s %s 1\n", head_of(h, side, 0), file);
}

static void
write_leaves(struct howto *h, unsigned side)
{
	const struct evidence_fork *fork = &h->ev->forks[side];

	for (unsigned i = 0; i < 2; i++) {
		const char *file = howto_file(h, USE_FORK_PATH, side, i + 1);
		const struct proof_file *path = &fork->paths[i];

		buf_printf(h->out,
		    "[ \"$(line 3 %s)\" = 'index %llu' ] || bad 'an index'\n",
		    file, (unsigned long long)path->index);
		buf_printf(h->out,
		    "line %u %s | cut -d ' ' -f 2 | base64 -d >\"$T/h\"\n",
		    PATH_LEAF_LINE, file);
		howto_steps(h, file, PATH_FIRST_LINE, &path->proof, path->index,
		    position_n(fork->heads[i].size));
		buf_printf(h->out, "is_root %s\n", head_of(h, side, i));
	}
	buf_printf(h->out,
	    "[ \"$(line %u %s)\" != \"$(line %u %s)\" ] || bad 'no fork'\n",
	    PATH_LEAF_LINE, howto_file(h, USE_FORK_PATH, side, 1),
	    PATH_LEAF_LINE, howto_file(h, USE_FORK_PATH, side, 2));
}

void
howto_fork(struct howto *h, const struct proof_claim_row *claim)
{
	const struct evidence_fork *fork = &h->ev->forks[claim->side];

	if (fork->heads[0].size == fork->heads[1].size) {
		buf_text(h->out,
		    "\n# Two signed heads of one size, two roots.\n");
		buf_printf(h->out, "is_fork %s %s\n",
		    head_of(h, claim->side, 0), head_of(h, claim->side, 1));
	} else if (fork->has_prefix) {
		buf_text(h->out,
		    "\n# The larger log began with another root than the "
		    "smaller has.\n");
		write_prefix(h, claim->side);
	} else {
		buf_text(h->out, "\n# Two entries at one place.\n");
		write_leaves(h, claim->side);
	}
}
