#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/mem.h"
#include "formats/card.h"
#include "keeper/state.h"
#include "ledger/checkpoint.h"
#include "ledger/tree.h"

/* One line being applied, or only tried. */
struct change {
	struct keeper *keeper;
	const struct span *words; /* after the first */
	bool is_trial;
	struct arena *arena;
};

static int
broken(struct error *err, const char *what)
{
	return error_set(err, E_KEEPER_JOURNAL, "%s", what);
}

/* ${text} fits: what it is was checked. */
static void
copy_text(char *out, struct span text)
{
	memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
}

/* Room for one more in an array of ${n}, of which ${max} are allowed. */
static void *
grow(void *rows, size_t *cap, size_t n, size_t size)
{
	if (n < *cap)
		return rows;
	*cap = *cap == 0 ? 16 : 2 * *cap;
	return mem_resize(rows, *cap, size);
}

static int
parse_time(struct instant *out, struct span text, struct error *err)
{
	return instant_parse(out, text, err) == -1 ? broken(err, "a time") : 0;
}

static int
parse_number(unsigned *out, struct span text, struct error *err)
{
	uint64_t number;

	if (checkpoint_size_parse(&number, text, err) == -1 ||
	    number > KEEPER_KEYS_MAX)
		return broken(err, "the number of a key");
	*out = (unsigned)number;
	return 0;
}

static int
parse_use(enum keeper_use *out, struct span text, struct error *err)
{
	for (int use = 0; use < KEEPER_USE_COUNT; use++) {
		*out = (enum keeper_use)use;
		if (span_is_text(text, keeper_use_name(*out)))
			return 0;
	}
	return broken(err, "the use of a key");
}

static int
parse_name(struct span text, struct error *err)
{
	if (card_check_party(text, err) == -1)
		return broken(err, "a party's name");
	return 0;
}

static int
apply_keeper(const struct change *change, struct error *err)
{
	struct keeper *keeper = change->keeper;
	const struct span *words = change->words;
	bool is_exercise = span_is_text(words[2], "exercise");

	if (keeper->party[0] != '\0')
		return broken(err, "two first lines");
	if (parse_name(words[0], err) == -1)
		return -1;
	if (words[1].len != 2 ||
	    (!is_exercise && !span_is_text(words[2], "real")))
		return broken(err, "not the first line");
	if (change->is_trial)
		return 0;
	copy_text(keeper->party, words[0]);
	copy_text(keeper->country, words[1]);
	keeper->is_exercise = is_exercise;
	snprintf(keeper->mirror_name, sizeof(keeper->mirror_name), "%s/mirror",
	    keeper->party);
	return 0;
}

static int
apply_key(const struct change *change, struct error *err)
{
	struct keeper *keeper = change->keeper;
	struct state_key key = { .pair = NULL };

	if (parse_use(&key.use, change->words[0], err) == -1 ||
	    parse_number(&key.number, change->words[1], err) == -1 ||
	    parse_time(&key.made, change->words[2], err) == -1)
		return -1;
	if (keeper->keys_n == KEEPER_KEYS_MAX ||
	    state_key(keeper, key.use, key.number) != NULL)
		return broken(err, "a key too many");
	if (!change->is_trial)
		keeper->keys[keeper->keys_n++] = key;
	return 0;
}

/* The row of ${name}; a new one has the first key in force. */
static struct state_use *
use_row(struct keeper *keeper, struct span name, enum keeper_use use)
{
	struct state_use *row = state_use(keeper, name, use);

	if (row != NULL)
		return row;
	keeper->uses =
	    grow(keeper->uses, &keeper->uses_cap, keeper->uses_n, sizeof(*row));
	row = &keeper->uses[keeper->uses_n++];
	*row = (struct state_use){ .use = use, .number = 1, .previous = 1 };
	copy_text(row->name, name);
	return row;
}

static int
apply_use(const struct change *change, struct error *err)
{
	struct keeper *keeper = change->keeper;
	struct span name = change->words[0];
	struct state_use use = { .number = 0 }, *row;

	if (!span_is_text(name, STATE_OUR_CARD) && parse_name(name, err) == -1)
		return -1;
	if (parse_use(&use.use, change->words[1], err) == -1 ||
	    parse_number(&use.number, change->words[2], err) == -1 ||
	    parse_number(&use.previous, change->words[3], err) == -1)
		return -1;
	if (state_key(keeper, use.use, use.number) == NULL ||
	    state_key(keeper, use.use, use.previous) == NULL)
		return broken(err, "a key that was not made");
	if (change->is_trial)
		return 0;
	copy_text(use.name, name);
	row = use_row(keeper, name, use.use);
	if (row->named > use.number)
		use.named = row->named;
	*row = use;
	return 0;
}

