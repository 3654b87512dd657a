#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "proc/bundle_file.h"
#include "proof/bundle.h"
#include "proof/manifest.h"
#include "proof/position.h"
#include "seal/digest.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lab.h"

/*
 * A bundle as a tar file, or a manifest alone (it begins with a brace).  What
 * is read of a tar is within the limits, has names that can be written
 * anywhere, and comes back from a tar of our own.
 */

static bool reached;

static void
judge_manifest(struct span bytes, struct arena *arena)
{
	struct manifest manifest;
	struct error err;
	struct buf buf;

	if (manifest_read(&manifest, bytes, arena, &err) == -1) {
		fuzz_must(error_fault(err.code) == FAULT_PEER ||
		    error_fault(err.code) == FAULT_OPERATOR);
		return;
	}
	fuzz_must(manifest.claims_n <= MANIFEST_CLAIMS_MAX);
	fuzz_must(manifest.files_n <= BUNDLE_FILES_MAX);
	buf_init(&buf, MANIFEST_SIZE_MAX);
	manifest_write(&buf, &manifest, arena);
	fuzz_must(span_is_equal(buf_span(&buf), bytes));
	buf_clear(&buf);
	reached = true;
}

/* A tar of ours holds the same. */
static void
judge_again(const struct bundle *bundle, struct arena *arena)
{
	static const char *path;
	struct bundle again;
	struct error err;

	if (path == NULL)
		path =
		    arena_printf(lab_arena(), "%s/again.tar", lab_directory());
	unlink(path);
	fuzz_done(bundle_write_tar(bundle, path, &err), &err);
	fuzz_done(bundle_read(&again, path, arena, &err), &err);
	fuzz_must(again.n == bundle->n && again.size == bundle->size);
	for (size_t i = 0; i < again.n; i++) {
		fuzz_must(
		    span_is_equal(again.files[i].name, bundle->files[i].name));
		fuzz_must(span_is_equal(again.files[i].bytes,
		    bundle->files[i].bytes));
	}
}

static void
judge_tar(struct span bytes, struct arena *arena)
{
	const char *path;
	struct manifest manifest;
	struct bundle bundle;
	struct error err;
	int fd = memfd_create("bundle", MFD_CLOEXEC);

	fuzz_must(fd != -1);
	fuzz_must(write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len);
	path = arena_printf(arena, "/proc/self/fd/%d", fd);
	if (bundle_read(&bundle, path, arena, &err) == -1) {
		fuzz_must(err.code == E_BUNDLE);
		goto out;
	}
	fuzz_must(bundle.n <= BUNDLE_FILES_MAX);
	fuzz_must(bundle.size <= BUNDLE_SIZE_MAX);
	for (size_t i = 0; i < bundle.n; i++)
		fuzz_done(bundle_name_check(bundle.files[i].name, &err), &err);
	judge_again(&bundle, arena);
	if (manifest_open(&manifest, &bundle, arena, &err) == 0)
		reached = true;
out:
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();

	reached = false;
	if (size > 0 && data[0] == '{')
		judge_manifest(span_of(data, size), arena);
	else if (size > 0)
		judge_tar(span_of(data, size), arena);
	arena_free(arena);
	return 0;
}

static void
make_manifest(struct buf *out, struct span howto, bool is_rich,
    struct arena *arena)
{
	struct hash leaf = digest_of(span_text("leaf"));
	struct proof_claim_row claims[] = {
		{ .claim = PROOF_TAKEN, .record = leaf, .time = fuzz_now() },
		{ .claim = PROOF_RECORD, .record = leaf },
		{ .claim = PROOF_REACTED, .record = leaf, .other = leaf },
		{ .claim = PROOF_NO_REACTION,
		    .record = leaf,
		    .time = fuzz_now(),
		    .from = 1,
		    .size = 7 },
		{ .claim = PROOF_NOT_EARLIER,
		    .record = leaf,
		    .other = leaf,
		    .time = fuzz_now(),
		    .size = 7 },
		{ .claim = PROOF_FORK, .side = 1, .size = 7 },
		{ .claim = PROOF_NO_REACTION,
		    .record = leaf,
		    .time = fuzz_now(),
		    .from = 3,
		    .size = position_of(2, 7) },
	};
	struct proof_file_row files[] = {
		{ .use = USE_HOWTO, .sha256 = digest_of(howto) },
		{ .use = USE_CRL, .n = 1, .sha256 = leaf },
		{ .use = USE_FORK_PREFIX, .side = 1, .sha256 = leaf },
		{ .use = USE_FORK_PATH, .side = 1, .n = 2, .sha256 = leaf },
		{ .use = USE_RECORD, .n = position_of(2, 17), .sha256 = leaf },
		{ .use = USE_HEAD,
		    .side = 1,
		    .n = position_of(POSITION_EPOCHS_MAX, 17),
		    .sha256 = leaf },
		{ .use = USE_DOCUMENT, .sha256 = leaf },
	};
	struct manifest manifest = {
		.parties = { { span_text("cert.north.example"),
				 span_text("n/docket/s/1") },
		    { span_text("cert.south.example"),
			span_text("s/docket/n/1") } },
		.claims = claims,
		.claims_n = COUNT_OF(claims),
		.files = files,
		.files_n = is_rich ? COUNT_OF(files) : 1,
	};

	manifest_write(out, &manifest, arena);
}

/* HOWTO, manifest and sums, as a tar file. */
static void
make_tar(struct buf *out, struct span manifest, struct span howto,
    struct arena *arena)
{
	const char *path = arena_printf(arena, "%s/seed.tar", lab_directory());
	struct bundle bundle;
	struct error err;
	struct buf sums;

	buf_init(&sums, BUNDLE_FILE_MAX);
	bundle_init(&bundle, arena);
	fuzz_done(bundle_add(&bundle, span_text(MANIFEST_HOWTO_NAME), howto,
		      &err),
	    &err);
	fuzz_done(bundle_add(&bundle, span_text(MANIFEST_NAME), manifest, &err),
	    &err);
	manifest_sums_write(&sums, &bundle);
	fuzz_done(bundle_add(&bundle, span_text(MANIFEST_SUMS_NAME),
		      buf_span(&sums), &err),
	    &err);
	fuzz_done(bundle_write_tar(&bundle, path, &err), &err);
	buf_add(out, lab_file(arena, path));
	buf_clear(&sums);
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	struct span howto = span_text("Compare the fingerprints.\n");
	struct arena *arena;
	struct buf manifest;

	if (n > 1)
		return false;
	arena = arena_new();
	buf_init(&manifest, MANIFEST_SIZE_MAX);
	make_manifest(&manifest, howto, n == 0, arena);
	if (n == 0)
		buf_add(out, buf_span(&manifest));
	else
		make_tar(out, buf_span(&manifest), howto, arena);
	buf_clear(&manifest);
	arena_free(arena);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
