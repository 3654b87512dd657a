#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "proc/bundle_file.h"
#include "proof/bundle.h"
#include "tests/lab.h"
#include "tests/support/storelab.h"
#include "tests/tap.h"

#define TAR_MAX ((size_t)4 << 20)

TEST(a_name_is_plain_and_at_most_one_directory_deep)
{
	static const char *const good[] = { "a", "HOWTO.txt", "a-b_c.d",
		"documents/0a", "x" };
	static const char *const bad[] = { "", ".", "..", ".a", "-a", "/a",
		"a/", "a//b", "a/b/c", "a/..", "../a", "a/.b", "a b", "a\\b",
		"a\n", "\xc3\xa4", "a/-b", "a:b", "*" };
	struct error err;
	char longest[BUNDLE_NAME_MAX + 2];

	for (size_t i = 0; i < COUNT_OF(good); i++)
		check(bundle_name_check(span_text(good[i]), &err) == 0);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (!check(bundle_name_check(span_text(bad[i]), &err) == -1))
			tap_note("%s", bad[i]);
		check_int(err.code, E_BUNDLE);
	}
	memset(longest, 'a', sizeof(longest));
	check(bundle_name_check(span_of(longest, BUNDLE_NAME_MAX), &err) == 0);
	check(bundle_name_check(span_of(longest, BUNDLE_NAME_MAX + 1), &err) ==
	    -1);
	check(bundle_name_check(span_of("a\0b", 3), &err) == -1);
}

TEST(files_stand_in_the_order_of_their_names_and_none_is_there_twice)
{
	static const char *const names[] = { "b", "a", "c", "B", "a-1", "a.b",
		"aa" };
	struct bundle bundle;
	struct error err;

	bundle_init(&bundle, lab_arena());
	for (size_t i = 0; i < COUNT_OF(names); i++)
		check(bundle_add(&bundle, span_text(names[i]),
			  span_text(names[i]), &err) == 0);
	for (size_t i = 1; i < bundle.n; i++)
		check(memcmp(bundle.files[i - 1].name.ptr,
			  bundle.files[i].name.ptr,
			  bundle.files[i - 1].name.len) <= 0);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct bundle_file *file =
		    bundle_find(&bundle, span_text(names[i]));

		check(file != NULL && span_is_text(file->bytes, names[i]));
		check(bundle_add(&bundle, span_text(names[i]), span_text(""),
			  &err) == -1);
	}
	check(bundle_find(&bundle, span_text("d")) == NULL);
	check(bundle_find(&bundle, span_text("")) == NULL);
}

TEST(there_are_limits_before_room_is_made)
{
	struct bundle bundle;
	struct error err;

	bundle_init(&bundle, lab_arena());
	check(bundle_room_check(&bundle, span_text("a"), BUNDLE_FILE_MAX,
		  &err) == 0);
	check(bundle_room_check(&bundle, span_text("a"), BUNDLE_FILE_MAX + 1,
		  &err) == -1);
	check(
	    bundle_room_check(&bundle, span_text("a"), UINT64_MAX, &err) == -1);
	bundle.size = BUNDLE_SIZE_MAX - 1;
	check(bundle_room_check(&bundle, span_text("a"), 1, &err) == 0);
	check(bundle_room_check(&bundle, span_text("a"), 2, &err) == -1);
	bundle.size = 0;
	for (size_t i = 0; i < BUNDLE_FILES_MAX; i++)
		check(bundle_add(&bundle,
			  span_text(arena_printf(lab_arena(), "%zu", i)),
			  span_text(""), &err) == 0);
	check(bundle_add(&bundle, span_text("a"), span_text(""), &err) == -1);
}

/* Two files and one in a folder. */
static void
fill(struct bundle *bundle)
{
	uint8_t *large = arena_alloc(lab_arena(), 100000);
	struct error err;

	for (size_t i = 0; i < 100000; i++)
		large[i] = (uint8_t)(i * 7);
	bundle_init(bundle, lab_arena());
	check(
	    bundle_add(bundle, span_text("one"), span_text("1\n"), &err) == 0);
	check(bundle_add(bundle, span_text("folder/two"),
		  span_of(large, 100000), &err) == 0);
	check(bundle_add(bundle, span_text("empty"), span_text(""), &err) == 0);
}

static bool
is_filled(const struct bundle *got)
{
	struct bundle want;

	fill(&want);
	if (got->n != want.n)
		return false;
	for (size_t i = 0; i < want.n; i++)
		if (!span_is_equal(got->files[i].name, want.files[i].name) ||
		    !span_is_equal(got->files[i].bytes, want.files[i].bytes))
			return false;
	return true;
}

