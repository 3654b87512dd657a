#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/mem.h"
#include "docket/lodge.h"
#include "formats/card.h"
#include "seal/digest.h"
#include "store/store.h"
#include "tests/support/authority.h"
#include "tests/support/faultblobs.h"
#include "tests/support/faultvfs.h"
#include "tests/support/twonodes.h"

#define JOURNAL_MAX ((size_t)64 << 20)

void
two_must(int rc, const struct error *err, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "# twonodes: %s: %s (%s)\n", what,
	    error_text(err->code), err->detail);
	mem_die("the test itself is broken");
}

/* splitmix64 */
static void
fill_chance(void *ctx, uint8_t *out, size_t len)
{
	uint64_t *state = ctx;

	for (size_t i = 0; i < len; i++) {
		uint64_t z = *state += 0x9e3779b97f4a7c15u;

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
		out[i] = (uint8_t)(z ^ (z >> 31));
	}
}

static int
journal_load(void *ctx, struct buf *out, struct error *err UNUSED)
{
	struct two_node *node = ctx;

	buf_add(out, buf_span(&node->journal));
	return 0;
}

static int
journal_append(void *ctx, struct span bytes, struct error *err UNUSED)
{
	struct two_node *node = ctx;

	buf_add(&node->journal, bytes);
	return 0;
}

static int
journal_replace(void *ctx, struct span bytes, struct error *err UNUSED)
{
	struct two_node *node = ctx;

	buf_drop(&node->journal, node->journal.len);
	buf_add(&node->journal, bytes);
	return 0;
}

static struct two_file *
find_file(struct two_node *node, const char *name, bool make)
{
	for (size_t i = 0; i < TWO_FILES_MAX; i++) {
		struct two_file *file = &node->files[i];

		if (strcmp(file->name, name) == 0)
			return file;
		if (file->name[0] == '\0' && make) {
			snprintf(file->name, sizeof(file->name), "%s", name);
			buf_init(&file->bytes, JOURNAL_MAX);
			return file;
		}
	}
	return NULL;
}

static int
key_read(void *ctx, const char *name, struct buf *out, struct error *err)
{
	struct two_file *file = find_file(ctx, name, false);

	if (file == NULL)
		return error_set(err, E_NOT_FOUND, "%s", name);
	buf_add(out, buf_span(&file->bytes));
	return 0;
}

static int
key_write(void *ctx, const char *name, struct span bytes,
    struct error *err UNUSED)
{
	struct two_node *node = ctx;
	struct two_file *file = find_file(node, name, true);

	buf_drop(&file->bytes, file->bytes.len);
	if (node->log_seed != NULL && strncmp(name, "log", 3) == 0) {
		encode_base64(&file->bytes, span_of(node->log_seed, 32));
		buf_u8(&file->bytes, '\n');
		return 0;
	}
	buf_add(&file->bytes, bytes);
	return 0;
}

struct instant
two_now(const struct two_node *node)
{
	return instant_add(node->two->now, period_of(node->skew_s));
}

void
two_later(struct two *two, int64_t seconds)
{
	two->now = instant_add(two->now, period_of(seconds));
}

static struct instant
keeper_now(void *ctx)
{
	return two_now(ctx);
}

static void
fill_card(struct two_node *node, struct card *card,
    const struct keeper_public *keys)
{
	unsigned n =
	    node->endpoints == NULL ? 1 : (unsigned)(node->endpoints[0] - '0');

	card->country = span_text(node->country);
	for (unsigned i = 0; i < n; i++)
		card->endpoints[i] = span_text(arena_printf(node->two->arena,
		    "https://127.0.0.1:%u", 4590 + i));
	card->endpoints_n = n;
	memcpy(card->log, keys->log, sizeof(card->log));
	card->mirror = keeper_key_current(keys, KEEPER_MIRROR)->bytes;
	card->seal = keeper_key_current(keys, KEEPER_SEAL)->bytes;
	card->encryption = keeper_key_current(keys, KEEPER_ENCRYPTION)->bytes;
	for (size_t i = 0; node->issued != NULL && i < node->issued->above_n;
	     i++)
		card->anchors[card->anchors_n++] = node->issued->above[i];
	card->tls[0] = digest_of(card->party);
	card->tls_n = 1;
	card->is_exercise = true;
	card->at = two_now(node);
}

static void
make_card(struct two_node *node)
{
	struct keeper_public *keys = mem_new(sizeof(*keys));
	struct card card = { .party = span_text(node->party) };
	struct arena *arena = arena_new();
	struct error err;
	struct buf content;
	struct span der;

	keeper_public(node->keeper, keys, arena);
	fill_card(node, &card, keys);
	buf_init(&content, CARD_CONTENT_MAX);
	two_must(card_write(&content, &card, &err), &err, "card");
	two_must(keeper_seal_card(node->keeper, buf_span(&content),
		     two_now(node), &der, arena, &err),
	    &err, "card's seal");
	buf_init(&node->card, CARD_FILE_MAX);
	card_armour(&node->card, card.seal, der);
	buf_clear(&content);
	arena_free(arena);
	free(keys);
}

