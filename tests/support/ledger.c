#include <err.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/mem.h"
#include "seal/ed25519.h"
#include "tests/lab.h"
#include "tests/support/ledger.h"

json_t *
ledger_json(const char *path)
{
	struct arena *arena = arena_new();
	struct span text = lab_shared(arena, path);
	json_error_t why;
	json_t *json;

	json = json_loadb((const char *)text.ptr, text.len, 0, &why);
	if (json == NULL)
		errx(1, "%s: %s", path, why.text);
	arena_free(arena);
	return json;
}

struct span
ledger_text(const json_t *object, const char *member)
{
	const json_t *text = json_object_get(object, member);

	if (!json_is_string(text))
		errx(1, "no text %s", member);
	return span_of(json_string_value(text), json_string_length(text));
}

uint64_t
ledger_number(const json_t *object, const char *member)
{
	const json_t *number = json_object_get(object, member);

	if (!json_is_integer(number))
		errx(1, "no number %s", member);
	return (uint64_t)json_integer_value(number);
}

bool
ledger_hash(struct hash *out, const json_t *text)
{
	struct arena *arena = arena_new();
	struct error error;
	struct span raw;
	bool is_good;

	is_good = json_is_string(text) &&
	    decode_base64(&raw,
		span_of(json_string_value(text), json_string_length(text)),
		arena, &error) == 0 &&
	    hash_of(out, raw, &error) == 0;
	arena_free(arena);
	return is_good;
}

bool
ledger_proof(struct proof *out, const json_t *array)
{
	size_t n = json_array_size(array);

	if (n > TREE_PROOF_MAX)
		return false;
	out->n = n;
	for (size_t i = 0; i < n; i++)
		if (!ledger_hash(&out->hashes[i], json_array_get(array, i)))
			return false;
	return true;
}

struct note_key
ledger_key(struct arena *arena, const char *name)
{
	json_t *keys = ledger_json("vectors/worked/keys.json");
	struct note_key key;
	struct error error;

	if (note_key_parse(&key,
		ledger_text(json_object_get(keys, name), "vkey"), arena,
		&error) == -1)
		errx(1, "%s: %s", name, error.detail);
	json_decref(keys);
	return key;
}

struct ed25519_key *
ledger_secret(const char *name)
{
	json_t *keys = ledger_json("vectors/worked/keys.json");
	struct arena *arena = arena_new();
	struct ed25519_key *key;
	struct error error;
	struct span seed;

	if (decode_hex(&seed,
		ledger_text(json_object_get(keys, name), "seed_hex"), arena,
		&error) == -1 ||
	    ed25519_key_new(&key, seed, &error) == -1)
		errx(1, "%s: %s", name, error.detail);
	arena_free(arena);
	json_decref(keys);
	return key;
}

struct ledger_log *
ledger_log_new(struct arena *arena, size_t max)
{
	struct ledger_log *log = arena_alloc(arena, sizeof(*log));

	log->max = max;
	log->entries = arena_array(arena, max + 1, sizeof(struct span));
	for (unsigned level = 0; level < TREE_LEVELS; level++)
		log->nodes[level] =
		    arena_array(arena, (max >> level) + 1, sizeof(struct hash));
	return log;
}

void
ledger_log_append(struct ledger_log *log, struct span entry)
{
	struct tree_node made[TREE_LEVELS];
	struct hash leaf = tree_leaf_hash(entry);
	size_t n;

	if (log->tree.size == log->max)
		errx(1, "log is full");
	log->entries[log->tree.size] = entry;
	n = tree_append_nodes(&log->tree, &leaf, made);
	for (size_t i = 0; i < n; i++)
		log->nodes[made[i].level][made[i].index] = made[i].hash;
}

static int
log_node(void *ctx, unsigned level, uint64_t index, struct hash *out,
    struct error *error)
{
	const struct ledger_log *log = ctx;

	if (level >= TREE_LEVELS || index >= log->tree.size >> level)
		return error_set(error, E_RANGE, "no node");
	*out = log->nodes[level][index];
	return 0;
}

struct tree_reader
ledger_log_reader(struct ledger_log *log)
{
	return (struct tree_reader){ log_node, log };
}

struct hash
ledger_log_root(struct ledger_log *log, uint64_t size)
{
	struct tree_reader reader = ledger_log_reader(log);
	struct error error;
	struct hash root;

	if (tree_root_at(&root, &reader, size, &error) == -1)
		errx(1, "%s", error.detail);
	return root;
}

struct span
ledger_entry(struct arena *arena, uint64_t n)
{
	return span_text(arena_printf(arena, "entry %ju", (uintmax_t)n));
}

/* Numerical Recipes' 64-bit LCG, its upper bits; good enough for choosing. */
uint64_t
ledger_random(uint64_t *state, uint64_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (*state >> 33) % below;
}
