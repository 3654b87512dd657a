#include "tests/support/prooflab.h"

#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/mem.h"
#include "ledger/cosignature.h"
#include "ledger/note.h"
#include "ledger/proof_file.h"
#include "proc/bundle_file.h"
#include "proof/manifest.h"
#include "seal/digest.h"
#include "seal/ed25519.h"
#include "store/tile.h"
#include "tests/lab.h"
#include "tests/support/storelab.h"

static void
open_lab(struct prooflab *lab)
{
	struct record record;

	lab->arena = arena_new();
	/* two_open() would forget what the nodes are to be made of. */
	two_begin(&lab->two, 2);
	two_introduce(&lab->two.nodes[TWO_NORTH], &lab->two.nodes[TWO_SOUTH]);
	lab->north = &lab->two.nodes[TWO_NORTH];
	lab->south = &lab->two.nodes[TWO_SOUTH];
	record = two_record(&lab->two, KIND_REQUEST, NULL);
	two_document(lab->north, lab->south, &record, WORD_DOCUMENT_BODY, 300);
	two_document(lab->north, lab->south, &record, WORD_DOCUMENT_EVIDENCE,
	    700);
	two_later(&lab->two, 10);
	lab->request = two_lodge_record(lab->north, lab->south, &record);
	two_later(&lab->two, 5);
	if (!two_talk(&lab->two))
		mem_die("the nodes do not come to rest");
}

void
prooflab_open_issued(struct prooflab *lab, const struct authority_seal *issued)
{
	memset(lab, 0, sizeof(*lab));
	lab->two.nodes[TWO_NORTH].issued = issued;
	open_lab(lab);
}

void
prooflab_open(struct prooflab *lab)
{
	memset(lab, 0, sizeof(*lab));
	open_lab(lab);
}

void
prooflab_open_forged(struct prooflab *lab)
{
	memset(lab, 0, sizeof(*lab));
	lab->two.nodes[TWO_NORTH].log_seed = "a key that is not of the north..";
	lab->two.nodes[TWO_SOUTH].log_seed = "a key that is not of the south..";
	open_lab(lab);
}

void
prooflab_close(struct prooflab *lab)
{
	two_close(&lab->two);
	arena_free(lab->arena);
}

struct hash
prooflab_react(struct prooflab *lab, enum kind kind)
{
	struct hash leaf;

	two_later(&lab->two, 600);
	leaf = two_lodge(lab->south, lab->north, kind, &lab->request);
	two_later(&lab->two, 5);
	if (!two_talk(&lab->two))
		mem_die("the nodes do not come to rest");
	return leaf;
}

struct proof_order
prooflab_order(const struct prooflab *lab, unsigned claims)
{
	return (struct proof_order){ .peer = span_text(lab->south->party),
		.record = lab->request,
		.claims = claims };
}

void
prooflab_make(struct prooflab *lab, const struct proof_order *order,
    struct bundle *out)
{
	struct error err;

	two_must(proof_make(out, lab->north->docket, lab->north->store, order,
		     lab->arena, &err),
	    &err, "bundle");
}

struct proof_trust
prooflab_trust(const struct prooflab *lab)
{
	struct proof_trust trust = { .n = 0 };
	struct error err;

	two_must(proof_trust_card(&trust, buf_span(&lab->north->card),
		     lab->arena, &err),
	    &err, "card");
	two_must(proof_trust_card(&trust, buf_span(&lab->south->card),
		     lab->arena, &err),
	    &err, "card");
	return trust;
}

void
prooflab_verify(struct prooflab *lab, const struct bundle *bundle,
    const struct proof_trust *trust, struct proof_report *out)
{
	struct error err;

	two_must(proof_verify(bundle, trust, out, lab->arena, &err), &err,
	    "verify");
}

enum proof_verdict
prooflab_verdict(const struct proof_report *report, enum proof_claim claim)
{
	for (size_t i = 0; i < report->n; i++)
		if (report->lines[i].claim == claim)
			return report->lines[i].verdict;
	mem_die("no such claim in the report");
}

const struct bundle_file *
prooflab_file(const struct bundle *bundle, const char *end)
{
	size_t len = strlen(end);

	for (size_t i = 0; i < bundle->n; i++) {
		struct span name = bundle->files[i].name;

		if (name.len >= len &&
		    memcmp(name.ptr + name.len - len, end, len) == 0)
			return &bundle->files[i];
	}
	mem_die("no such file in the bundle");
}

static void
add(struct bundle *out, struct span name, struct span bytes)
{
	struct error err;

	two_must(bundle_add(out, name, bytes, &err), &err, "add");
}