static void
open_keeper(struct two_node *node)
{
	struct error err;

	two_must(keeper_open(&node->keeper, &node->ops, node->party, &err),
	    &err, "keeper");
	node->local = (struct keeper_local){ node->keeper, keeper_now, node };
	node->signer = keeper_signer(&node->local);
}

static void
make_store(struct two_node *node)
{
	struct store *store;
	struct error err;

	two_must(store_open(&store, node->path, FAULTVFS_NAME, STORE_CREATE,
		     &err),
	    &err, "database");
	two_must(store_begin(store, &err), &err, "database");
	two_must(docket_create(store, buf_span(&node->card), two_now(node),
		     &err),
	    &err, "database");
	two_must(store_commit(store, &err), &err, "database");
	store_close(store);
}

static void
make_node(struct two_node *node)
{
	struct keeper_holder holder = {
		.party = node->party,
		.country = node->country,
		.is_exercise = true,
		.not_before = instant_add(node->two->now, period_of(-86400)),
		.not_after = instant_of(4102444800),
	};
	struct error err;

	if (node->issued != NULL) {
		holder.seal_key = node->issued->key;
		holder.seal_certificate = node->issued->certificate;
	}
	snprintf(node->path, sizeof(node->path), "%s.db", node->country);
	buf_init(&node->journal, JOURNAL_MAX);
	node->ops = (struct keeper_ops){ journal_load, journal_append,
		journal_replace, key_read, key_write, node,
		{ fill_chance, &node->two->chance }, 0 };
	two_must(keeper_create(&node->ops, &holder, &err), &err, "keys");
	open_keeper(node);
	make_card(node);
	keeper_free(node->keeper);
	node->disk = faultblobs_new(1);
	node->blobs = faultblobs_dir(node->disk);
	make_store(node);
	two_start(node);
}

void
two_start(struct two_node *node)
{
	struct docket_parts parts = {
		.blobs = &node->blobs,
		.signer = &node->signer,
		.is_restored = node->is_restored,
	};
	struct random random = { fill_chance, &node->two->chance };
	struct error err;

	open_keeper(node);
	two_must(store_open(&node->store, node->path, FAULTVFS_NAME, STORE_USE,
		     &err),
	    &err, "database");
	parts.store = node->store;
	parts.random = &random;
	two_must(docket_open(&node->docket, &parts, &err), &err, "docket");
}

void
two_stop(struct two_node *node)
{
	docket_close(node->docket);
	store_close(node->store);
	keeper_free(node->keeper);
	node->docket = NULL;
	node->store = NULL;
	node->keeper = NULL;
}

void
two_restart(struct two_node *node, bool is_power_cut)
{
	if (is_power_cut) {
		faultvfs_crash(node->path, 7);
		faultblobs_crash(node->disk, 7);
	} else {
		faultvfs_kill(node->path);
	}
	two_stop(node);
	two_start(node);
}

void
two_begin(struct two *two, unsigned n)
{
	static const char *const names[TWO_COUNT][2] = {
		{ "cert.north.example", "XN" },
		{ "cert.south.example", "XS" },
		{ "cert.east.example", "XE" },
	};

	two->now = instant_of(TWO_BEGIN_S);
	two->chance = 1;
	two->arena = arena_new();
	two->n = n;
	faultvfs_register();
	faultvfs_reset(1);
	for (unsigned i = 0; i < n; i++) {
		two->nodes[i].two = two;
		two->nodes[i].party = names[i][0];
		two->nodes[i].country = names[i][1];
		make_node(&two->nodes[i]);
	}
}

void
two_introduce_one(struct two_node *node, struct two_node *peer)
{
	struct arena *arena = node->two->arena;
	const struct card *self = docket_self(peer->docket);
	struct span content;
	struct hash digest;
	struct error err;

	two_must(docket_prepare_opening(node->docket, buf_span(&peer->card),
		     two_now(node), &content, arena, &err),
	    &err, "opening");
	digest = digest_of(content);
	two_must(keeper_pin_peer(node->keeper, span_text(peer->party),
		     self->log, &self->fingerprint, two_now(node), &err),
	    &err, "pin");
	two_must(keeper_authorise(node->keeper, &digest, two_now(node), &err),
	    &err, "opening");
	two_turn_begin(node);
	two_must(docket_lodge_opening(node->docket, buf_span(&peer->card),
		     content, two_now(node), &err),
	    &err, "opening");
	two_turn_end(node);
}

void
two_introduce(struct two_node *a, struct two_node *b)
{
	two_introduce_one(a, b);
	two_introduce_one(b, a);
	two_ask(a);
	two_ask(b);
}

void
two_open(struct two *two, unsigned n)
{
	*two = (struct two){ .n = 0 };
	two_begin(two, n);
	for (unsigned i = 1; i < n; i++)
		two_introduce(&two->nodes[0], &two->nodes[i]);
}

void
two_close(struct two *two)
{
	for (unsigned i = 0; i < two->n; i++) {
		struct two_node *node = &two->nodes[i];

		two_stop(node);
		for (size_t k = 0; k < TWO_FILES_MAX; k++)
			if (node->files[k].name[0] != '\0')
				buf_clear(&node->files[k].bytes);
		faultblobs_free(node->disk);
		buf_clear(&node->journal);
		buf_clear(&node->card);
	}
	arena_free(two->arena);
	*two = (struct two){ .n = 0 };
}
