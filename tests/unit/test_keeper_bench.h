#pragma once

/*
 * A keeper in memory, whose journal can be torn.
 */

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "keeper/keeper.h"
#include "seal/digest.h"
#include "tests/lab.h"
#include "tests/support/identities.h"
#include "tests/tap.h"

#define BENCH_PARTY "cert.north.example"
#define BENCH_PEER "cert.south.example"
#define BENCH_FILES 16

struct bench_file {
	char name[48];
	struct buf bytes;
};

struct bench {
	struct arena *arena;
	struct buf journal;
	struct bench_file files[BENCH_FILES];
	struct keeper_ops ops;
	struct keeper *keeper;
	struct instant now;
	uint8_t seed;     /* of the next random bytes */
	int appends;      /* that were asked for */
	int replaces;     /* the same */
	bool is_full;     /* nothing can be written */
	size_t torn;      /* if is_full: what is written all the same */
	struct error err; /* of the last call */
};

static int
bench_load(void *ctx, struct buf *out, struct error *err UNUSED)
{
	struct bench *bench = ctx;

	buf_add(out, buf_span(&bench->journal));
	return 0;
}

static int
bench_append(void *ctx, struct span bytes, struct error *err)
{
	struct bench *bench = ctx;

	bench->appends++;
	if (bench->is_full && bytes.len > bench->torn)
		bytes.len = bench->torn;
	buf_add(&bench->journal, bytes);
	return bench->is_full ? error_set(err, E_DISK_FULL, "journal") : 0;
}

static int
bench_replace(void *ctx, struct span bytes, struct error *err)
{
	struct bench *bench = ctx;

	bench->replaces++;
	if (bench->is_full)
		return error_set(err, E_DISK_FULL, "journal");
	buf_clear(&bench->journal);
	buf_init(&bench->journal, (size_t)1 << 24);
	buf_add(&bench->journal, bytes);
	return 0;
}

static int
bench_key_read(void *ctx, const char *name, struct buf *out, struct error *err)
{
	struct bench *bench = ctx;

	for (size_t i = 0; i < BENCH_FILES; i++) {
		if (strcmp(bench->files[i].name, name) == 0) {
			buf_add(out, buf_span(&bench->files[i].bytes));
			return 0;
		}
	}
	return error_set(err, E_NOT_FOUND, "%s", name);
}

static int
bench_key_write(void *ctx, const char *name, struct span bytes,
    struct error *err)
{
	struct bench *bench = ctx;

	for (size_t i = 0; i < BENCH_FILES; i++) {
		struct bench_file *file = &bench->files[i];

		if (file->name[0] != '\0' && strcmp(file->name, name) != 0)
			continue;
		snprintf(file->name, sizeof(file->name), "%s", name);
		buf_clear(&file->bytes);
		buf_init(&file->bytes, (size_t)1 << 16);
		buf_add(&file->bytes, bytes);
		return 0;
	}
	return error_set(err, E_DISK_FULL, "%s", name);
}

static void
bench_fill(void *ctx, uint8_t *out, size_t len)
{
	struct bench *bench = ctx;

	memset(out, ++bench->seed, len);
}

/* Files and an empty journal. */
static UNUSED struct bench *
bench_new(void)
{
	struct arena *arena = lab_arena();
	struct bench *bench = arena_alloc(arena, sizeof(*bench));

	bench->arena = arena;
	bench->now = instant_of(IDENTITIES_NOW_S);
	bench->ops = (struct keeper_ops){ bench_load, bench_append,
		bench_replace, bench_key_read, bench_key_write, bench,
		{ bench_fill, bench }, 0 };
	buf_init(&bench->journal, (size_t)1 << 24);
	return bench;
}

static UNUSED struct keeper_holder
bench_holder(bool is_exercise)
{
	return (struct keeper_holder){ .party = BENCH_PARTY,
		.country = "XN",
		.is_exercise = is_exercise,
		.not_before = instant_of(IDENTITIES_NOT_BEFORE_S),
		.not_after = instant_of(IDENTITIES_NOT_AFTER_S) };
}

/* The keeper as after a start. */
static UNUSED bool
bench_restart(struct bench *bench)
{
	keeper_free(bench->keeper);
	bench->keeper = NULL;
	return keeper_open(&bench->keeper, &bench->ops, BENCH_PARTY,
		   &bench->err) == 0;
}

/* A keeper with the peer pinned. */
static UNUSED struct bench *
bench_open(bool is_exercise)
{
	struct bench *bench = bench_new();
	struct keeper_holder holder = bench_holder(is_exercise);
	const struct identity *south = identity_of(IDENTITY_SOUTH);
	struct hash card = digest_of(span_text("the card of the south"));

	if (keeper_create(&bench->ops, &holder, &bench->err) == -1 ||
	    !bench_restart(bench) ||
	    keeper_pin_peer(bench->keeper, span_text(BENCH_PEER),
		south->log_public, &card, bench->now, &bench->err) == -1)
		mem_die(bench->err.detail);
	return bench;
}

static UNUSED void
bench_close(struct bench *bench)
{
	keeper_free(bench->keeper);
	buf_clear(&bench->journal);
	for (size_t i = 0; i < BENCH_FILES; i++)
		buf_clear(&bench->files[i].bytes);
}
