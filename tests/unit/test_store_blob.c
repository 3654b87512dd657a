#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/blob.h"
#include "tests/lab.h"
#include "tests/support/faultblobs.h"
#include "tests/support/storelab.h"

/* Both kinds of folder have to behave alike. */
enum { IN_FILES, IN_MEMORY, KINDS };

static const char *path;
static struct faultblobs *blobs;

static struct blob_dir
make(int kind)
{
	struct blob_dir dir;
	struct error err;

	faultblobs_free(blobs);
	blobs = NULL;
	if (kind == IN_MEMORY) {
		blobs = faultblobs_new(1);
		return faultblobs_dir(blobs);
	}
	path = arena_printf(lab_arena(), "%s/documents", lab_directory());
	storelab_must(blob_dir_open(&dir, path, &err), &err, path);
	return dir;
}

static void
end(struct blob_dir *dir, int kind)
{
	if (kind == IN_FILES)
		blob_dir_close(dir);
}

static void
write_text(struct blob_dir *dir, uint64_t name, uint64_t offset,
    const char *text)
{
	struct hash hash = storelab_hash(name);
	struct error err;

	storelab_must(dir->write(dir->ctx, &hash, offset, span_text(text),
			  &err),
	    &err, "write");
}

static bool
has_text(struct blob_dir *dir, uint64_t name, bool is_part, const char *text)
{
	struct hash hash = storelab_hash(name);
	struct span got;
	struct error err;
	uint64_t size;

	storelab_must(dir->read(dir->ctx, &hash, is_part, 0, 1000, &got,
			  lab_arena(), &err),
	    &err, "read");
	storelab_must(dir->size(dir->ctx, &hash, is_part, &size, &err), &err,
	    "size");
	return span_is_text(got, text) && size == got.len;
}

static uint64_t
size_of(struct blob_dir *dir, uint64_t name, bool is_part)
{
	struct hash hash = storelab_hash(name);
	struct error err;
	uint64_t size;

	storelab_must(dir->size(dir->ctx, &hash, is_part, &size, &err), &err,
	    "size");
	return size;
}

TEST(a_part_grows_and_becomes_the_whole)
{
	for (int kind = 0; kind < KINDS; kind++) {
		struct blob_dir dir = make(kind);
		struct hash hash = storelab_hash(1);
		struct error err;

		check_size(size_of(&dir, 1, true), 0);
		write_text(&dir, 1, 0, "first ");
		write_text(&dir, 1, 6, "second");
		write_text(&dir, 1, 12, "");
		check(has_text(&dir, 1, true, "first second"));
		check_size(size_of(&dir, 1, false), 0);
		write_text(&dir, 1, 0, "FIRST");
		check(has_text(&dir, 1, true, "FIRST second"));
		require(dir.finish(dir.ctx, &hash, &err) == 0);
		check(has_text(&dir, 1, false, "FIRST second"));
		check_size(size_of(&dir, 1, true), 0);
		check(dir.finish(dir.ctx, &hash, &err) == 0);
		check(has_text(&dir, 1, false, "FIRST second"));
		end(&dir, kind);
	}
}

TEST(reading_gives_what_there_is_from_an_offset)
{
	for (int kind = 0; kind < KINDS; kind++) {
		struct blob_dir dir = make(kind);
		struct hash hash = storelab_hash(1), none = storelab_hash(2);
		struct span got;
		struct error err;

		write_text(&dir, 1, 0, "0123456789");
		require(dir.read(dir.ctx, &hash, true, 4, 3, &got, lab_arena(),
			    &err) == 0);
		check_mem(got.ptr, got.len, "456", 3);
		require(dir.read(dir.ctx, &hash, true, 8, 100, &got,
			    lab_arena(), &err) == 0);
		check_mem(got.ptr, got.len, "89", 2);
		require(dir.read(dir.ctx, &hash, true, UINT64_MAX, 100, &got,
			    lab_arena(), &err) == 0);
		check_size(got.len, 0);
		check(dir.read(dir.ctx, &none, true, 0, 1, &got, lab_arena(),
			  &err) == -1);
		check_int(err.code, E_DOCUMENT_UNKNOWN);
		check(dir.read(dir.ctx, &hash, false, 0, 1, &got, lab_arena(),
			  &err) == -1);
		end(&dir, kind);
	}
}

TEST(a_part_has_no_holes)
{
	for (int kind = 0; kind < KINDS; kind++) {
		struct blob_dir dir = make(kind);
		struct hash hash = storelab_hash(1);
		struct error err;

		write_text(&dir, 1, 0, "ab");
		check(dir.write(dir.ctx, &hash, 3, span_text("x"), &err) == -1);
		check_int(err.code, E_DOCUMENT_OFFSET);
		check(has_text(&dir, 1, true, "ab"));
		end(&dir, kind);
	}
}