static const char *
fresh(const char *name)
{
	return arena_printf(lab_arena(), "%s/%s", lab_directory(), name);
}

/* Why ${path} cannot be read; E_NONE if it can. */
static enum error_code
read_fault(const char *path)
{
	struct bundle bundle;
	struct error err = { .code = E_NONE };

	if (bundle_read(&bundle, path, lab_arena(), &err) == 0)
		return E_NONE;
	return err.code;
}

TEST(what_is_written_as_a_directory_is_read_again)
{
	const char *path = fresh("bundle");
	struct bundle bundle, again;
	struct error err;

	fill(&bundle);
	require(bundle_write_directory(&bundle, path, &err) == 0);
	require(bundle_read(&again, path, lab_arena(), &err) == 0);
	check(is_filled(&again));
	check(bundle_write_directory(&bundle, path, &err) == -1);
	check_int(err.code, E_USAGE);
	check(bundle_write_directory(&bundle,
		  arena_printf(lab_arena(), "%s/none/none", path), &err) == -1);
	check_int(err.code, E_NOT_FOUND);
}

TEST(what_is_written_as_a_tar_file_is_read_again_and_is_always_the_same)
{
	const char *path = fresh("bundle.tar"), *second = fresh("second.tar");
	struct bundle bundle, again;
	struct span one, two;
	struct error err;

	fill(&bundle);
	require(bundle_write_tar(&bundle, path, &err) == 0);
	require(bundle_read(&again, path, lab_arena(), &err) == 0);
	check(is_filled(&again));
	require(bundle_write_tar(&again, second, &err) == 0);
	one = lab_file(lab_arena(), path);
	two = lab_file(lab_arena(), second);
	check_mem(one.ptr, one.len, two.ptr, two.len);
	check_size(one.len % 512, 0);
	check_mem(one.ptr + 257, 8, "ustar\00000", 8);
}

TEST(a_tar_file_cut_at_any_place_in_its_files_is_refused)
{
	const char *path = fresh("bundle.tar"), *cut = fresh("cut.tar");
	struct bundle bundle;
	struct span all;
	struct error err;

	fill(&bundle);
	require(bundle_write_tar(&bundle, path, &err) == 0);
	all = lab_file(lab_arena(), path);
	for (size_t len = 1; len < all.len - 2048; len += 97) {
		struct bundle got;

		lab_write(cut, span_of(all.ptr, len));
		if (bundle_read(&got, cut, lab_arena(), &err) == 0)
			check(got.n < bundle.n && len % 512 == 0);
		else
			check_int(err.code, E_BUNDLE);
	}
}

TEST(a_directory_with_anything_but_files_is_refused)
{
	static const char *const names[] = { "link", "pipe", "deep/er/one",
		".hidden", "a b" };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *path = fresh("bundle");
		const char *bad =
		    arena_printf(lab_arena(), "%s/%s", path, names[i]);
		struct bundle bundle;
		struct error err;

		fill(&bundle);
		require(bundle_write_directory(&bundle, path, &err) == 0);
		switch (i) {
		case 0:
			require(symlink("one", bad) == 0);
			break;
		case 1:
			require(mkfifo(bad, 0600) == 0);
			break;
		case 2:
			require(
			    mkdir(arena_printf(lab_arena(), "%s/deep", path),
				0700) == 0);
			require(
			    mkdir(arena_printf(lab_arena(), "%s/deep/er", path),
				0700) == 0);
			lab_write(bad, span_text("x"));
			break;
		default:
			lab_write(bad, span_text("x"));
		}
		if (!check_int(read_fault(path), E_BUNDLE))
			tap_note("%s", names[i]);
	}
	check_int(read_fault("/dev/null"), E_BUNDLE);
	check_int(read_fault(fresh("none")), E_NOT_FOUND);
	check_int(read_fault(lab_directory()), E_BUNDLE); /* empty */
}

/* One hostile entry, in an archive of its own. */
struct hostile {
	const char *what, *name;
	unsigned type;
	const char *hardlink, *symlink;
	int64_t size; /* said; -1: that of the bytes */
	bool is_twice, is_sparse;
};

