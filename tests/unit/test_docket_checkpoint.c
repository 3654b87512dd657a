/*
 * add-checkpoint as a peer can call it: every fault has its status and code.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/witness.h"
#include "seal/ed25519.h"
#include "tests/unit/test_docket_asks.h"

/* A signed head whose text is ${text}. */
static struct span
signed_text(struct scene *scene, const char *text, const struct note_key *key,
    struct ed25519_key *secret)
{
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	struct span note;
	struct error err;
	struct buf buf;

	two_must(ed25519_sign(signature, secret, span_text(text), &err), &err,
	    "sign");
	buf_init(&buf, NOTE_SIZE_MAX);
	buf_text(&buf, text);
	buf_text(&buf, "\n");
	note_write_line(&buf, key, span_of(signature, sizeof(signature)));
	note = arena_copy(scene->two.arena, buf_span(&buf));
	buf_clear(&buf);
	return note;
}

static struct note_key
log_key(struct scene *scene, struct two_node *node)
{
	uint8_t public_key[ED25519_PUBLIC_BYTES];

	ed25519_public(two_log_key(node), public_key);
	return note_key_of(NOTE_KEY_LOG, scene->log->origin, public_key);
}

static const char *
head_text(struct scene *scene, const char *more)
{
	struct hash root = two_root(scene->south, scene->log, scene->size);
	const char *base64 =
	    encode_base64_text(scene->two.arena, hash_span(&root));

	return arena_printf(scene->two.arena, "%.*s\n%llu\n%s\n%s",
	    (int)scene->log->origin.len, (const char *)scene->log->origin.ptr,
	    (unsigned long long)scene->size, base64, more);
}

static struct span
with_text(struct scene *scene, const char *text)
{
	struct note_key key = log_key(scene, scene->south);

	return bare(scene, scene->old,
	    signed_text(scene, text, &key, two_log_key(scene->south)));
}

/* Requests, each with one fault. */
static struct span
from_nothing(struct scene *scene)
{
	return span_of(scene->two.arena, 0);
}

static struct span
without_old(struct scene *scene)
{
	return edit(scene, good(scene), "old ", "");
}

static struct span
with_cr(struct scene *scene)
{
	return edit(scene, good(scene), "\n", "\r\n");
}

static struct span
with_cr_in_the_note(struct scene *scene)
{
	return with_text(scene, head_text(scene, "\r\n"));
}

static struct span
with_a_zero_before_old(struct scene *scene)
{
	return edit(scene, good(scene), "old ", "old 0");
}

static struct span
with_a_sign_before_old(struct scene *scene)
{
	return edit(scene, good(scene), "old ", "old +");
}

static struct span
with_a_zero_before_the_size(struct scene *scene)
{
	return with_text(scene,
	    arena_text(scene->two.arena,
		edit(scene, span_text(head_text(scene, "")), "/1\n", "/1\n0")));
}

