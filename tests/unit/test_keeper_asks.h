#pragma once

/*
 * What tests ask of a keeper: heads of one log or another, letters, seals.
 */

#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "tests/support/ledger.h"
#include "tests/unit/test_keeper_bench.h"

#define BENCH_OURS BENCH_PARTY "/docket/" BENCH_PEER "/1"
#define BENCH_THEIRS BENCH_PEER "/docket/" BENCH_PARTY "/1"
#define BENCH_ENTRIES 64

/* The log of entries 0, 1, ...; from ${fork} on they are others. */
static UNUSED struct ledger_log *
bench_log(struct bench *bench, uint64_t fork)
{
	struct ledger_log *log = ledger_log_new(bench->arena, BENCH_ENTRIES);

	for (uint64_t i = 0; i < BENCH_ENTRIES; i++)
		ledger_log_append(log,
		    ledger_entry(bench->arena, i < fork ? i : 1000 + i));
	return log;
}

static struct proof
bench_proof(struct ledger_log *log, uint64_t from, uint64_t to)
{
	struct tree_reader reader = ledger_log_reader(log);
	struct proof proof = { .n = 0 };
	struct error err;

	if (from > 0 && from < to &&
	    tree_prove(&proof, &reader, 0, from, to, &err) == -1)
		mem_die(err.detail);
	return proof;
}

static struct checkpoint
bench_head(struct ledger_log *log, const char *origin, uint64_t size)
{
	return (struct checkpoint){ span_text(origin), size,
		ledger_log_root(log, size) };
}

/* E_NONE, or why not. */
static UNUSED enum error_code
bench_sign(struct bench *bench, struct ledger_log *log, uint64_t from,
    uint64_t to)
{
	struct checkpoint head = bench_head(log, BENCH_OURS, to);
	struct proof proof = bench_proof(log, from, to);
	struct span note;

	if (keeper_head(bench->keeper, &head, &proof, NULL, bench->now, &note,
		bench->arena, &bench->err) == -1)
		return bench->err.code;
	return E_NONE;
}

/* The head of the peer's log, signed with ${key}. */
static UNUSED struct span
bench_note(struct bench *bench, struct ledger_log *log, const char *origin,
    uint64_t size, const struct ed25519_key *key)
{
	struct checkpoint head = bench_head(log, origin, size);
	struct buf note;
	struct span bytes;

	buf_init(&note, NOTE_SIZE_MAX);
	if (checkpoint_sign(&note, &head, key, &bench->err) == -1)
		mem_die(bench->err.detail);
	bytes = arena_copy(bench->arena, buf_span(&note));
	buf_clear(&note);
	return bytes;
}

static UNUSED enum error_code
bench_cosign_by(struct bench *bench, struct ledger_log *log, uint64_t from,
    uint64_t to, const uint8_t *mirror, struct span *line)
{
	struct proof proof = bench_proof(log, from, to);
	struct span note = bench_note(bench, log, BENCH_THEIRS, to,
	    identity_of(IDENTITY_SOUTH)->log);

	if (keeper_cosign(bench->keeper, note, &proof, mirror, bench->now, line,
		bench->arena, &bench->err) == -1)
		return bench->err.code;
	return E_NONE;
}

/* By the mirror key last used. */
static UNUSED enum error_code
bench_cosign(struct bench *bench, struct ledger_log *log, uint64_t from,
    uint64_t to, struct span *line)
{
	return bench_cosign_by(bench, log, from, to, NULL, line);
}

/* A record of ${kind} with the coded ${facts}, as JSON. */
static UNUSED struct span
bench_record(struct bench *bench, const char *kind, const char *by,
    const char *origin, struct instant at, const char *facts)
{
	char when[INSTANT_TEXT_MAX];

	return span_text(arena_printf(bench->arena,
	    "{\"v\":1,\"kind\":\"%s\",\"log\":\"%s\",\"at\":\"%s\","
	    "\"by\":\"%s\",\"exercise\":false,\"anchor\":{\"log\":\"%s\","
	    "\"size\":0,\"root\":\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hS"
	    "uFU=\"},\"%s\":%s}",
	    kind, origin, instant_write(at, when), by, BENCH_THEIRS, kind,
	    facts));
}

/* A letter, which only an operator may send; ${topic} makes it another. */
static UNUSED struct span
bench_letter(struct bench *bench, const char *topic)
{
	return bench_record(bench, "report", "duty-officer", BENCH_OURS,
	    bench->now,
	    arena_printf(bench->arena, "{\"topic\":\"%s\"}", topic));
}

/* What the node sends by itself. */
static UNUSED struct span
bench_refusal(struct bench *bench, const char *origin, struct instant at)
{
	return bench_record(bench, "refusal", "node", origin, at,
	    "{\"entry\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495"
	    "991b7852b855\",\"reason\":\"record-syntax\"}");
}

static UNUSED enum error_code
bench_seal(struct bench *bench, struct span content, struct span *out)
{
	struct span sealed = { NULL, 0 };

	if (out != NULL)
		*out = sealed;
	if (keeper_seal(bench->keeper, content, NULL, bench->now, &sealed,
		bench->arena, &bench->err) == -1)
		return bench->err.code;
	if (out != NULL)
		*out = sealed;
	return E_NONE;
}

static UNUSED enum error_code
bench_authorise(struct bench *bench, struct span content)
{
	struct hash digest = digest_of(content);

	if (keeper_authorise(bench->keeper, &digest, bench->now, &bench->err) ==
	    -1)
		return bench->err.code;
	return E_NONE;
}