static int
apply_named(const struct change *change, struct error *err)
{
	struct keeper *keeper = change->keeper;
	struct span name = change->words[0];
	struct state_use *row;
	enum keeper_use use;
	unsigned number = 0;

	if (parse_name(name, err) == -1 ||
	    parse_use(&use, change->words[1], err) == -1 ||
	    parse_number(&number, change->words[2], err) == -1)
		return -1;
	if (state_key(keeper, use, number) == NULL)
		return broken(err, "a key that was not made");
	if (change->is_trial)
		return 0;
	row = use_row(keeper, name, use);
	row->named = number;
	return 0;
}

static int
apply_card(const struct change *change, struct error *err)
{
	struct keeper *keeper = change->keeper;
	struct hash card;
	struct instant at;

	if (parse_time(&at, change->words[1], err) == -1)
		return -1;
	if (hash_parse(&card, change->words[0], err) == -1)
		return broken(err, "a fingerprint");
	if (change->is_trial)
		return 0;
	keeper->is_carded = true;
	keeper->card = card;
	keeper->carded = at;
	return 0;
}

/* An operator named another key of ${peer}: that is the one then. */
static void
drop_nexts(struct keeper *keeper, struct span peer)
{
	struct origin origin;
	struct error bad;
	size_t kept = 0;

	for (size_t i = 0; i < keeper->nexts_n; i++)
		if (origin_parse(&origin, span_text(keeper->nexts[i].origin),
			&bad) == -1 ||
		    !span_is_equal(origin.author, peer))
			keeper->nexts[kept++] = keeper->nexts[i];
	keeper->nexts_n = kept;
}

static int
apply_next(const struct change *change, struct error *err)
{
	struct keeper *keeper = change->keeper;
	struct state_next *row = NULL, next;
	struct origin origin;
	struct hash log;

	if (origin_parse(&origin, change->words[0], err) == -1 ||
	    checkpoint_hash_parse(&log, change->words[1], change->arena, err) ==
		-1)
		return broken(err, "a peer's next key");
	for (size_t i = 0; i < keeper->nexts_n; i++)
		if (span_is_text(change->words[0], keeper->nexts[i].origin))
			row = &keeper->nexts[i];
	if (row == NULL && keeper->nexts_n == KEEPER_HEADS_MAX)
		return broken(err, "too many logs");
	if (change->is_trial)
		return 0;
	copy_text(next.origin, change->words[0]);
	memcpy(next.log, log.bytes, sizeof(next.log));
	if (row == NULL) {
		keeper->nexts = grow(keeper->nexts, &keeper->nexts_cap,
		    keeper->nexts_n, sizeof(*row));
		row = &keeper->nexts[keeper->nexts_n++];
	}
	*row = next;
	return 0;
}

static int
apply_pin(const struct change *change, struct error *err)
{
	struct keeper *keeper = change->keeper;
	struct state_peer *row = state_peer(keeper, change->words[0]);
	struct hash log, card;

	if (parse_name(change->words[0], err) == -1)
		return -1;
	if (checkpoint_hash_parse(&log, change->words[1], change->arena, err) ==
		-1 ||
	    hash_parse(&card, change->words[2], err) == -1)
		return broken(err, "a peer's key");
	if (row == NULL && keeper->peers_n == KEEPER_PEERS_MAX)
		return broken(err, "too many peers");
	if (change->is_trial)
		return 0;
	if (row == NULL) {
		keeper->peers = grow(keeper->peers, &keeper->peers_cap,
		    keeper->peers_n, sizeof(*row));
		row = &keeper->peers[keeper->peers_n++];
	} else if (memcmp(row->log, log.bytes, sizeof(row->log)) != 0)
		drop_nexts(keeper, change->words[0]);
	copy_text(row->name, change->words[0]);
	memcpy(row->log, log.bytes, sizeof(row->log));
	row->card = card;
	return 0;
}

