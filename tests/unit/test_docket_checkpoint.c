/*
 * add-checkpoint as a peer can call it: every fault has its status and code,
 * and of two versions of a log exactly one gets through.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "docket/internal.h"
#include "formats/problem.h"
#include "ledger/checkpoint.h"
#include "ledger/witness.h"
#include "seal/digest.h"
#include "seal/ed25519.h"
#include "store/store.h"
#include "tests/lab.h"
#include "tests/support/ledger.h"
#include "tests/support/twonodes.h"
#include "tests/tap.h"

#define WORKED "vectors/worked/"

/* NORTH is asked; SOUTH asks; some of its log is mirrored, some is not. */
struct scene {
	struct two two;
	struct two_node *north, *south;
	struct log_row *log; /* SOUTH's, at SOUTH */
	uint64_t old, size;  /* known to NORTH, and SOUTH's newest */
	struct span note;    /* the newest head */
};

static struct span
newest_head(struct scene *scene)
{
	struct head_row *head;
	struct error err;

	two_must(store_head_get(scene->south->store, scene->log->id,
		     scene->log->head, &head, scene->two.arena, &err),
	    &err, "head");
	return head->note;
}

static void
scene_open(struct scene *scene)
{
	two_open(&scene->two, 2);
	scene->north = &scene->two.nodes[TWO_NORTH];
	scene->south = &scene->two.nodes[TWO_SOUTH];
	two_lodge(scene->south, scene->north, KIND_REQUEST, NULL);
	two_lodge(scene->south, scene->north, KIND_REPORT, NULL);
	two_talk(&scene->two);
	scene->old = two_log(scene->north, scene->south, false)->head;
	two_lodge(scene->south, scene->north, KIND_REQUEST, NULL);
	two_lodge(scene->south, scene->north, KIND_REQUEST, NULL);
	scene->log = two_log(scene->south, scene->north, true);
	scene->size = scene->log->head;
	scene->note = newest_head(scene);
}

static struct serve_reply
ask(struct scene *scene, struct span body)
{
	return two_post(scene->north, scene->south, "/add-checkpoint", body);
}

/* The whole of an answer that refuses. */
static void
check_refused(const struct serve_reply *reply, int status, enum error_code code)
{
	enum error_code said;
	struct error err;

	check_int(reply->status, status);
	check_str(error_name(reply->code), error_name(code));
	check_int(error_http(code), status);
	check_int(error_fault(code), FAULT_PEER);
	check(!reply->wants_line);
	if (code == E_CHECKPOINT_OLD)
		return;
	check(reply->type != NULL &&
	    strcmp(reply->type, PROBLEM_MEDIA_TYPE) == 0);
	check(problem_read(&said, reply->body, &err) == 0 && said == code);
}

/* ${body} with the first ${from} made ${to}. */
static struct span
edit(struct scene *scene, struct span body, const char *from, const char *to)
{
	char *text = arena_text(scene->two.arena, body);
	char *at = strstr(text, from);

	if (at == NULL)
		abort();
	return span_text(arena_printf(scene->two.arena, "%.*s%s%s",
	    (int)(at - text), text, to, at + strlen(from)));
}

static struct span
good(struct scene *scene)
{
	return two_checkpoint(scene->south, scene->log, scene->old, scene->size,
	    scene->note);
}

/* With no proof at all. */
static struct span
bare(struct scene *scene, uint64_t old, struct span note)
{
	return two_checkpoint(scene->south, scene->log, old, old, note);
}

static struct span
signed_head(struct scene *scene, uint64_t size, const struct hash *root)
{
	return two_head(scene->south, scene->log->origin, size, root);
}

static struct span
true_head(struct scene *scene, uint64_t size)
{
	struct hash root = two_root(scene->south, scene->log, size);

	return signed_head(scene, size, &root);
}

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
	return edit(scene, good(scene), "/1\n", "/2\n");
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

/* SOUTH's log up to ${size} as it is, and then something else. */
struct fork {
	struct ledger_log *log;
	struct span note;
	struct span body; /* an add-checkpoint from the size before */
};