static struct span
with_a_size_of_2_to_63(struct scene *scene)
{
	return with_text(scene,
	    arena_printf(scene->two.arena, "%.*s\n9223372036854775808\n%s\n",
		(int)scene->log->origin.len,
		(const char *)scene->log->origin.ptr,
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
}

static struct span
with_a_root_of_31_bytes(struct scene *scene)
{
	return with_text(scene,
	    arena_printf(scene->two.arena, "%.*s\n9\n%s\n",
		(int)scene->log->origin.len,
		(const char *)scene->log->origin.ptr,
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="));
}

static struct span
with_stray_bits(struct scene *scene)
{
	return with_text(scene,
	    arena_printf(scene->two.arena, "%.*s\n9\n%s\n",
		(int)scene->log->origin.len,
		(const char *)scene->log->origin.ptr,
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB="));
}

static struct span
with_an_extension(struct scene *scene)
{
	return with_text(scene, head_text(scene, "more\n"));
}

/* The LAST empty line divides: this text has one of its own. */
static struct span
with_an_empty_line_inside(struct scene *scene)
{
	return with_text(scene, head_text(scene, "\n"));
}

static struct span
with_64_hashes(struct scene *scene)
{
	char lines[64 * 45 + 1];

	for (unsigned i = 0; i < 64; i++)
		snprintf(lines + (size_t)i * 45, 46, "%s\n",
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	return edit(scene, bare(scene, scene->old, scene->note), "\n",
	    arena_printf(scene->two.arena, "\n%s", lines));
}

static struct span
with_a_short_hash(struct scene *scene)
{
	return edit(scene, bare(scene, scene->old, scene->note), "\n",
	    "\nAAAA\n");
}

static struct span
without_lines(struct scene *scene)
{
	char *text = arena_text(scene->two.arena, good(scene));

	return span_of(text, (size_t)(strstr(text, "\xe2\x80\x94") - text));
}

static struct span
beyond_64_kib(struct scene *scene)
{
	return span_text(arena_printf(scene->two.arena, "%s%066000d\n",
	    arena_text(scene->two.arena, good(scene)), 1));
}

static struct span
of_an_unknown_log(struct scene *scene)
{
	return edit(scene, good(scene), "/1\n", "/99\n");
}

/* NORTH's own log, with NORTH's own good signature. */
static struct span
of_norths_log(struct scene *scene)
{
	struct log_row *own = two_log(scene->north, scene->south, true);
	struct hash root = two_root(scene->north, own, own->head);

	return bare(scene, 0,
	    two_head(scene->north, own->origin, own->head, &root));
}

static struct span
by_norths_key(struct scene *scene)
{
	struct hash root = two_root(scene->south, scene->log, scene->size);

	return bare(scene, scene->old,
	    two_head(scene->north, scene->log->origin, scene->size, &root));
}

static struct span
by_its_mirror_key(struct scene *scene)
{
	struct span line = two_line(scene->south, scene->note, scene->two.now);
	char *text = arena_text(scene->two.arena, scene->note);
	size_t len = (size_t)(strstr(text, "\xe2\x80\x94") - text);

	return bare(scene, scene->old,
	    span_text(arena_printf(scene->two.arena, "%.*s%.*s", (int)len, text,
		(int)line.len, (const char *)line.ptr)));
}

static struct span
with_a_bad_signature(struct scene *scene)
{
	struct note_key key = log_key(scene, scene->south);
	struct span note = signed_text(scene, head_text(scene, ""), &key,
	    two_log_key(scene->south));

	/* The signature of this head under the text of another. */
	return bare(scene, scene->old, edit(scene, note, "/1\n", "/1\n1"));
}

/* A good line of the log and a bad one of the same key. */
static struct span
with_a_bad_line_besides(struct scene *scene)
{
	struct note_key key = log_key(scene, scene->south);
	uint8_t zeros[ED25519_SIGNATURE_BYTES] = { 0 };
	struct span note;
	struct buf buf;

	buf_init(&buf, NOTE_SIZE_MAX);
	buf_add(&buf, scene->note);
	note_write_line(&buf, &key, span_of(zeros, sizeof(zeros)));
	note = arena_copy(scene->two.arena, buf_span(&buf));
	buf_clear(&buf);
	return bare(scene, scene->old, note);
}

static struct span
from_above(struct scene *scene)
{
	return bare(scene, scene->size + 1, scene->note);
}

static struct span
from_too_little(struct scene *scene)
{
	return two_checkpoint(scene->south, scene->log, scene->old - 1,
	    scene->size, scene->note);
}

static struct span
from_zero(struct scene *scene)
{
	return bare(scene, 0, scene->note);
}

static struct span
to_less_than_known(struct scene *scene)
{
	return two_checkpoint(scene->south, scene->log, scene->old - 2,
	    scene->old - 1, true_head(scene, scene->old - 1));
}

static struct span
without_a_proof(struct scene *scene)
{
	return bare(scene, scene->old, scene->note);
}

static struct span
with_a_false_proof(struct scene *scene)
{
	struct witness_request request;
	struct span body;
	struct error err;
	struct buf buf;

	two_must(witness_request_parse(&request, good(scene), scene->two.arena,
		     &err),
	    &err, "request");
	request.proof.hashes[0].bytes[0] ^= 1;
	buf_init(&buf, WITNESS_REQUEST_MAX);
	witness_request_write(&buf, &request);
	body = arena_copy(scene->two.arena, buf_span(&buf));
	buf_clear(&buf);
	return body;
}

static struct span
with_a_proof_too_much(struct scene *scene)
{
	return edit(scene,
	    bare(scene, scene->old, true_head(scene, scene->old)), "\n",
	    "\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
}

static const struct fault_row {
	const char *name;
	int status;
	enum error_code code;
	struct span (*make)(struct scene *scene);
} faults[] = {
	/* clang-format off */
	{ "empty", 400, E_SYNTAX, from_nothing },
	{ "no old", 400, E_SYNTAX, without_old },
	{ "CR", 400, E_SYNTAX, with_cr },
	{ "CR in the note", 400, E_NOTE_SYNTAX, with_cr_in_the_note },
	{ "old 0n", 400, E_SYNTAX, with_a_zero_before_old },
	{ "old +n", 400, E_SYNTAX, with_a_sign_before_old },
	{ "size 0n", 400, E_CHECKPOINT_SYNTAX, with_a_zero_before_the_size },
	{ "2^63", 400, E_CHECKPOINT_SYNTAX, with_a_size_of_2_to_63 },
	{ "short root", 400, E_CHECKPOINT_SYNTAX, with_a_root_of_31_bytes },
	{ "stray bits", 400, E_CHECKPOINT_SYNTAX, with_stray_bits },
	{ "extension", 400, E_CHECKPOINT_EXTENSION, with_an_extension },
	{ "empty line", 400, E_CHECKPOINT_EXTENSION,
	    with_an_empty_line_inside },
	{ "64 hashes", 400, E_SYNTAX, with_64_hashes },
	{ "short hash", 400, E_SYNTAX, with_a_short_hash },
	{ "no lines", 400, E_NOTE_SYNTAX, without_lines },
	{ "over 64 KiB", 413, E_TOO_LARGE, beyond_64_kib },
	{ "unknown log", 404, E_CHECKPOINT_ORIGIN, of_an_unknown_log },
	{ "our own log", 404, E_CHECKPOINT_ORIGIN, of_norths_log },
	{ "other key", 403, E_NOTE_UNSIGNED, by_norths_key },
	{ "mirror key", 403, E_NOTE_UNSIGNED, by_its_mirror_key },
	{ "bad signature", 403, E_NOTE_SIGNATURE, with_a_bad_signature },
	{ "bad line", 403, E_NOTE_SIGNATURE, with_a_bad_line_besides },
	{ "old above", 400, E_CHECKPOINT_RANGE, from_above },
	{ "old below", 409, E_CHECKPOINT_OLD, from_too_little },
	{ "old 0", 409, E_CHECKPOINT_OLD, from_zero },
	{ "backwards", 409, E_CHECKPOINT_OLD, to_less_than_known },
	{ "no proof", 422, E_PROOF, without_a_proof },
	{ "false proof", 422, E_PROOF, with_a_false_proof },
	{ "useless proof", 422, E_PROOF_USELESS, with_a_proof_too_much },
	/* clang-format on */
};

TEST(each_fault_has_its_status_and_code_and_changes_nothing)
{
	struct scene scene;

	scene_open(&scene);
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		struct span body = faults[i].make(&scene);
		struct serve_reply reply;
		struct log_row *log;

		tap_note("%s", faults[i].name);
		reply = ask(&scene, body);
		check_refused(&reply, faults[i].status, faults[i].code);
		log = two_log(scene.north, scene.south, false);
		check(log->head == scene.old && !log->is_forked);
	}
	check_int(ask(&scene, good(&scene)).status, 200);
	check(two_talk(&scene.two));
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

TEST(a_wrong_old_size_is_answered_with_the_right_one_and_its_type)
{
	struct serve_reply reply;
	struct scene scene;
	struct error err;
	uint64_t size;

	scene_open(&scene);
	reply = ask(&scene, from_zero(&scene));
	check_str(reply.type, "text/x.tlog.size");
	check(witness_size_parse(&size, reply.body, &err) == 0);
	check(size == scene.old);
	two_close(&scene.two);
}

TEST(the_same_head_again_is_welcome_and_moves_nothing)
{
	struct serve_reply reply;
	struct scene scene;

	scene_open(&scene);
	reply =
	    ask(&scene, bare(&scene, scene.old, true_head(&scene, scene.old)));
	check_int(reply.status, 200);
	check(two_log(scene.north, scene.south, false)->head == scene.old);
	check_int(ask(&scene, good(&scene)).status, 200);
	check(two_log(scene.north, scene.south, false)->head == scene.size);
	/* A pending head is no receipt. */
	check(two_log(scene.north, scene.south, false)->mirrored == scene.old);
	two_close(&scene.two);
}

TEST(lines_of_unknown_keys_are_ignored_and_none_but_the_logs_is_stored)
{
	struct span line, note;
	struct head_row *head;
	struct scene scene;
	struct error err;
	char *forged;

	scene_open(&scene);
	/* NORTH's own name, forged; and a true line of NORTH's as well. */
	line = two_line(scene.north, scene.note, scene.two.now);
	forged = arena_text(scene.two.arena, line);
	forged[line.len - 12] = forged[line.len - 12] == 'A' ? 'B' : 'A';
	note = span_text(arena_printf(scene.two.arena, "%.*s%s%.*s",
	    (int)scene.note.len, (const char *)scene.note.ptr, forged,
	    (int)line.len, (const char *)line.ptr));
	check_int(ask(&scene,
		      two_checkpoint(scene.south, scene.log, scene.old,
			  scene.size, note))
		      .status,
	    200);
	two_must(store_head_get(scene.north->store,
		     two_log(scene.north, scene.south, false)->id, scene.size,
		     &head, scene.two.arena, &err),
	    &err, "head");
	check_mem(head->note.ptr, head->note.len, scene.note.ptr,
	    scene.note.len);
	two_close(&scene.two);
}

TEST(only_who_writes_a_log_may_show_its_heads)
{
	struct serve_reply reply;
	struct scene scene;

	two_open(&scene.two, 3);
	two_talk(&scene.two);
	scene.north = &scene.two.nodes[TWO_NORTH];
	scene.south = &scene.two.nodes[TWO_SOUTH];
	scene.log = two_log(scene.south, scene.north, true);
	reply = two_post(scene.north, &scene.two.nodes[TWO_EAST],
	    "/add-checkpoint", bare(&scene, 1, true_head(&scene, 1)));
	check_refused(&reply, 404, E_CHECKPOINT_ORIGIN);
	/* SOUTH and EAST never became peers. */
	reply = two_post(scene.south, &scene.two.nodes[TWO_EAST],
	    "/add-checkpoint", bare(&scene, 1, true_head(&scene, 1)));
	check_refused(&reply, 403, E_PEER_UNKNOWN);
	reply = two_get(scene.north, scene.south, "/add-checkpoint");
	check_refused(&reply, 405, E_METHOD);
	two_close(&scene.two);
}
