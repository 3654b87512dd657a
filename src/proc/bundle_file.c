#include "proc/bundle_file.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "proc/file.h"
#include "proof/bundle.h"

/* Bytes that libarchive reads at a time; of a tar block */
#define READ_SIZE ((size_t)64 << 10)
#define TAR_BLOCK ((size_t)512)

/* Entries of an archive that are let pass without being files */
#define DIRECTORIES_MAX 64

static int
io_error(struct error *err, const char *what)
{
	switch (errno) {
	case ENOENT:
		return error_set(err, E_NOT_FOUND, "%s", what);
	case ENOSPC:
	case EDQUOT:
		return error_set(err, E_DISK_FULL, "%s", what);
	default:
		return error_set(err, E_IO, "%s: %s", what, strerror(errno));
	}
}

/* Fill ${bytes} from ${fd}; there must be just as many. */
static int
read_all(int fd, uint8_t *bytes, size_t len, const char *name,
    struct error *err)
{
	uint8_t more;
	ssize_t n;

	for (size_t at = 0; at < len; at += (size_t)n) {
		n = read(fd, bytes + at, len - at);
		if (n == -1)
			return io_error(err, name);
		if (n == 0)
			return error_set(err, E_BUNDLE, "%s is cut off", name);
	}
	if (read(fd, &more, 1) != 0)
		return error_set(err, E_BUNDLE, "%s has grown", name);
	return 0;
}

static int
read_member(struct bundle *out, int dir, const char *base, const char *name,
    struct error *err)
{
	struct span full = span_text(name);
	uint8_t *bytes;
	struct stat st;
	int fd = -1, rc = -1;

	if (bundle_name_check(full, err) == -1)
		return -1;
	fd = openat(dir, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 && errno == ELOOP)
		return error_set(err, E_BUNDLE, "%s is a link", name);
	if (fd == -1 || fstat(fd, &st) == -1) {
		io_error(err, name);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		error_set(err, E_BUNDLE, "%s is not a file", name);
		goto out;
	}
	if (bundle_room_check(out, full, (uint64_t)st.st_size, err) == -1)
		goto out;
	bytes = arena_alloc(out->arena, (size_t)st.st_size + 1);
	if (read_all(fd, bytes, (size_t)st.st_size, name, err) == -1)
		goto out;
	rc = bundle_add(out, full, span_of(bytes, (size_t)st.st_size), err);
out:
	if (fd != -1)
		close(fd);
	return rc;
}

static int read_folder(struct bundle *out, int fd, const char *prefix,
    struct error *err);

static int
read_name(struct bundle *out, int dir, const char *prefix, const char *base,
    struct error *err)
{
	const char *name = base;
	struct stat st;
	int fd;

	if (prefix[0] != '\0')
		name = arena_printf(out->arena, "%s/%.*s", prefix,
		    (int)BUNDLE_NAME_MAX + 1, base);
	if (fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return io_error(err, name);
	if (!S_ISDIR(st.st_mode) || prefix[0] != '\0')
		return read_member(out, dir, base, name, err);
	if (bundle_name_check(span_text(name), err) == -1)
		return -1;
	fd = openat(dir, base, O_RDONLY | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return io_error(err, name);
	return read_folder(out, fd, name, err);
}

/* Closes ${fd}. */
static int
read_folder(struct bundle *out, int fd, const char *prefix, struct error *err)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	unsigned folders = 0;
	int rc = -1;

	if (dir == NULL) {
		close(fd);
		return io_error(err, prefix);
	}
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (entry->d_type == DT_DIR && ++folders > DIRECTORIES_MAX) {
			error_set(err, E_BUNDLE, "too many directories");
			goto out;
		}
		if (read_name(out, dirfd(dir), prefix, entry->d_name, err) ==
		    -1)
			goto out;
	}
	if (errno != 0) {
		io_error(err, prefix);
		goto out;
	}
	rc = 0;
out:
	closedir(dir);
	return rc;
}

static int
tar_error(struct archive *archive, struct error *err)
{
	const char *why = archive_error_string(archive);

	return error_set(err, E_BUNDLE, "tar file: %s",
	    why == NULL ? "damaged" : why);
}

