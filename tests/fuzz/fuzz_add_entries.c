#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "ledger/mirror.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/fuzzlog.h"
#include "tests/support/samples.h"

/*
 * The body of add-entries, and of its 409 and 202.  The head is the true one,
 * so only the log's true entries, at their places, can pass.
 */

static bool reached;

static void
judge_package(struct mirror_package *package, uint64_t end, uint64_t next)
{
	struct mirror_source source = fuzzlog_source();
	struct checkpoint head;
	struct error err;

	fuzz_must(package->start == next && package->end > next);
	fuzz_must(package->base % MIRROR_PACKAGE == 0);
	fuzz_must(package->end - package->base <= MIRROR_PACKAGE);
	fuzz_must(package->end <= end);
	if (end > FUZZLOG_SIZE)
		return;
	head = fuzzlog_head(end);
	if (mirror_package_check(package, &head, &source.tree, &err) == -1) {
		fuzz_must(error_fault(err.code) == FAULT_PEER);
		return;
	}
	for (uint64_t i = package->start; i < package->end; i++)
		fuzz_must(span_is_equal(package->entries[i - package->start],
		    fuzzlog_entry(i)));
	reached = true;
}

static void
judge_upload(struct span body)
{
	static const uint64_t pending[] = { 1, 300, 600 };
	const struct mirror_known known = { pending, 3, 300, 1 };
	static struct mirror_package package;
	struct mirror_upload upload;
	struct error err;
	bool is_end;

	if (mirror_upload_parse(&upload, body, &err) == -1) {
		fuzz_must(error_fault(err.code) == FAULT_PEER);
		return;
	}
	fuzz_must(upload.header.start <= upload.header.end);
	fuzz_must(upload.header.ticket.len <= MIRROR_TICKET_MAX);
	if (mirror_upload_check(&upload, &known, &err) == -1)
		fuzz_must(err.code == E_UPLOAD_POSITION);
	else
		fuzz_must(upload.header.end <= FUZZLOG_SIZE);
	for (unsigned n = 0;; n++) {
		uint64_t next = upload.next;

		if (mirror_package_next(&package, &is_end, &upload, &err) ==
		    -1) {
			fuzz_must(error_fault(err.code) == FAULT_PEER);
			return;
		}
		if (is_end)
			return;
		fuzz_must(n < MIRROR_PACKAGES_MAX);
		judge_package(&package, upload.header.end, next);
	}
}

static void
judge_info(struct span body, struct arena *arena)
{
	struct mirror_info info;
	struct error err;
	struct buf buf;

	if (mirror_info_parse(&info, body, arena, &err) == -1) {
		fuzz_must(error_fault(err.code) == FAULT_PEER);
		return;
	}
	buf_init(&buf, MIRROR_INFO_MAX);
	mirror_info_write(&buf, &info);
	fuzz_must(span_is_equal(buf_span(&buf), body));
	buf_clear(&buf);
	reached = true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();

	reached = false;
	fuzz_begin();
	judge_upload(span_of(data, size));
	judge_info(span_of(data, size), arena);
	arena_free(arena);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	static const uint64_t from[] = { 0, 256, 5, 299, 0 };
	static const uint64_t to[] = { 1, 300, 9, 600, 600 };
	const struct mirror_info info = { 300, 7, span_text("a ticket") };
	struct mirror_source source = fuzzlog_source();
	struct mirror_header header = { .origin = span_text(SAMPLES_SOUTH),
		.ticket = span_text("ok") };
	struct error err;
	uint64_t next;

	if (n > COUNT_OF(from))
		return false;
	if (n == COUNT_OF(from)) {
		mirror_info_write(out, &info);
		return true;
	}
	header.start = from[n];
	header.end = to[n];
	fuzz_done(mirror_request_write(out, &next, &header, &source,
		      MIRROR_REQUEST_MAX, &err),
	    &err);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
