#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "proof/bundle.h"
#include "proof/make.h"
#include "proof/manifest.h"
#include "proof/verify.h"
#include "seal/digest.h"
#include "store/head.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/authority.h"
#include "tests/support/twonodes.h"

/*
 * Behind the digests: a file's name, LF and bytes that take the place of the
 * file in one of two good bundles, the first that has it; manifest and sums
 * are then made to fit.
 *
 * In the first an authority issued north's seal, and its lists are there; with
 * both cards trusted nothing is proven that is not so: nobody has forked, and
 * the one record that was reacted to is the request.  In the second south has
 * forked; north never does.
 */

#define DAY_S ((int64_t)86400)

enum { BUNDLE_CASE, BUNDLE_FORK, BUNDLE_COUNT };

static struct bundle goods[BUNDLE_COUNT];
static struct proof_trust trust;
static struct hash request;
static bool reached;

static struct instant
day(int64_t n)
{
	return instant_of(TWO_BEGIN_S + n * DAY_S);
}

/* An authority below a root, with a list each. */
static struct authority_seal *
make_issued(struct span lists[2])
{
	static struct authority_seal seal;
	static struct authority *root, *middle;
	const struct authority *above[2];

	root = authority_new("Root", NULL, day(-900), day(900));
	middle = authority_new("Seals", root, day(-500), day(500));
	above[0] = middle;
	above[1] = root;
	authority_issue(&seal, "cert.north.example", above, 2, day(-10),
	    day(400));
	lists[0] = authority_list(middle, day(-2), day(5), NULL, 0, day(0));
	lists[1] =
	    authority_list(root, day(-1), day(5), &seal.certificate, 1, day(0));
	return &seal;
}

static void
make_case(struct two *two, const struct span lists[2])
{
	struct two_node *north = &two->nodes[TWO_NORTH];
	struct two_node *south = &two->nodes[TWO_SOUTH];
	struct proof_order order = { .peer = span_text(south->party),
		.is_case = true };
	struct bundle bare;
	struct error err;

	request = two_lodge(north, south, KIND_REQUEST, NULL);
	fuzz_must(two_talk(two));
	two_later(two, 600);
	two_lodge(south, north, KIND_ACKNOWLEDGEMENT, &request);
	fuzz_must(two_talk(two));
	order.record = request;
	fuzz_done(proof_make(&bare, north->docket, north->store, &order,
		      two->arena, &err),
	    &err);
	fuzz_done(proof_add_crls(&goods[BUNDLE_CASE], &bare, lists, 2,
		      two->arena, &err),
	    &err);
	for (unsigned i = 0; i < 2; i++)
		fuzz_done(proof_trust_card(&trust,
			      buf_span(&two->nodes[i].card), two->arena, &err),
		    &err);
}

/* A head of south's below its newest, with a root that it never had. */
static void
make_fork(struct two *two)
{
	struct two_node *north = &two->nodes[TWO_NORTH];
	struct two_node *south = &two->nodes[TWO_SOUTH];
	struct proof_order order = { .peer = span_text(south->party),
		.claims = 1u << PROOF_FORK };
	struct log_row *log = two_log(north, south, false);
	struct hash root = digest_of(span_text("another version"));
	struct head_row *head;
	uint64_t size = log->size;
	struct span note;
	struct error err;

	do
		fuzz_done(store_head_get(north->store, log->id, --size, &head,
			      two->arena, &err),
		    &err);
	while (head != NULL);
	note = two_head(south, log->origin, size, &root);
	(void)two_post(north, south, "/add-checkpoint",
	    span_text(arena_printf(two->arena, "old %llu\n\n%.*s",
		(unsigned long long)size, (int)note.len,
		(const char *)note.ptr)));
	fuzz_done(proof_make(&goods[BUNDLE_FORK], north->docket, north->store,
		      &order, two->arena, &err),
	    &err);
	fuzz_must(bundle_find(&goods[BUNDLE_FORK],
		      span_text("fork-cert.south.example-prefix.txt")) != NULL);
}

static void
set_up(void)
{
	static struct two two;
	static struct span lists[2];

	if (goods[0].n > 0)
		return;
	fuzz_begin();
	fuzz_rewind();
	two.nodes[TWO_NORTH].issued = make_issued(lists);
	two_begin(&two, 2);
	two_introduce(&two.nodes[TWO_NORTH], &two.nodes[TWO_SOUTH]);
	make_case(&two, lists);
	for (unsigned i = 0; i < 4; i++)
		two_lodge(&two.nodes[TWO_SOUTH], &two.nodes[TWO_NORTH],
		    KIND_REPORT, NULL);
	fuzz_must(two_talk(&two));
	make_fork(&two);
}

/* The manifest with the digest that the changed file has. */
static struct span
fitting_manifest(const struct bundle *good, struct span name, struct span bytes,
    struct arena *arena)
{
	struct span old = bundle_find(good, span_text(MANIFEST_NAME))->bytes;
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
make_changed(struct bundle *out, const struct bundle *good, struct span name,
    struct span bytes, struct arena *arena)
{
	struct span manifest = fitting_manifest(good, name, bytes, arena);
	struct error err;
	struct buf sums;

	if (span_is_text(name, MANIFEST_NAME))
		manifest = bytes;
	bundle_init(out, arena);
	for (size_t i = 0; i < good->n; i++) {
		const struct bundle_file *file = &good->files[i];
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
judge(const struct proof_report *report, bool is_forked)
{
	for (size_t i = 0; i < report->n; i++) {
		const struct proof_line *line = &report->lines[i];

		fuzz_must(line->text != NULL && line->why != NULL);
		if (line->verdict != PROOF_PROVEN)
			continue;
		/* South's card alone is what a fork of south's rests on. */
		fuzz_must(line->claim != PROOF_FORK ||
		    (is_forked && !line->needs[0] && line->needs[1]));
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
	unsigned which = BUNDLE_CASE;
	struct proof_report report;
	struct bundle bundle;
	struct error err;
	struct buf text;

	reached = false;
	set_up();
	if (size > BUNDLE_FILE_MAX)
		goto out;
	if (bundle_find(&goods[BUNDLE_CASE], name) == NULL)
		which = BUNDLE_FORK;
	make_changed(&bundle, &goods[which], name, rest, arena);
	if (proof_verify(&bundle, &trust, &report, arena, &err) == -1) {
		fuzz_must(error_fault(err.code) == FAULT_PEER ||
		    error_fault(err.code) == FAULT_OPERATOR);
		goto out;
	}
	judge(&report, which == BUNDLE_FORK);
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
	const struct bundle_file *file;

	set_up();
	if (n < goods[BUNDLE_CASE].n) {
		file = &goods[BUNDLE_CASE].files[n];
	} else {
		const struct bundle *forked = &goods[BUNDLE_FORK];
		size_t i = n - goods[BUNDLE_CASE].n;

		/* Those that the first has too are the first's. */
		for (file = forked->files; file < forked->files + forked->n;
		     file++)
			if (bundle_find(&goods[BUNDLE_CASE], file->name) ==
				NULL &&
			    i-- == 0)
				break;
		if (file == forked->files + forked->n)
			return false;
	}
	buf_add(out, file->name);
	buf_text(out, "\n");
	buf_add(out, file->bytes);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