/* What a bundle never holds, whatever tar can say. */
static int
check_entry(struct archive_entry *entry, struct error *err)
{
	const char *name = archive_entry_pathname(entry);

	if (name == NULL)
		return error_set(err, E_BUNDLE, "tar file: a name");
	if (archive_entry_filetype(entry) == AE_IFDIR)
		return 0;
	if (archive_entry_hardlink(entry) != NULL ||
	    archive_entry_symlink(entry) != NULL ||
	    archive_entry_filetype(entry) != AE_IFREG)
		return error_set(err, E_BUNDLE,
		    "tar file: something that is no plain file");
	if (archive_entry_sparse_count(entry) > 0)
		return error_set(err, E_BUNDLE, "tar file: a sparse file");
	if (!archive_entry_size_is_set(entry) || archive_entry_size(entry) < 0)
		return error_set(err, E_BUNDLE, "tar file: a size");
	return 0;
}

static int
read_tar_data(struct archive *archive, uint8_t *bytes, size_t len,
    struct error *err)
{
	for (size_t at = 0; at < len;) {
		la_ssize_t n = archive_read_data(archive, bytes + at, len - at);

		if (n < 0)
			return tar_error(archive, err);
		if (n == 0)
			return error_set(err, E_BUNDLE, "tar file: cut off");
		at += (size_t)n;
	}
	return 0;
}

static int
read_tar_entry(struct bundle *out, struct archive *archive,
    struct archive_entry *entry, struct error *err)
{
	struct span name;
	uint8_t *bytes;
	uint64_t size;

	if (check_entry(entry, err) == -1)
		return -1;
	if (archive_entry_filetype(entry) == AE_IFDIR)
		return 0;
	name = span_text(archive_entry_pathname(entry));
	if (span_has_prefix(name, span_text("./")))
		name = span_skip(name, 2);
	size = (uint64_t)archive_entry_size(entry);
	if (bundle_room_check(out, name, size, err) == -1)
		return -1;
	bytes = arena_alloc(out->arena, (size_t)size + 1);
	name = arena_copy(out->arena, name);
	if (read_tar_data(archive, bytes, (size_t)size, err) == -1)
		return -1;
	return bundle_add(out, name, span_of(bytes, (size_t)size), err);
}

static int
read_tar(struct bundle *out, int fd, struct error *err)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	size_t seen = 0;
	int rc = -1, status;

	if (archive == NULL)
		mem_die("no memory for libarchive");
	if (archive_read_support_format_tar(archive) != ARCHIVE_OK ||
	    archive_read_support_filter_none(archive) != ARCHIVE_OK ||
	    archive_read_open_fd(archive, fd, READ_SIZE) != ARCHIVE_OK) {
		tar_error(archive, err);
		goto out;
	}
	while ((status = archive_read_next_header(archive, &entry)) ==
	    ARCHIVE_OK) {
		if (++seen > BUNDLE_FILES_MAX + DIRECTORIES_MAX) {
			error_set(err, E_BUNDLE, "tar file: too many entries");
			goto out;
		}
		if (read_tar_entry(out, archive, entry, err) == -1)
			goto out;
	}
	if (status != ARCHIVE_EOF) {
		tar_error(archive, err);
		goto out;
	}
	rc = 0;
out:
	archive_read_free(archive);
	return rc;
}

int
bundle_read(struct bundle *out, const char *path, struct arena *arena,
    struct error *err)
{
	struct stat st;
	int fd, rc = -1;

	bundle_init(out, arena);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return io_error(err, path);
	if (fstat(fd, &st) == -1) {
		io_error(err, path);
		goto out;
	}
	if (S_ISDIR(st.st_mode)) {
		rc = read_folder(out, fd, "", err);
		fd = -1;
	} else if (S_ISREG(st.st_mode)) {
		rc = read_tar(out, fd, err);
	} else {
		error_set(err, E_BUNDLE, "neither a directory nor a file");
	}
	if (rc == 0 && out->n == 0)
		rc = error_set(err, E_BUNDLE, "no files");
out:
	if (fd != -1)
		close(fd);
	return rc;
}

static int
write_member(int dir, const struct bundle_file *file, struct arena *arena,
    struct error *err)
{
	const char *name = arena_text(arena, file->name);
	size_t slash = span_find(file->name, '/');
	int fd = -1, rc = -1;

