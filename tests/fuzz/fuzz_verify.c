#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "proof/bundle.h"
#include "proof/make.h"
#include "proof/manifest.h"
#include "proof/verify.h"
#include "seal/digest.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/twonodes.h"

/*
 * Behind the digests: a file's name, LF and bytes that take the place of the
 * file in a good bundle of everything; manifest and sums are then made to
 * fit.
 *
 * With both cards trusted nothing is proven that is not so: nobody has forked,
 * and the one record that was reacted to is the request.
 */

static struct bundle good;
static struct proof_trust trust;
static struct hash request;
static bool reached;

static void
make_good(struct two *two)
{
	struct two_node *north = &two->nodes[TWO_NORTH];
	struct two_node *south = &two->nodes[TWO_SOUTH];
	struct proof_order order = { .peer = span_text(south->party),
		.is_case = true };
	struct error err;

	request = two_lodge(north, south, KIND_REQUEST, NULL);
	fuzz_must(two_talk(two));
	two_later(two, 600);
	two_lodge(south, north, KIND_ACKNOWLEDGEMENT, &request);
	fuzz_must(two_talk(two));
	order.record = request;
	fuzz_done(proof_make(&good, north->docket, north->store, &order,
		      two->arena, &err),
	    &err);
	for (unsigned i = 0; i < 2; i++)
		fuzz_done(proof_trust_card(&trust,
			      buf_span(&two->nodes[i].card), two->arena, &err),
		    &err);
}

static void
set_up(void)
{
	static struct two two;

	if (good.n > 0)
		return;
	fuzz_begin();
	fuzz_rewind();
	two_open(&two, 2);
	make_good(&two);
}

/* The manifest with the digest that the changed file has. */
static struct span
fitting_manifest(struct span name, struct span bytes, struct arena *arena)
{
	struct span old = bundle_find(&good, span_text(MANIFEST_NAME))->bytes;
	struct manifest manifest;
	struct span fitting;
	struct error err;
	struct buf buf;

	fuzz_done(manifest_read(&manifest, old, arena, &err), &err);
	for (size_t i = 0; i < manifest.files_n; i++)
		if (span_is_text(name,
			manifest_file_name(&manifest, &manifest.files[i],
			    arena)))
			manifest.files[i].sha256 = digest_of(bytes);
	buf_init(&buf, MANIFEST_SIZE_MAX);
	manifest_write(&buf, &manifest, arena);
	fitting = arena_copy(arena, buf_span(&buf));
	buf_clear(&buf);
	return fitting;
}

static void
make_changed(struct bundle *out, struct span name, struct span bytes,
    struct arena *arena)
{
	struct span manifest = fitting_manifest(name, bytes, arena);
	struct error err;
	struct buf sums;

	if (span_is_text(name, MANIFEST_NAME))
		manifest = bytes;
	bundle_init(out, arena);
	for (size_t i = 0; i < good.n; i++) {
		const struct bundle_file *file = &good.files[i];
		struct span put = file->bytes;

		if (span_is_text(file->name, MANIFEST_SUMS_NAME))
			continue;
		if (span_is_equal(file->name, name))
			put = bytes;
		if (span_is_text(file->name, MANIFEST_NAME))
			put = manifest;
		fuzz_done(bundle_add(out, file->name, put, &err), &err);
	}
	buf_init(&sums, BUNDLE_FILE_MAX);
	manifest_sums_write(&sums, out);
	fuzz_done(bundle_add(out, span_text(MANIFEST_SUMS_NAME),
		      arena_copy(arena, buf_span(&sums)), &err),
	    &err);
	buf_clear(&sums);
}

static void
judge(const struct proof_report *report)
{
	for (size_t i = 0; i < report->n; i++) {
		const struct proof_line *line = &report->lines[i];

		fuzz_must(line->text != NULL && line->why != NULL);
		if (line->verdict != PROOF_PROVEN)
			continue;
		fuzz_must(line->claim != PROOF_FORK);
		fuzz_must(!line->has_record || line->claim != PROOF_REACTED ||
		    hash_is_equal(&line->record, &request));
		reached = true;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of(data, size), name = fuzz_line(&rest);
	struct arena *arena = arena_new();
	struct proof_report report;
	struct bundle bundle;
	struct error err;
	struct buf text;

	reached = false;
	set_up();
	if (size > BUNDLE_FILE_MAX)
		goto out;
	make_changed(&bundle, name, rest, arena);
	if (proof_verify(&bundle, &trust, &report, arena, &err) == -1) {
		fuzz_must(error_fault(err.code) == FAULT_PEER ||
		    error_fault(err.code) == FAULT_OPERATOR);
		goto out;
	}
	judge(&report);
	buf_init(&text, BUNDLE_FILE_MAX);
	proof_report_write(&text, &report);
	fuzz_must(!text.is_over);
	buf_clear(&text);
out:
	arena_free(arena);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	set_up();
	if (n >= good.n)
		return false;
	buf_add(out, good.files[n].name);
	buf_text(out, "\n");
	buf_add(out, good.files[n].bytes);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
