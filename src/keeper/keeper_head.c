#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "keeper/state.h"
#include "ledger/checkpoint.h"
#include "ledger/cosignature.h"
#include "ledger/tree.h"

/* What was last signed for ${origin}. */
static void
find_last(const struct keeper *keeper, struct span origin, uint64_t *size,
    struct hash *root)
{
	const struct state_head *row = state_head(keeper, origin);

	*size = row == NULL ? 0 : row->size;
	*root = row == NULL ? tree_empty_root() : row->root;
}

/* ${head} goes on from the one signed last, or is the same. */
static int
check_extends(const struct keeper *keeper, const struct checkpoint *head,
    const struct proof *proof, struct error *err)
{
	struct hash root;
	uint64_t size;

	find_last(keeper, head->origin, &size, &root);
	if (head->size < size)
		return error_set(err, E_KEEPER_ROLLBACK,
		    "%.*s: %" PRIu64 ", signed was %" PRIu64,
		    (int)head->origin.len, (const char *)head->origin.ptr,
		    head->size, size);
	if (head->size == size && !hash_is_equal(&head->root, &root))
		return error_set(err, E_KEEPER_FORK, "%.*s at %" PRIu64,
		    (int)head->origin.len, (const char *)head->origin.ptr,
		    size);
	return tree_check_consistency(size, &root, head->size, &head->root,
	    proof, err);
}

/* Before the epoch in the name of a log, and the epoch. */
static struct span
cut_epoch(struct span name, uint64_t *epoch)
{
	struct error bad;

	while (name.len > 0 && name.ptr[name.len - 1] != '/')
		name.len--;
	if (checkpoint_size_parse(epoch,
		span_text((const char *)name.ptr + name.len), &bad) == -1)
		*epoch = 0;
	return name;
}

/* No later log of the same writer and reader has begun. */
static int
check_newest(const struct keeper *keeper, struct span origin, struct error *err)
{
	char text[ORIGIN_SIZE_MAX + 1];
	uint64_t epoch, other;
	struct span name;

	snprintf(text, sizeof(text), "%.*s", (int)origin.len,
	    (const char *)origin.ptr);
	name = cut_epoch(span_text(text), &epoch);
	for (size_t i = 0; i < keeper->heads_n; i++) {
		struct span row = span_text(keeper->heads[i].origin);

		if (!span_has_prefix(row, name) ||
		    !span_is_equal(cut_epoch(row, &other), name))
			continue;
		if (other > epoch)
			return error_set(err, E_KEEPER_EPOCH,
			    "%s: epoch %" PRIu64 " has begun", text, other);
	}
	return 0;
}

/* All that has to hold, and it is remembered: now it may be signed. */
static int
remember(struct keeper *keeper, const struct checkpoint *head,
    const struct proof *proof, unsigned key, struct instant now,
    struct error *err)
{
	if (state_check_clock(keeper, now, err) == -1 ||
	    check_newest(keeper, head->origin, err) == -1 ||
	    check_extends(keeper, head, proof, err) == -1)
		return -1;
	if (state_head(keeper, head->origin) == NULL &&
	    keeper->heads_n == KEEPER_HEADS_MAX)
		return error_set(err, E_BUSY, "%zu logs", keeper->heads_n);
	return state_put_head(keeper, head, key, now, err);
}

int
keeper_last(const struct keeper *keeper, struct span origin, uint64_t *size,
    struct hash *root, struct error *err)
{
	struct origin parts;

	if (origin_parse(&parts, origin, err) == -1)
		return -1;
	find_last(keeper, origin, size, root);
	return 0;
}

/* Our mirror or log key with that public half; NULL if there is none. */
static const struct state_key *
key_of(const struct keeper *keeper, enum keeper_use use,
    const uint8_t wanted[NOTE_PUBLIC_BYTES])
{
	for (size_t i = 0; i < keeper->keys_n; i++)
		if (keeper->keys[i].use == use &&
		    memcmp(keeper->keys[i].vkey.public_key, wanted,
			NOTE_PUBLIC_BYTES) == 0)
			return &keeper->keys[i];
	return NULL;
}

/* The newest key that signs a log of ours to ${reader}; 0 if none does. */
static unsigned
find_oldest(const struct keeper *keeper, struct span reader)
{
	unsigned oldest = 0;

	for (size_t i = 0; i < keeper->heads_n; i++) {
		const struct state_head *head = &keeper->heads[i];
		unsigned key = head->key == 0 ? 1 : head->key;
		struct origin origin;
		struct error bad;

		if (origin_parse(&origin, span_text(head->origin), &bad) == 0 &&
		    span_is_text(origin.author, keeper->party) &&
		    span_is_equal(origin.reader, reader) && key > oldest)
			oldest = key;
	}
	return oldest;
}

/*
 * The log key to sign a head of ${name} with: the one of its first head.  A
 * log without any takes ${wanted}, or the last that was named: none that is
 * older than that of the log before, and none that the reader was not told.
 */
static int
find_log(const struct keeper *keeper, const struct origin *origin,
    struct span name, const uint8_t *wanted, const struct state_key **out,
    struct error *err)
{
	const struct state_head *row = state_head(keeper, name);
	const struct state_use *use =
	    state_use(keeper, origin->reader, KEEPER_LOG);
	unsigned oldest = find_oldest(keeper, origin->reader);
	unsigned newest = state_in_force(keeper, origin->reader, KEEPER_LOG);