static int
write_hostile(const char *path, const struct hostile *h)
{
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	size_t size = TAR_MAX, used = 0;
	uint8_t *bytes = arena_alloc(lab_arena(), size);
	int rc = -1;

	archive_write_set_format_pax_restricted(archive);
	archive_write_open_memory(archive, bytes, size, &used);
	archive_entry_set_pathname(entry, h->name);
	archive_entry_set_filetype(entry, h->type);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, h->type == AE_IFREG ? 4 : 0);
	if (h->hardlink != NULL)
		archive_entry_set_hardlink(entry, h->hardlink);
	if (h->symlink != NULL)
		archive_entry_set_symlink(entry, h->symlink);
	if (h->is_sparse) {
		archive_entry_set_size(entry, 1 << 20);
		archive_entry_sparse_add_entry(entry, (1 << 20) - 4, 4);
	}
	for (int i = 0; i <= h->is_twice; i++) {
		if (archive_write_header(archive, entry) != ARCHIVE_OK)
			goto out;
		if (h->type == AE_IFREG && h->hardlink == NULL)
			archive_write_data(archive, "text", 4);
	}
	if (archive_write_close(archive) != ARCHIVE_OK)
		goto out;
	lab_write(path, span_of(bytes, used));
	rc = 0;
out:
	archive_entry_free(entry);
	archive_write_free(archive);
	return rc;
}

TEST(a_tar_file_with_anything_but_files_is_refused)
{
	static const struct hostile hostile[] = {
		/* clang-format off */
		{ .what = "symbolic link", .name = "a", .type = AE_IFLNK,
		    .symlink = "/etc/passwd" },
		{ .what = "hard link", .name = "a", .type = AE_IFREG,
		    .hardlink = "b" },
		{ .what = "fifo", .name = "a", .type = AE_IFIFO },
		{ .what = "device", .name = "a", .type = AE_IFCHR },
		{ .what = "absolute", .name = "/a", .type = AE_IFREG },
		{ .what = "above", .name = "../a", .type = AE_IFREG },
		{ .what = "above, hidden", .name = "a/../../b",
		    .type = AE_IFREG },
		{ .what = "deep", .name = "a/b/c", .type = AE_IFREG },
		{ .what = "hidden", .name = ".a", .type = AE_IFREG },
		{ .what = "twice", .name = "a", .type = AE_IFREG,
		    .is_twice = true },
		{ .what = "sparse", .name = "a", .type = AE_IFREG,
		    .is_sparse = true },
		/* clang-format on */
	};
	static const struct hostile good = { .name = "./a", .type = AE_IFREG };
	const char *path = fresh("hostile.tar");

	require(write_hostile(path, &good) == 0);
	check_int(read_fault(path), E_NONE);
	for (size_t i = 0; i < COUNT_OF(hostile); i++) {
		require(write_hostile(path, &hostile[i]) == 0);
		if (!check_int(read_fault(path), E_BUNDLE))
			tap_note("%s", hostile[i].what);
	}
}

/* The size field of the first header, and its sum, made anew. */
static void
set_size(struct span tar, const char *octal)
{
	uint8_t *header = (uint8_t *)(uintptr_t)tar.ptr;
	unsigned sum = 0;
	char text[8];

	memcpy(header + 124, octal, 12);
	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += header[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(header + 148, text, 7);
}

TEST(a_tar_file_that_says_it_is_huge_takes_no_room)
{
	static const char *const sizes[] = { "00400000001\0", "77777777777\0",
		"\200\0\0\0\177\377\377\377\377\377\377\377",
		"\377\377\377\377\377\377\377\377\377\377\377\377" };
	const char *path = fresh("huge.tar");
	struct bundle bundle;
	struct error err;
	struct span tar;

	bundle_init(&bundle, lab_arena());
	check(
	    bundle_add(&bundle, span_text("a"), span_text("text"), &err) == 0);
	require(bundle_write_tar(&bundle, path, &err) == 0);
	tar = lab_file(lab_arena(), path);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		set_size(tar, sizes[i]);
		lab_write(path, tar);
		check_int(read_fault(path), E_BUNDLE);
	}
}

TEST(what_is_no_tar_file_is_refused)
{
	const char *path = fresh("what.tar");
	uint8_t *zeros = arena_alloc(lab_arena(), 10240);

	lab_write(path, span_text(""));
	check_int(read_fault(path), E_BUNDLE);
	lab_write(path, span_text("no tar file at all"));
	check_int(read_fault(path), E_BUNDLE);
	lab_write(path, span_of(zeros, 10240));
	check_int(read_fault(path), E_BUNDLE);
	/* compressed: what it grows to would be the sender's choice */
	lab_write(path, span_text("\x1f\x8b\x08\0\0\0\0\0\0\x03"));
	check_int(read_fault(path), E_BUNDLE);
}