static int
apply_any_head(const struct change *change, unsigned key, struct error *err)
{
	struct keeper *keeper = change->keeper;
	struct state_head *row = state_head(keeper, change->words[0]);
	struct state_head head = { .key = key };
	struct origin origin;

	if (origin_parse(&origin, change->words[0], err) == -1 ||
	    checkpoint_size_parse(&head.size, change->words[1], err) == -1 ||
	    checkpoint_hash_parse(&head.root, change->words[2], change->arena,
		err) == -1)
		return broken(err, "a head");
	if (parse_time(&head.at, change->words[3], err) == -1)
		return -1;
	if (row == NULL && keeper->heads_n == KEEPER_HEADS_MAX)
		return broken(err, "too many logs");
	if (change->is_trial)
		return 0;
	copy_text(head.origin, change->words[0]);
	if (row == NULL) {
		keeper->heads = grow(keeper->heads, &keeper->heads_cap,
		    keeper->heads_n, sizeof(*row));
		row = &keeper->heads[keeper->heads_n++];
	} else if (key == 0)
		head.key = row->key;
	*row = head;
	state_signed(keeper, head.at);
	keeper->kept = keeper->last;
	return 0;
}

static int
apply_head(const struct change *change, struct error *err)
{
	return apply_any_head(change, 0, err);
}

/* The key of a log stays what its first head was signed with. */
static int
apply_began(const struct change *change, struct error *err)
{
	unsigned key = 0;

	if (parse_number(&key, change->words[4], err) == -1)
		return -1;
	if (state_key(change->keeper, KEEPER_LOG, key) == NULL)
		return broken(err, "a key that was not made");
	return apply_any_head(change, key, err);
}

static int
apply_clock(const struct change *change, struct error *err)
{
	struct keeper *keeper = change->keeper;
	struct instant at;

	if (parse_time(&at, change->words[0], err) == -1)
		return -1;
	if (change->is_trial)
		return 0;
	keeper->has_last = true;
	keeper->last = keeper->kept = at;
	return 0;
}

static const struct line_rule {
	const char *name;
	size_t n; /* words after the name */
	int (*apply)(const struct change *change, struct error *err);
} rules[] = {
	/* clang-format off */
	{ "keeper", 3, apply_keeper },
	{ "key",    3, apply_key },
	{ "use",    4, apply_use },
	{ "named",  3, apply_named },
	{ "card",   2, apply_card },
	{ "pin",    3, apply_pin },
	{ "head",   4, apply_head },
	{ "began",  5, apply_began },
	{ "next",   2, apply_next },
	{ "clock",  1, apply_clock },
	/* clang-format on */
};

static int
run_line(struct keeper *keeper, const struct journal_line *line, bool is_trial,
    struct error *err)
{
	struct change change = { keeper, line->words + 1, is_trial, NULL };
	const struct line_rule *rule = NULL;
	int rc;

	for (size_t i = 0; i < COUNT_OF(rules) && rule == NULL; i++)
		if (span_is_text(line->words[0], rules[i].name))
			rule = &rules[i];
	if (rule == NULL || line->n != rule->n + 1)
		return broken(err, "no such line");
	if (keeper->party[0] == '\0' && rule->apply != apply_keeper)
		return broken(err, "not the first line");
	change.arena = arena_new();
	rc = rule->apply(&change, err);
	arena_free(change.arena);
	return rc;
}

static int
load_line(void *ctx, const struct journal_line *line, struct error *err)
{
	return run_line(ctx, line, false, err);
}

/* A journal that knows of no log keys has the first. */
static int
add_first_log(struct keeper *keeper, struct error *err)
{
	struct state_key first = { .use = KEEPER_LOG, .number = 1 };

	if (state_key(keeper, KEEPER_LOG, 1) != NULL)
		return 0;
	if (keeper->keys_n == KEEPER_KEYS_MAX)
		return broken(err, "a key too many");
	first.made = keeper->keys[0].made;
	keeper->keys[keeper->keys_n++] = first;
	return 0;
}

int
state_load(struct keeper *keeper, struct error *err)
{
	struct buf bytes;
	int rc = -1;

	buf_init(&bytes, JOURNAL_SIZE_MAX);
	if (keeper->ops.load(keeper->ops.ctx, &bytes, err) == -1 ||
	    buf_check(&bytes, err) == -1)
		goto out;
	if (journal_read(buf_span(&bytes), &keeper->chain, &keeper->is_torn,
		load_line, keeper, err) == -1)
		goto out;
	if (keeper->party[0] == '\0') {
		broken(err,
		    "there is no journal: what was signed before is "
		    "not known");
		goto out;
	}
	keeper->journal_size = bytes.len;
	rc = add_first_log(keeper, err);
out:
	buf_clear(&bytes);
	return rc;
}

int
state_try(struct keeper *keeper, const struct journal_line *line,
    struct error *err)
{
	return run_line(keeper, line, true, err);
}

int
state_apply(struct keeper *keeper, const struct journal_line *line,
    struct error *err)
{
	return run_line(keeper, line, false, err);
}
