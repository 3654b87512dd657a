#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "cli/client.h"
#include "cli/reply.h"
#include "cli/show.h"
#include "formats/blob.h"
#include "formats/body.h"
#include "seal/digest.h"

/* Bytes of a name that a peer chose, as far as we keep it. */
#define NAME_KEPT_MAX ((size_t)64)

/* Bytes of a text file: a subject, a text and their translations. */
#define TEXT_MAX ((size_t)16 << 20)

struct saving {
	struct cli *cli;
	const char *dir;
	struct span peer;
	const char *before; /* what the files of this record begin with */
	const struct body *body;
	size_t n;
};

/* ${name} with what is not safe in a file's name replaced. */
static const char *
safe_name(struct arena *arena, const char *before, struct span name)
{
	size_t len = name.len > NAME_KEPT_MAX ? NAME_KEPT_MAX : name.len;
	char *out = arena_printf(arena, "%s-%.*s", before, (int)len,
	    (const char *)name.ptr);

	for (char *p = out; *p != '\0'; p++)
		if (*p != '.' && !cli_name_is_safe(span_of(p, 1)))
			*p = '_';
	return out;
}

static int
save(struct saving *s, const char *name, struct span bytes, struct error *err)
{
	if (cli_write_new(s->dir, name, bytes, err) == -1)
		return -1;
	s->n++;
	return 0;
}

/* Subject and texts as a file that any program opens. */
static int
save_text(struct saving *s, struct error *err)
{
	const struct body *body = s->body;
	struct buf text;
	int rc;

	buf_init(&text, TEXT_MAX);
	buf_add(&text, body->subject);
	buf_text(&text, "\n\n");
	buf_add(&text, body->text);
	for (unsigned i = 0; i < body->translations_n; i++) {
		const struct body_translation *one = &body->translations[i];

		buf_printf(&text, "\n\n[%s translation, ",
		    body_marked_name(one->marked));
		buf_add(&text, one->language);
		buf_text(&text, "]\n");
		buf_add(&text, one->text);
	}
	buf_text(&text, "\n");
	rc = buf_check(&text, err);
	if (rc == 0)
		rc = save(s, arena_printf(s->cli->arena, "%s.txt", s->before),
		    buf_span(&text), err);
	buf_clear(&text);
	return rc;
}

/* The name that the body gives to evidence with that digest. */
static const char *
name_of(const struct saving *s, const struct hash *plain,
    const struct hash *blob)
{
	char text[HASH_TEXT_MAX];

	for (unsigned i = 0; s->body != NULL && i < s->body->evidence_n; i++)
		if (hash_is_equal(&s->body->evidence[i].sha256, plain) &&
		    s->body->evidence[i].name.len > 0)
			return safe_name(s->cli->arena, s->before,
			    s->body->evidence[i].name);
	return safe_name(s->cli->arena, s->before,
	    span_of(hash_write(blob, text), 16));
}

/* All pieces of a document to ${fd}, without the salt; the digests of both. */
static int
fetch_pieces(struct saving *s, const struct show_document *document, int fd,
    struct hash *blob, struct hash *plain, struct error *err)
{
	struct digest *whole = digest_new(), *content = digest_new();
	uint64_t offset = 0;
	struct buf piece;
	int rc = -1;

	buf_init(&piece, CLIENT_PIECE_MAX);
	while (offset < document->size) {
		struct span bytes;

		if (client_get(s->cli->client, s->peer, &document->sha256,
			offset, &piece, err) == -1)
			goto out;
		if (piece.len == 0 || piece.len > document->size - offset)
			break;
		bytes = buf_span(&piece);
		digest_add(whole, bytes);
		if (offset == 0)
			bytes = span_skip(bytes, BLOB_SALT_BYTES);
		digest_add(content, bytes);
		offset += piece.len;
		if (write(fd, bytes.ptr, bytes.len) != (ssize_t)bytes.len) {
			error_set(err, E_IO, "%s: %s", s->dir, strerror(errno));
			goto out;
		}
	}
	digest_end(whole, blob);
	digest_end(content, plain);
	rc = hash_is_equal(blob, &document->sha256) ?
	    0 :
	    error_set(err, E_DOCUMENT_DIGEST, "what the node sent");
out:
	digest_free(whole);
	digest_free(content);
	buf_clear(&piece);
	return rc;
}

/*
 * Give ${part} its name.  A link, unlike a rename, replaces nothing; of two
 * files that were called the same the second is named by its digest too.
 */
static int
name_it(const struct saving *s, const char *part, const struct hash *plain,
    const struct hash *blob, struct error *err)
{
	struct arena *arena = s->cli->arena;
	char text[HASH_TEXT_MAX];
	const char *name = name_of(s, plain, blob);
	const char *other =
	    arena_printf(arena, "%.16s-%s", hash_write(blob, text), name);

	if (link(part, arena_printf(arena, "%s/%s", s->dir, name)) == 0 ||
	    (errno == EEXIST &&
		link(part, arena_printf(arena, "%s/%s", s->dir, other)) == 0))
		return 0;
	return error_set(err, E_IO, "%s/%s: %s", s->dir, name, strerror(errno));
}

/* Under another name until all of it is there and right. */
static int
save_evidence(struct saving *s, const struct show_document *document,
    struct error *err)
{
	char text[HASH_TEXT_MAX];
	const char *part = arena_printf(s->cli->arena, "%s/.%s.part", s->dir,
	    hash_write(&document->sha256, text));
	struct hash blob, plain;
	int fd, rc = -1;

	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return error_set(err, E_IO, "%s: %s", part, strerror(errno));
	if (fetch_pieces(s, document, fd, &blob, &plain, err) == -1)
		goto out;
	if (name_it(s, part, &plain, &blob, err) == -1)
		goto out;
	s->n++;
	rc = 0;
out:
	close(fd);
	unlink(part);
	return rc;
}

static int
save_entry(struct saving *s, const struct json_reader *entry, struct error *err)
{
	struct json_list list = reply_list(entry, "documents");
	struct span leaf = reply_short(entry, "leaf");
	struct span kind = reply_text(entry, "kind");
	struct show_document document;
	struct span content;
	struct body *body;

	s->before =
	    safe_name(s->cli->arena, arena_text(s->cli->arena, leaf), kind);
	if (show_body(s->cli, s->peer, entry, &body, &content, err) == -1)
		return -1;
	s->body = body;
	if (body != NULL &&
	    (save_text(s, err) == -1 ||
		save(s, arena_printf(s->cli->arena, "%s.json", s->before),
		    content, err) == -1))
		return -1;
	for (size_t i = 0; i < list.n; i++) {
		struct json_reader one = reply_item(&list, i);

		if (!show_document_read(&document, &one) || document.is_body ||
		    !document.is_held)
			continue;
		if (save_evidence(s, &document, err) == -1)
			return -1;
	}
	return 0;
}

int
show_save(struct cli *cli, const char *dir, const struct json_reader *reply,
    size_t *n, struct error *err)
{
	struct saving s = { .cli = cli, .dir = dir };
	struct json_list entries = reply_list(reply, "entries");

	s.peer = reply_text(reply, "peer");
	if (mkdir(dir, 0700) == -1 && errno != EEXIST)
		return error_set(err, E_IO, "%s: %s", dir, strerror(errno));
	for (size_t i = 0; i < entries.n; i++) {
		struct json_reader entry = reply_item(&entries, i);

		if (save_entry(&s, &entry, err) == -1)
			return -1;
	}
	*n = s.n;
	return 0;
}