static struct fork
fork_at(struct scene *scene, uint64_t common, uint64_t old, uint64_t size)
{
	struct fork fork = { ledger_log_new(scene->two.arena, 64), { NULL, 0 },
		{ NULL, 0 } };
	struct witness_request request = { .old = old };
	struct tree_reader reader = ledger_log_reader(fork.log);
	struct hash root;
	struct error err;
	struct buf buf;

	for (uint64_t i = 0; i < size; i++)
		ledger_log_append(fork.log,
		    i < common ?
			two_entry(scene->south, scene->north, true, i)->der :
			ledger_entry(scene->two.arena, i));
	root = ledger_log_root(fork.log, size);
	fork.note = signed_head(scene, size, &root);
	if (old < size)
		two_must(tree_prove(&request.proof, &reader, 0, old, size,
			     &err),
		    &err, "proof");
	request.note = fork.note;
	buf_init(&buf, WITNESS_REQUEST_MAX);
	witness_request_write(&buf, &request);
	fork.body = arena_copy(scene->two.arena, buf_span(&buf));
	buf_clear(&buf);
	return fork;
}

/* Both heads of ${size} are kept, and what is good can still be had. */
static void
check_evidence(struct scene *scene, uint64_t size, struct span first,
    struct span second)
{
	struct log_row *log = two_log(scene->north, scene->south, false);
	struct serve_reply reply;
	char hex[HASH_TEXT_MAX];
	struct head_row *heads;
	struct error err;
	struct hash key;
	size_t n;

	check(log->is_forked);
	check(two_delivery(scene->north, scene->south).is_forked);
	two_must(store_head_all(scene->north->store, log->id, size, &heads, &n,
		     scene->two.arena, &err),
	    &err, "heads");
	require(n == 2);
	check(span_is_equal(heads[0].note, first));
	check(span_is_equal(heads[1].note, second));
	check(log->size == scene->old && log->mirrored == scene->old);
	check(two_entry(scene->north, scene->south, false, 1)->kind ==
	    KIND_REQUEST);
	key = digest_of(log->origin);
	reply = two_get(scene->north, scene->south,
	    arena_printf(scene->two.arena, "/%s/checkpoint",
		hash_write(&key, hex)));
	check_int(reply.status, 200);
	check(span_has_prefix(reply.body, true_head(scene, scene->old)));
	reply = ask(scene, good(scene));
	check_refused(&reply, 409, E_FORKED);
}

TEST(of_two_valid_forks_exactly_one_gets_through_and_both_are_evidence)
{
	for (int order = 0; order < 2; order++) {
		struct serve_reply replies[2];
		struct scene scene;
		struct fork fork;
		struct span bodies[2], notes[2];

		scene_open(&scene);
		fork = fork_at(&scene, scene.old, scene.old, scene.size);
		bodies[order] = good(&scene);
		notes[order] = scene.note;
		bodies[1 - order] = fork.body;
		notes[1 - order] = fork.note;
		replies[0] = ask(&scene, bodies[0]);
		replies[1] = ask(&scene, bodies[1]);
		check_int(replies[0].status, 200);
		check_refused(&replies[1], 422, E_CHECKPOINT_FORK);
		check_evidence(&scene, scene.size, notes[0], notes[1]);
		two_restart(scene.north, true);
		check(two_log(scene.north, scene.south, false)->is_forked);
		two_close(&scene.two);
	}
}

TEST(a_fork_of_the_known_head_is_seen_whatever_else_is_wrong_with_the_request)
{
	static const uint64_t olds[] = { 0, 1 };

	for (size_t i = 0; i < COUNT_OF(olds) + 1; i++) {
		struct serve_reply reply;
		struct scene scene;
		struct fork fork;

		scene_open(&scene);
		fork = fork_at(&scene, 1,
		    i < COUNT_OF(olds) ? olds[i] : scene.old, scene.old);
		reply = ask(&scene, fork.body);
		check_refused(&reply, 422, E_CHECKPOINT_FORK);
		check_evidence(&scene, scene.old, true_head(&scene, scene.old),
		    fork.note);
		two_close(&scene.two);
	}
}

TEST(a_head_below_what_is_held_that_is_not_its_past_is_a_fork_as_well)
{
	struct serve_reply reply;
	struct scene scene;
	struct fork fork;

	scene_open(&scene);
	/* No head of that size was ever seen, but the entries are here. */
	fork = fork_at(&scene, 1, 0, 2);
	reply = ask(&scene, fork.body);
	check_refused(&reply, 422, E_CHECKPOINT_FORK);
	check(two_log(scene.north, scene.south, false)->is_forked);
	reply = ask(&scene, good(&scene));
	check_refused(&reply, 409, E_FORKED);
	two_close(&scene.two);
}