	if (use != NULL && use->named > newest && origin->epoch > 1)
		newest = use->named;
	if (row != NULL)
		oldest = newest = row->key == 0 ? 1 : row->key;
	*out = wanted == NULL ? state_key(keeper, KEEPER_LOG, newest) :
				key_of(keeper, KEEPER_LOG, wanted);
	if (*out == NULL)
		return error_set(err, E_KEY, "no such log key");
	if ((*out)->number < oldest || (*out)->number > newest)
		return error_set(err, E_KEY, "log key %u does not sign %.*s",
		    (*out)->number, (int)name.len, (const char *)name.ptr);
	return 0;
}

int
keeper_head(struct keeper *keeper, const struct checkpoint *head,
    const struct proof *proof, const uint8_t *key, struct instant now,
    struct span *out, struct arena *arena, struct error *err)
{
	bool is_first = state_head(keeper, head->origin) == NULL;
	const struct state_key *log;
	struct origin origin;
	struct buf note;
	int rc = -1;

	if (origin_parse(&origin, head->origin, err) == -1)
		return -1;
	if (!span_is_text(origin.author, keeper->party))
		return error_set(err, E_KEEPER_ORIGIN, "not our log");
	if (find_log(keeper, &origin, head->origin, key, &log, err) == -1 ||
	    remember(keeper, head, proof,
		is_first && log->number > 1 ? log->number : 0, now, err) == -1)
		return -1;
	buf_init(&note, NOTE_SIZE_MAX);
	if (checkpoint_sign(&note, head, log->signs, err) == -1 ||
	    buf_check(&note, err) == -1)
		goto out;
	*out = arena_copy(arena, buf_span(&note));
	rc = 0;
out:
	buf_clear(&note);
	return rc;
}

/* The pinned peer whose log the note claims to be of; NULL: see ${err}. */
static const struct state_peer *
find_author(const struct keeper *keeper, struct span note, struct span *name,
    struct error *err)
{
	const struct state_peer *peer;
	struct origin origin;

	if (checkpoint_claimed_origin(name, note, err) == -1 ||
	    origin_parse(&origin, *name, err) == -1)
		return NULL;
	if (!span_is_text(origin.reader, keeper->party)) {
		error_set(err, E_KEEPER_ORIGIN, "not a log for us");
		return NULL;
	}
	peer = state_peer(keeper, origin.author);
	if (peer == NULL)
		error_set(err, E_KEEPER_ORIGIN,
		    "no operator named the key of %.*s", (int)origin.author.len,
		    (const char *)origin.author.ptr);
	return peer;
}

/*
 * The mirror key to sign with for ${peer}: the one in force, or ${wanted},
 * which is made later than that.  A key that was replaced never comes back.
 */
static int
find_mirror(const struct keeper *keeper, const struct state_peer *peer,
    const uint8_t *wanted, const struct state_key **out, struct error *err)
{
	unsigned in_force =
	    state_in_force(keeper, span_text(peer->name), KEEPER_MIRROR);

	if (wanted == NULL)
		*out = state_key(keeper, KEEPER_MIRROR, in_force);
	else
		*out = key_of(keeper, KEEPER_MIRROR, wanted);
	if (*out == NULL)
		return error_set(err, E_KEY, "no such mirror key");
	if ((*out)->number < in_force)
		return error_set(err, E_KEY,
		    "mirror key %u was replaced by %u for %s", (*out)->number,
		    in_force, peer->name);
	return 0;
}

/* The line of ${key} under ${text}. */
static int
sign_line(const struct state_key *key, struct span text, struct instant at,
    struct span *line, struct arena *arena, struct error *err)
{
	struct buf out;
	int rc = -1;

	buf_init(&out, NOTE_SIZE_MAX);
	if (cosignature_sign(&out, &key->vkey, key->signs, text, at, err) ==
		-1 ||
	    buf_check(&out, err) == -1)
		goto out;
	*line = arena_copy(arena, buf_span(&out));
	rc = 0;
out:
	buf_clear(&out);
	return rc;
}

int
keeper_cosign(struct keeper *keeper, struct span note,
    const struct proof *proof, const uint8_t *mirror, struct instant now,
    struct span *line, struct arena *arena, struct error *err)
{
	const struct state_peer *peer;
	const struct state_key *key;
	struct checkpoint head;
	struct note_key log;
	struct note *opened;
	struct span origin;

	if (note.len > NOTE_SIZE_MAX)
		return error_set(err, E_TOO_LARGE, "%zu bytes", note.len);
	peer = find_author(keeper, note, &origin, err);
	if (peer == NULL)
		return -1;
	log = note_key_of(NOTE_KEY_LOG, origin,
	    keeper_peer_key(keeper, peer, origin));
	opened = arena_alloc(arena, sizeof(*opened));
	if (checkpoint_open(&head, opened, note, &log, NULL, 0, arena, err) ==
		-1 ||
	    find_mirror(keeper, peer, mirror, &key, err) == -1 ||
	    remember(keeper, &head, proof, 0, now, err) == -1 ||
	    state_bind(keeper, span_text(peer->name), KEEPER_MIRROR,
		key->number, err) == -1)
		return -1;
	return sign_line(key, opened->text, now, line, arena, err);
}
