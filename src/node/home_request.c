#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "formats/card.h"
#include "node/home.h"
#include "node/home_request.h"
#include "proc/file.h"
#include "proc/home.h"
#include "seal/certificate.h"
#include "seal/identity.h"
#include "seal/random.h"

/* The certificate beside the key is there to read it; nobody sees it. */
#define REQUEST_YEAR_S ((int64_t)365 * 86400)

struct request_paths {
	const char *folder, *key, *certificate;
};

/* Beside the home, which is not there yet. */
static struct request_paths
paths_of(const char *home, struct arena *arena)
{
	return (struct request_paths){
		.folder = arena_printf(arena, "%s.request", home),
		.key = arena_printf(arena, "%s.request/seal.key", home),
		.certificate = arena_printf(arena, "%s.request/own.pem", home),
	};
}

static int
make_pending(const struct request_paths *paths, const struct node_init *init,
    struct error *err)
{
	struct seal_holder holder = { .party = init->party,
		.country = init->country,
		.not_before = init->now,
		.not_after =
		    instant_add(init->now, period_of(REQUEST_YEAR_S)) };
	struct seal_key *key = NULL;
	struct buf secret, pem;
	int rc = -1;

	buf_init(&secret, IDENTITY_KEY_MAX);
	buf_init(&pem, CERTIFICATE_PEM_MAX);
	if (seal_key_generate(&key, SEAL_ROLE_SEAL, &holder, err) == -1 ||
	    seal_key_write(&secret, key, err) == -1 ||
	    home_make(paths->folder, err) == -1)
		goto out;
	certificate_write(&pem, seal_key_certificate(key));
	/* The key last: where it is the other is too. */
	if (file_write_durable(paths->certificate, buf_span(&pem), 0600, err) ==
		-1 ||
	    file_write_durable(paths->key, buf_span(&secret), 0600, err) == -1)
		goto out;
	rc = 0;
out:
	seal_key_free(key);
	secret_clear(&secret);
	buf_clear(&pem);
	return rc;
}

/* The text of the key, to be wiped by the caller. */
static int
read_pending(const struct request_paths *paths, struct span *out,
    struct arena *arena, struct error *err)
{
	struct error why;

	if (file_read(paths->key, IDENTITY_KEY_MAX, arena, out, &why) == 0)
		return 0;
	if (why.code == E_NOT_FOUND)
		return error_set(err, E_USAGE,
		    "no certificate was asked for: there is no %.150s",
		    paths->key);
	*err = why;
	return -1;
}

static int
write_pending(const struct request_paths *paths, struct buf *out,
    struct error *err)
{
	struct arena *arena = arena_new();
	struct span text = { NULL, 0 }, pem, der;
	struct seal_key *key = NULL;
	int rc = -1;

	if (read_pending(paths, &text, arena, err) == -1 ||
	    file_read(paths->certificate, CERTIFICATE_PEM_MAX, arena, &pem,
		err) == -1 ||
	    certificate_read(&der, pem, arena, err) == -1 ||
	    seal_key_read(&key, text, der, err) == -1)
		goto out;
	rc = seal_key_request(out, key, err);
out:
	seal_key_free(key);
	secret_wipe((void *)(uintptr_t)text.ptr, text.len);
	arena_free(arena);
	return rc;
}

int
node_request(const struct node_init *init, struct buf *out, struct error *err)
{
	struct arena *arena = arena_new();
	struct request_paths paths = paths_of(init->path, arena);
	struct stat st;
	int rc = -1;

	if (card_check_party(span_text(init->party), err) == -1)
		goto out;
	if (strlen(init->path) >= HOME_PATH_MAX - 64) {
		error_set(err, E_USAGE, "the path of the home is long");
		goto out;
	}
	/* The same key as long as it is pending: a request may be lost. */
	if (stat(paths.key, &st) == -1 && make_pending(&paths, init, err) == -1)
		goto out;
	rc = write_pending(&paths, out, err);
out:
	arena_free(arena);
	return rc;
}

int
node_request_key(const char *home, struct span *out, struct arena *arena,
    struct error *err)
{
	struct request_paths paths = paths_of(home, arena);

	return read_pending(&paths, out, arena, err);
}

int
node_request_end(const char *home, struct error *err)
{
	struct arena *arena = arena_new();
	struct request_paths paths = paths_of(home, arena);
	int rc = 0;

	if (unlink(paths.key) == -1 || unlink(paths.certificate) == -1 ||
	    rmdir(paths.folder) == -1)
		rc = error_set(err, E_IO, "%.150s: %s", paths.folder,
		    strerror(errno));
	arena_free(arena);
	return rc;
}
