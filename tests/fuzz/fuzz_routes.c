#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/docket.h"
#include "docket/serve.h"
#include "seal/digest.h"
#include "store/store.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/samples.h"
#include "tests/support/twonodes.h"

/*
 * What a peer asks of a node, a request after the other: a byte of method and
 * headers, the path up to an LF, two bytes of offset if there is one, four
 * bytes of length and the body.  The node is real, its disk in memory.
 *
 * No request makes it fail, each gets an answer that a peer may see, and what
 * was taken leaves the store consistent: a rebuild finds no difference.
 */

#define REQUESTS_MAX 16

/* Bits of the first byte; the lowest two are the method. */
#define HAS_OFFSET 4
#define IS_COMPLETE 8
#define IS_STRANGER 16

static struct two world;
static bool is_open, is_dirty, reached;

/* North, which is asked, and south with a letter that it has not sent yet. */
static void
open_world(void)
{
	struct two_node *north = &world.nodes[TWO_NORTH];
	struct two_node *south = &world.nodes[TWO_SOUTH];
	struct record record;

	if (is_open)
		return;
	fuzz_begin();
	fuzz_rewind();
	two_open(&world, 2);
	record = two_record(&world, KIND_REQUEST, NULL);
	two_document(south, north, &record, WORD_DOCUMENT_BODY, 300);
	two_lodge_record(south, north, &record);
	is_open = true;
}

static void
close_world(void)
{
	two_close(&world);
	is_open = is_dirty = false;
}

static bool
next_request(struct serve_request *out, struct span *rest)
{
	uint32_t len = 0;
	uint8_t bits;

	if (rest->len == 0)
		return false;
	bits = rest->ptr[0];
	*rest = span_skip(*rest, 1);
	*out = (struct serve_request){
		.peer = span_text(bits & IS_STRANGER ? "cert.east.example" :
						       "cert.south.example"),
		.method = (enum serve_method)(bits & 3),
		.has_offset = (bits & HAS_OFFSET) != 0,
		.is_complete = (bits & IS_COMPLETE) != 0,
	};
	out->path = fuzz_line(rest);
	if (out->has_offset && rest->len >= 2) {
		out->offset = (uint64_t)rest->ptr[0] << 8 | rest->ptr[1];
		*rest = span_skip(*rest, 2);
	}
	for (unsigned i = 0; i < 4 && i < rest->len; i++)
		len = len << 8 | rest->ptr[i];
	*rest = span_skip(*rest, 4);
	out->body = span_of(rest->ptr, len < rest->len ? len : rest->len);
	*rest = span_skip(*rest, out->body.len);
	return true;
}

static void
judge_reply(const struct serve_reply *reply)
{
	fuzz_must(reply->status >= 200 && reply->status < 600);
	if (reply->code != E_NONE) {
		fuzz_must(error_fault(reply->code) == FAULT_PEER ||
		    error_fault(reply->code) == FAULT_OPERATOR);
		fuzz_must(reply->status >= 400 && reply->type != NULL);
	}
	fuzz_must(reply->body.len == 0 || reply->type != NULL);
}

static void
serve(const struct serve_request *request, struct arena *arena)
{
	struct two_node *north = &world.nodes[TWO_NORTH];
	struct serve_reply reply;
	struct error err;

	two_turn_begin(north);
	fuzz_done(docket_serve(north->docket, request, two_now(north), &reply,
		      arena, &err),
	    &err);
	judge_reply(&reply);
	if (request->method == SERVE_GET || request->method == SERVE_HEAD ||
	    (reply.status >= 400 && reply.code != E_CHECKPOINT_FORK)) {
		store_rollback(north->store);
		docket_rolled_back(north->docket);
	} else {
		is_dirty = true;
		two_turn_end(north);
		fuzz_done(docket_serve_finish(north->docket, &reply, arena,
			      &err),
		    &err);
	}
	reached = reply.status < 300;
}

/* The projections are what the entries make of them. */
static void
judge_store(void)
{
	struct two_node *north = &world.nodes[TWO_NORTH];
	char before[65], after[65];
	struct error err;

	fuzz_done(store_begin(north->store, &err), &err);
	fuzz_done(store_projection_digest(north->store, before, &err), &err);
	fuzz_done(store_clear_projections(north->store, &err), &err);
	fuzz_done(docket_rebuild(north->docket, &err), &err);
	fuzz_done(store_projection_digest(north->store, after, &err), &err);
	fuzz_must(span_is_text(span_text(before), after));
	store_rollback(north->store);
	docket_rolled_back(north->docket);
	fuzz_done(store_check(north->store, &err), &err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of(data, size);
	struct arena *arena = arena_new();
	struct serve_request request;

	reached = false;
	open_world();
	for (unsigned n = 0; n < REQUESTS_MAX; n++) {
		if (!next_request(&request, &rest))
			break;
		serve(&request, arena);
	}
	if (is_dirty) {
		judge_store();
		close_world();
	}
	arena_free(arena);
	return 0;
}

static void
write_request(struct buf *out, enum serve_method method, const char *path,
    struct span body)
{
	buf_u8(out, (uint8_t)method);
	buf_printf(out, "%s\n", path);
	buf_u32(out, (uint32_t)body.len);
	buf_add(out, body);
}

/* All that south sends north, until it has no more to say. */
static void
write_exchange(struct buf *out)
{
	struct two_node *north = &world.nodes[TWO_NORTH];
	struct two_node *south = &world.nodes[TWO_SOUTH];
	struct arena *arena = arena_new();
	struct job_answer answer;
	struct job job;

	while (two_job(south, north, &job, arena) != JOB_NONE &&
	    job.kind != JOB_PING) {
		write_request(out, job.method, job.path, job.body);
		answer = two_answer(north, south, &job, arena);
		two_done(south, &job, &answer);
	}
	arena_free(arena);
}

static const struct {
	enum serve_method method;
	const char *path; /* below our log, or of the node */
} reads[] = {
	/* clang-format off */
	{ SERVE_GET, "/card" },
	{ SERVE_GET, "checkpoint" },
	{ SERVE_GET, "tile/0/000.p/1" },
	{ SERVE_HEAD, "tile/entries/000.p/1" },
	/* clang-format on */
};

static void
write_read(struct buf *out, enum serve_method method, const char *path)
{
	struct hash name = digest_of(span_text(SAMPLES_NORTH));
	struct arena *arena = arena_new();
	char hex[HASH_TEXT_MAX];

	if (path[0] != '/')
		path =
		    arena_printf(arena, "/%s/%s", hash_write(&name, hex), path);
	write_request(out, method, path, span_text(""));
	arena_free(arena);
}

/* A document in two pieces. */
static void
write_pieces(struct buf *out)
{
	static const char path[] =
	    "/documents/"
	    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362"
	    "938b9824";

	buf_u8(out, SERVE_PATCH | HAS_OFFSET);
	buf_printf(out, "%s\n", path);
	buf_u16(out, 0);
	buf_u32(out, 2);
	buf_text(out, "he");
	buf_u8(out, SERVE_PATCH | HAS_OFFSET | IS_COMPLETE);
	buf_printf(out, "%s\n", path);
	buf_u16(out, 2);
	buf_u32(out, 3);
	buf_text(out, "llo");
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	if (n >= COUNT_OF(reads) + 2)
		return false;
	if (n >= 2) {
		write_read(out, reads[n - 2].method, reads[n - 2].path);
		return true;
	}
	if (n == 1) {
		write_pieces(out);
		return true;
	}
	open_world();
	write_exchange(out);
	close_world();
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
