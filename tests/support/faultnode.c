#include "tests/support/faultnode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/mem.h"
#include "docket/docket.h"
#include "formats/card.h"
#include "keeper/keeper.h"
#include "seal/digest.h"
#include "store/store.h"
#include "tests/support/faultvfs.h"

#define JOURNAL_MAX ((size_t)64 << 20)

void
faultnode_must(int rc, const struct error *err, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "# %s: %s (%s)\n", what, error_text(err->code),
	    err->detail);
	mem_die("the test itself is broken");
}

void
faultnode_files_init(struct faultnode_files *files, struct buf *journal)
{
	*files = (struct faultnode_files){ .journal = journal };
	buf_init(journal, JOURNAL_MAX);
}

void
faultnode_files_clear(struct faultnode_files *files)
{
	for (size_t i = 0; i < FAULTNODE_FILES_MAX; i++)
		if (files->keys[i].name[0] != '\0')
			buf_clear(&files->keys[i].bytes);
	buf_clear(files->journal);
}

void
faultnode_set_journal(struct faultnode_files *files, struct span bytes)
{
	buf_drop(files->journal, files->journal->len);
	buf_add(files->journal, bytes);
}

static int
journal_load(void *ctx, struct buf *out, struct error *err UNUSED)
{
	struct faultnode_files *files = ctx;

	buf_add(out, buf_span(files->journal));
	return 0;
}

static int
journal_append(void *ctx, struct span bytes, struct error *err UNUSED)
{
	struct faultnode_files *files = ctx;

	buf_add(files->journal, bytes);
	return 0;
}

static int
journal_replace(void *ctx, struct span bytes, struct error *err UNUSED)
{
	faultnode_set_journal(ctx, bytes);
	return 0;
}

/* A new file if there is none of that name and ${make}; else NULL. */
static struct buf *
find_key(struct faultnode_files *files, const char *name, bool make)
{
	for (size_t i = 0; i < FAULTNODE_FILES_MAX; i++) {
		if (strcmp(files->keys[i].name, name) == 0)
			return &files->keys[i].bytes;
		if (files->keys[i].name[0] == '\0' && make) {
			snprintf(files->keys[i].name,
			    sizeof(files->keys[i].name), "%s", name);
			buf_init(&files->keys[i].bytes, JOURNAL_MAX);
			return &files->keys[i].bytes;
		}
	}
	return NULL;
}

static int
key_read(void *ctx, const char *name, struct buf *out, struct error *err)
{
	struct buf *key = find_key(ctx, name, false);

	if (key == NULL)
		return error_set(err, E_NOT_FOUND, "%s", name);
	buf_add(out, buf_span(key));
	return 0;
}

static int
key_write(void *ctx, const char *name, struct span bytes,
    struct error *err UNUSED)
{
	struct faultnode_files *files = ctx;
	struct buf *key = find_key(files, name, true);

	buf_drop(key, key->len);
	if (files->log_seed != NULL && strncmp(name, "log", 3) == 0) {
		encode_base64(key, span_of(files->log_seed, 32));
		buf_u8(key, '\n');
		return 0;
	}
	buf_add(key, bytes);
	return 0;
}

struct keeper_ops
faultnode_ops(struct faultnode_files *files, struct random random)
{
	return (struct keeper_ops){ journal_load, journal_append,
		journal_replace, key_read, key_write, files, random, 0 };
}

void
faultnode_card(struct buf *out, struct card *card, struct keeper *keeper,
    struct instant at)
{
	struct keeper_public *keys = mem_new(sizeof(*keys));
	struct arena *arena = arena_new();
	struct error err;
	struct buf content;
	struct span der;

	keeper_public(keeper, keys, arena);
	memcpy(card->log, keys->log, sizeof(card->log));
	card->mirror = keeper_key_current(keys, KEEPER_MIRROR)->bytes;
	card->seal = keeper_key_current(keys, KEEPER_SEAL)->bytes;
	card->encryption = keeper_key_current(keys, KEEPER_ENCRYPTION)->bytes;
	card->tls[0] = digest_of(card->party);
	card->tls_n = 1;
	card->is_exercise = true;
	card->at = at;
	buf_init(&content, CARD_CONTENT_MAX);
	faultnode_must(card_write(&content, card, &err), &err, "card");
	faultnode_must(keeper_seal_card(keeper, buf_span(&content), at, &der,
			   arena, &err),
	    &err, "card's seal");
	buf_init(out, CARD_FILE_MAX);
	card_armour(out, card->seal, der);
	buf_clear(&content);
	arena_free(arena);
	free(keys);
}

void
faultnode_store(const char *path, struct span card, struct instant at)
{
	struct store *store;
	struct error err;

	faultnode_must(store_open(&store, path, FAULTVFS_NAME, STORE_CREATE,
			   &err),
	    &err, "database");
	faultnode_must(store_begin(store, &err), &err, "database");
	faultnode_must(docket_create(store, card, at, &err), &err, "database");
	faultnode_must(store_commit(store, &err), &err, "database");
	store_close(store);
}