void
prooflab_swap(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle, struct span name, struct span bytes)
{
	bundle_init(out, lab->arena);
	for (size_t i = 0; i < bundle->n; i++)
		add(out, bundle->files[i].name,
		    span_is_equal(bundle->files[i].name, name) ?
			bytes :
			bundle->files[i].bytes);
}

void
prooflab_drop(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle, struct span name)
{
	bundle_init(out, lab->arena);
	for (size_t i = 0; i < bundle->n; i++)
		if (!span_is_equal(bundle->files[i].name, name))
			add(out, bundle->files[i].name, bundle->files[i].bytes);
}

static void
read_manifest(struct prooflab *lab, struct manifest *out,
    const struct bundle *bundle)
{
	struct error err;

	two_must(manifest_read(out,
		     bundle_find(bundle, span_text(MANIFEST_NAME))->bytes,
		     lab->arena, &err),
	    &err, "manifest");
}

/* Rows of files that are gone go; digests are those of the files. */
static void
list_files(struct prooflab *lab, struct manifest *manifest,
    const struct bundle *bundle)
{
	size_t kept = 0;

	for (size_t i = 0; i < manifest->files_n; i++) {
		struct proof_file_row row = manifest->files[i];
		const struct bundle_file *file = bundle_find(bundle,
		    span_text(manifest_file_name(manifest, &row, lab->arena)));

		if (file == NULL)
			continue;
		row.sha256 = digest_of(file->bytes);
		manifest->files[kept++] = row;
	}
	manifest->files_n = kept;
}

static struct span
kept(struct prooflab *lab, struct buf *buf)
{
	struct span bytes = arena_copy(lab->arena, buf_span(buf));

	buf_clear(buf);
	return bytes;
}

void
prooflab_sum(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle)
{
	struct buf buf;

	buf_init(&buf, BUNDLE_FILE_MAX);
	manifest_sums_write(&buf, bundle);
	prooflab_swap(lab, out, bundle, span_text(MANIFEST_SUMS_NAME),
	    kept(lab, &buf));
}

/* Put the manifest in, and the sums that go with it. */
static void
write_lists(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle, const struct manifest *manifest)
{
	struct bundle bare;
	struct buf buf;

	buf_init(&buf, MANIFEST_SIZE_MAX);
	manifest_write(&buf, manifest, lab->arena);
	prooflab_swap(lab, &bare, bundle, span_text(MANIFEST_NAME),
	    kept(lab, &buf));
	prooflab_sum(lab, out, &bare);
}

void
prooflab_list(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle,
    void (*edit)(struct manifest *manifest, void *ctx), void *ctx)
{
	struct manifest manifest;

	read_manifest(lab, &manifest, bundle);
	list_files(lab, &manifest, bundle);
	if (edit != NULL)
		edit(&manifest, ctx);
	write_lists(lab, out, bundle, &manifest);
}

/* Add a file and its row, which go where the bundle has it. */
static void
add_row(struct prooflab *lab, struct bundle *bundle, struct manifest *manifest,
    const struct proof_file_row *row, struct span bytes)
{
	struct proof_file_row *rows =
	    arena_array(lab->arena, manifest->files_n + 1, sizeof(*rows));
	const char *name = manifest_file_name(manifest, row, lab->arena);
	size_t next = 0, n = 0;

	add(bundle, span_text(name), bytes);
	for (size_t i = 0; i < bundle->n; i++) {
		struct span at = bundle->files[i].name;

		if (span_is_text(at, MANIFEST_NAME) ||
		    span_is_text(at, MANIFEST_SUMS_NAME))
			continue;
		rows[n++] =
		    span_is_text(at, name) ? *row : manifest->files[next++];
	}
	manifest->files = rows;
	manifest->files_n = n;
}

void
prooflab_merge(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle, const struct bundle *other)
{
	struct manifest manifest, more;
	struct bundle all;

	read_manifest(lab, &manifest, bundle);
	read_manifest(lab, &more, other);
	prooflab_swap(lab, &all, bundle, span_text(""), span_text(""));
	for (size_t i = 0; i < more.files_n; i++) {
		struct span name = span_text(
		    manifest_file_name(&more, &more.files[i], lab->arena));

		if (bundle_find(&all, name) == NULL)
			add_row(lab, &all, &manifest, &more.files[i],
			    bundle_find(other, name)->bytes);
	}
	write_lists(lab, out, &all, &manifest);
}