TEST(an_empty_tree_of_another_root_is_no_proof)
{
	struct hash root = { { 1 } };
	struct serve_reply reply;
	struct scene scene;

	two_open(&scene.two, 2);
	scene.north = &scene.two.nodes[TWO_NORTH];
	scene.south = &scene.two.nodes[TWO_SOUTH];
	scene.log = two_log(scene.south, scene.north, true);
	reply = ask(&scene, bare(&scene, 0, signed_head(&scene, 0, &root)));
	check_refused(&reply, 422, E_PROOF);
	root = tree_empty_root();
	reply = ask(&scene, bare(&scene, 0, signed_head(&scene, 0, &root)));
	check_int(reply.status, 200);
	check(two_talk(&scene.two));
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

/* SOUTH with the log key of the worked example, and that log beside. */
static void
open_worked(struct scene *scene)
{
	static const uint8_t seed[32] = { 0xae, 0xf6, 0xd6, 0x0c, 0x4e, 0x06,
		0xa4, 0xea, 0xf1, 0xd3, 0x1b, 0xe4, 0xa1, 0x7f, 0xfa, 0x0c,
		0xc0, 0x1e, 0x93, 0x67, 0xb8, 0x09, 0x5c, 0xf7, 0x03, 0xa2,
		0x9c, 0x4c, 0x54, 0x10, 0xa5, 0xb3 };
	struct log_row log = {
		.origin = span_text("docket.example/xa/log1"),
		.peer = span_text("cert.south.example"),
		.epoch = 2,
		.side = 1,
	};
	struct error err;

	scene->two = (struct two){ .n = 0 };
	scene->two.nodes[TWO_SOUTH].log_seed = (const char *)seed;
	two_begin(&scene->two, 2);
	scene->north = &scene->two.nodes[TWO_NORTH];
	scene->south = &scene->two.nodes[TWO_SOUTH];
	two_introduce(scene->north, scene->south);
	two_must(store_begin(scene->north->store, &err), &err, "begin");
	two_must(store_log_add(scene->north->store, &log, &err), &err, "log");
	two_must(store_commit(scene->north->store, &err), &err, "commit");
}

TEST(the_worked_requests_are_answered_as_the_specification_says)
{
	static const struct {
		const char *request;
		int want;
		enum error_code code;
	} series[] = {
		/* clang-format off */
		{ "5-to-5",            409, E_CHECKPOINT_OLD },
		{ "3-to-5",            409, E_CHECKPOINT_OLD },
		{ "5-to-3",            400, E_CHECKPOINT_RANGE },
		{ "unknown-log",       404, E_CHECKPOINT_ORIGIN },
		{ "0-to-0",            200, E_NONE },
		{ "0-to-0",            200, E_NONE },
		{ "0-to-3-withproof",  422, E_PROOF_USELESS },
		{ "0-to-3-ext",        400, E_CHECKPOINT_EXTENSION },
		{ "0-to-3-crlf",       400, E_SYNTAX },
		{ "0-to-3",            200, E_NONE },
		{ "0-to-3",            409, E_CHECKPOINT_OLD },
		{ "0-to-0",            409, E_CHECKPOINT_OLD },
		{ "3-to-5-badproof",   422, E_PROOF },
		{ "3-to-5-noproof",    422, E_PROOF },
		{ "3-to-5-badsig",     403, E_NOTE_SIGNATURE },
		{ "leading-zero-old",  400, E_SYNTAX },
		{ "leading-zero-size", 400, E_CHECKPOINT_SYNTAX },
		{ "64-proof-lines",    400, E_SYNTAX },
		{ "5-to-5",            409, E_CHECKPOINT_OLD },
		{ "3-to-5",            200, E_NONE },
		{ "3-to-5",            409, E_CHECKPOINT_OLD },
		{ "5-to-5",            200, E_NONE },
		{ "5-to-3",            400, E_CHECKPOINT_RANGE },
		{ "3-to-5-fork",       422, E_CHECKPOINT_FORK },
		{ "5-to-5-fork",       409, E_FORKED },
		{ "5-to-5",            409, E_FORKED },
		/* clang-format on */
	};
	struct scene scene;

	if (!lab_has_shared(WORKED))
		skip("no shared vectors");
	open_worked(&scene);
	for (size_t i = 0; i < COUNT_OF(series); i++) {
		struct span body = lab_shared(scene.two.arena,
		    arena_printf(scene.two.arena, WORKED "add-checkpoint/%s",
			series[i].request));
		struct serve_reply reply = ask(&scene, body);

		tap_note("%s", series[i].request);
		check_int(reply.status, series[i].want);
		check_str(error_name(reply.code), error_name(series[i].code));
	}
	two_close(&scene.two);
}