TEST(what_is_dropped_is_gone_and_absence_is_no_error)
{
	for (int kind = 0; kind < KINDS; kind++) {
		struct blob_dir dir = make(kind);
		struct hash hash = storelab_hash(1);
		struct error err;

		write_text(&dir, 1, 0, "whole");
		require(dir.finish(dir.ctx, &hash, &err) == 0);
		write_text(&dir, 1, 0, "part");
		require(dir.drop(dir.ctx, &hash, &err) == 0);
		check_size(size_of(&dir, 1, false), 0);
		check_size(size_of(&dir, 1, true), 0);
		check(dir.drop(dir.ctx, &hash, &err) == 0);
		check(dir.finish(dir.ctx, &hash, &err) == -1);
		check_int(err.code, E_DOCUMENT_UNKNOWN);
		end(&dir, kind);
	}
}

/* The path of the part, or whole, of blob ${name}. */
static const char *
file_of(uint64_t name, const char *suffix)
{
	struct hash hash = storelab_hash(name);
	char hex[HASH_TEXT_MAX];

	return arena_printf(lab_arena(), "%s/%s%s", path,
	    hash_write(&hash, hex), suffix);
}

TEST(files_are_ours_alone_and_named_by_the_hash)
{
	struct blob_dir dir = make(IN_FILES), again;
	struct hash hash = storelab_hash(1);
	struct stat st;
	struct error err;

	write_text(&dir, 1, 0, "x");
	require(stat(file_of(1, ".part"), &st) == 0);
	check_int(st.st_mode & 0777, 0600);
	require(dir.finish(dir.ctx, &hash, &err) == 0);
	check(access(file_of(1, ".part"), F_OK) == -1);
	check(access(file_of(1, ""), F_OK) == 0);
	require(stat(path, &st) == 0);
	check_int(st.st_mode & 0777, 0700);
	require(blob_dir_open(&again, path, &err) == 0);
	check(has_text(&again, 1, false, "x"));
	blob_dir_close(&again);
	blob_dir_close(&dir);
	blob_dir_close(&dir);
}

TEST(links_and_what_is_no_file_are_not_followed)
{
	struct blob_dir dir = make(IN_FILES);
	const char *target = arena_printf(lab_arena(), "%s/target", path);
	struct hash hash = storelab_hash(1), folder = storelab_hash(2);
	struct span got;
	struct error err;

	lab_write(target, span_text("secret"));
	require(symlink(target, file_of(1, ".part")) == 0);
	require(symlink(target, file_of(1, "")) == 0);
	require(mkdir(file_of(2, ""), 0700) == 0);
	check(dir.write(dir.ctx, &hash, 0, span_text("x"), &err) == -1);
	check_int(err.code, E_IO);
	for (int is_part = 0; is_part <= 1; is_part++)
		check(dir.read(dir.ctx, &hash, is_part, 0, 9, &got, lab_arena(),
			  &err) == -1);
	check(dir.read(dir.ctx, &folder, false, 0, 9, &got, lab_arena(),
		  &err) == -1);
	check_int(err.code, E_IO);
	blob_dir_close(&dir);
	check(blob_dir_open(&dir, file_of(1, ""), &err) == -1);
	check(blob_dir_open(&dir, target, &err) == -1);
}

TEST(after_a_write_that_did_not_fit_only_what_is_durable_is_told)
{
	struct rlimit was, small = { .rlim_cur = 8 };
	struct blob_dir dir = make(IN_FILES);
	struct hash hash = storelab_hash(1);
	struct error err;

	write_text(&dir, 1, 0, "123456");
	signal(SIGXFSZ, SIG_IGN);
	require(getrlimit(RLIMIT_FSIZE, &was) == 0);
	small.rlim_max = was.rlim_max;
	require(setrlimit(RLIMIT_FSIZE, &small) == 0);
	check(dir.write(dir.ctx, &hash, 6, span_text("7890"), &err) == -1);
	require(setrlimit(RLIMIT_FSIZE, &was) == 0);
	check_int(err.code, E_DISK_FULL);
	check(has_text(&dir, 1, true, "123456"));
	blob_dir_close(&dir);
}

TEST(a_failed_write_in_memory_is_kept_or_lost_by_a_crash)
{
	bool was_kept = false, was_lost = false;

	for (uint64_t seed = 0; seed < 20; seed++) {
		struct blob_dir dir = make(IN_MEMORY);
		struct hash hash = storelab_hash(1);
		struct error err;

		write_text(&dir, 1, 0, "durable");
		faultblobs_fail(blobs, 2, E_DISK_FULL, false);
		check_size(size_of(&dir, 1, true), 7);
		check(dir.write(dir.ctx, &hash, 7, span_text(" and lost?"),
			  &err) == -1);
		check_int(err.code, E_DISK_FULL);
		faultblobs_crash(blobs, seed);
		check(size_of(&dir, 1, true) >= 7);
		was_lost |= size_of(&dir, 1, true) == 7;
		was_kept |= size_of(&dir, 1, true) > 7;
		check_size(faultblobs_count(blobs), 1);
		check(dir.finish(dir.ctx, &hash, &err) == 0);
		check_size(faultblobs_count(blobs), 1);
	}
	check(was_kept && was_lost);
	faultblobs_free(blobs);
	blobs = NULL;
}