void
prooflab_add_entry(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle, uint64_t index, uint64_t size)
{
	struct log_row *log = two_log(lab->north, lab->south, true);
	struct store_tree tree = { lab->north->store, log->id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct proof_file_row row = { .use = USE_RECORD, .n = index };
	struct proof_file file = { .index = index };
	struct proof_file_row head = { .use = USE_HEAD, .n = size };
	struct manifest manifest;
	struct bundle all;
	struct error err;
	struct buf buf;

	read_manifest(lab, &manifest, bundle);
	prooflab_swap(lab, &all, bundle, span_text(""), span_text(""));
	add_row(lab, &all, &manifest, &row,
	    two_entry(lab->north, lab->south, true, index)->der);
	file.note = bundle_find(bundle,
	    span_text(manifest_file_name(&manifest, &head, lab->arena)))
			->bytes;
	two_must(tree_prove(&file.proof, &reader, index, index + 1, size, &err),
	    &err, "path");
	buf_init(&buf, PROOF_FILE_MAX);
	proof_file_write(&buf, &file);
	row.use = USE_PROOF;
	add_row(lab, &all, &manifest, &row, kept(lab, &buf));
	list_files(lab, &manifest, &all);
	write_lists(lab, out, &all, &manifest);
}

void
prooflab_add_file(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle, const struct proof_file_row *row,
    struct span bytes)
{
	struct manifest manifest;
	struct bundle all;

	read_manifest(lab, &manifest, bundle);
	prooflab_swap(lab, &all, bundle, span_text(""), span_text(""));
	add_row(lab, &all, &manifest, row, bytes);
	list_files(lab, &manifest, &all);
	write_lists(lab, out, &all, &manifest);
}

int
prooflab_howto(struct prooflab *lab, const struct bundle *bundle,
    const char **said)
{
	const char *dir =
	    arena_printf(lab->arena, "%s/bundle", lab_directory());
	const char *out = arena_printf(lab->arena, "%s.said", dir);
	struct error error;
	int status, fd;
	pid_t pid;

	two_must(bundle_write_directory(bundle, dir, &error), &error, "write");
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		fd = open(out, O_WRONLY | O_CREAT, 0600);
		if (fd != -1 && dup2(fd, STDOUT_FILENO) != -1 &&
		    dup2(fd, STDERR_FILENO) != -1 && chdir(dir) == 0)
			execlp("sh", "sh", MANIFEST_HOWTO_NAME, (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) == -1)
		err(1, "wait");
	*said = arena_text(lab->arena, lab_file(lab->arena, out));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
prooflab_swap_head(struct prooflab *lab, struct bundle *out,
    const struct bundle *bundle, struct span name, struct span bytes)
{
	struct span old = bundle_find(bundle, name)->bytes;
	struct bundle swapped;

	prooflab_swap(lab, &swapped, bundle, name, bytes);
	for (size_t i = 0; i < swapped.n; i++) {
		struct bundle_file *file = &swapped.files[i];
		size_t before = file->bytes.len - old.len;
		struct buf buf;

		if (file->bytes.len < old.len ||
		    !span_is_equal(span_skip(file->bytes, before), old))
			continue;
		buf_init(&buf, BUNDLE_FILE_MAX);
		buf_add(&buf, span_of(file->bytes.ptr, before));
		buf_add(&buf, bytes);
		file->bytes = arena_copy(lab->arena, buf_span(&buf));
		buf_clear(&buf);
	}
	prooflab_list(lab, out, &swapped, NULL, NULL);
}

struct span
prooflab_unmirrored(struct span head)
{
	struct span rest = head;

	for (unsigned i = 0; i < 5; i++)
		rest = span_skip(rest, span_find(rest, '\n') + 1);
	return span_of(head.ptr, head.len - rest.len);
}

struct span
prooflab_line(struct prooflab *lab, struct span head, const char *name,
    const struct ed25519_key *key)
{
	uint8_t public[ED25519_PUBLIC_BYTES];
	struct note_key note_key;
	struct note note;
	struct span line;
	struct error err;
	struct buf buf;

	ed25519_public(key, public);
	note_key = note_key_of(NOTE_KEY_COSIGNER, span_text(name), public);
	two_must(note_parse(&note, head, lab->arena, &err), &err, "note");
	buf_init(&buf, NOTE_SIZE_MAX);
	two_must(cosignature_sign(&buf, &note_key, key, note.text, lab->two.now,
		     &err),
	    &err, "line");
	line = arena_copy(lab->arena, buf_span(&buf));
	buf_clear(&buf);
	return line;
}