	if (slash < file->name.len) {
		const char *folder =
		    arena_text(arena, span_of(file->name.ptr, slash));

		if (mkdirat(dir, folder, 0777) == -1 && errno != EEXIST)
			return io_error(err, folder);
	}
	fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd == -1)
		return io_error(err, name);
	for (size_t at = 0; at < file->bytes.len;) {
		ssize_t n =
		    write(fd, file->bytes.ptr + at, file->bytes.len - at);

		if (n == -1) {
			io_error(err, name);
			goto out;
		}
		at += (size_t)n;
	}
	rc = 0;
out:
	if (close(fd) == -1 && rc == 0)
		rc = io_error(err, name);
	return rc;
}

/* What was made of it goes again. */
static void
remove_directory(const struct bundle *bundle, int dir, const char *path,
    struct arena *arena)
{
	for (size_t i = 0; i < bundle->n; i++) {
		struct span name = bundle->files[i].name;
		size_t slash = span_find(name, '/');

		unlinkat(dir, arena_text(arena, name), 0);
		if (slash < name.len)
			unlinkat(dir,
			    arena_text(arena, span_of(name.ptr, slash)),
			    AT_REMOVEDIR);
	}
	rmdir(path);
}

int
bundle_write_directory(const struct bundle *bundle, const char *path,
    struct error *err)
{
	struct arena *arena = arena_new();
	int dir = -1, rc = -1;

	if (mkdir(path, 0777) == -1) {
		if (errno == EEXIST)
			error_set(err, E_USAGE, "%s is there already", path);
		else
			io_error(err, path);
		goto out;
	}
	dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir == -1) {
		io_error(err, path);
		goto out;
	}
	for (size_t i = 0; i < bundle->n; i++) {
		if (write_member(dir, &bundle->files[i], arena, err) == -1) {
			remove_directory(bundle, dir, path, arena);
			goto out;
		}
	}
	if (syncfs(dir) == -1) {
		io_error(err, path);
		goto out;
	}
	rc = 0;
out:
	if (dir != -1)
		close(dir);
	arena_free(arena);
	return rc;
}

static int
write_tar_entry(struct archive *archive, const struct bundle_file *file,
    struct arena *arena, struct error *err)
{
	struct archive_entry *entry = archive_entry_new();
	int rc = -1;

	if (entry == NULL)
		mem_die("no memory for libarchive");
	archive_entry_set_pathname(entry, arena_text(arena, file->name));
	archive_entry_set_size(entry, (la_int64_t)file->bytes.len);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_uid(entry, 0);
	archive_entry_set_gid(entry, 0);
	if (archive_write_header(archive, entry) != ARCHIVE_OK ||
	    archive_write_data(archive, file->bytes.ptr, file->bytes.len) !=
		(la_ssize_t)file->bytes.len) {
		error_set(err, E_INTERNAL, "tar: %s",
		    archive_error_string(archive));
		goto out;
	}
	rc = 0;
out:
	archive_entry_free(entry);
	return rc;
}

/* A header and whole blocks a file, two empty blocks at the end. */
static size_t
tar_size(const struct bundle *bundle)
{
	size_t size = 2 * TAR_BLOCK;

	for (size_t i = 0; i < bundle->n; i++)
		size += TAR_BLOCK +
		    (bundle->files[i].bytes.len + TAR_BLOCK - 1) / TAR_BLOCK *
			TAR_BLOCK;
	return size;
}

int
bundle_write_tar(const struct bundle *bundle, const char *path,
    struct error *err)
{
	struct archive *archive = archive_write_new();
	struct arena *arena = arena_new();
	size_t size = tar_size(bundle), used = 0;
	uint8_t *bytes = arena_alloc(arena, size);
	int rc = -1;

	if (archive == NULL)
		mem_die("no memory for libarchive");
	if (archive_write_set_format_ustar(archive) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(archive, 0) != ARCHIVE_OK ||
	    archive_write_open_memory(archive, bytes, size, &used) !=
		ARCHIVE_OK) {
		error_set(err, E_INTERNAL, "tar: %s",
		    archive_error_string(archive));
		goto out;
	}
	for (size_t i = 0; i < bundle->n; i++)
		if (write_tar_entry(archive, &bundle->files[i], arena, err) ==
		    -1)
			goto out;
	if (archive_write_close(archive) != ARCHIVE_OK) {
		error_set(err, E_INTERNAL, "tar: %s",
		    archive_error_string(archive));
		goto out;
	}
	rc = file_write_durable(path, span_of(bytes, used), 0644, err);
out:
	archive_write_free(archive);
	arena_free(arena);
	return rc;
}
