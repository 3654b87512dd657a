#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/client.h"
#include "cli/letter.h"
#include "docket/docket.h"
#include "formats/body.h"
#include "formats/json.h"
#include "proc/file.h"
#include "seal/digest.h"
#include "seal/random.h"

/* Bytes of a file that are read at a time to measure it. */
#define CHUNK ((size_t)1 << 20)

#define EVIDENCE_TYPE "application/octet-stream"

/* clang-format off */
static const struct {
	const char *suffix, *type;
} types[] = {
	{ ".csv", "text/csv" },
	{ ".gz", "application/gzip" },
	{ ".json", "application/json" },
	{ ".log", "text/plain" },
	{ ".pcap", "application/vnd.tcpdump.pcap" },
	{ ".pdf", "application/pdf" },
	{ ".txt", "text/plain" },
	{ ".xml", "application/xml" },
	{ ".zip", "application/zip" },
};
/* clang-format on */

static const char *
type_of(const struct letter_evidence *evidence)
{
	size_t len = strlen(evidence->path);

	if (evidence->type != NULL)
		return evidence->type;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		size_t n = strlen(types[i].suffix);

		if (len > n &&
		    strcmp(evidence->path + len - n, types[i].suffix) == 0)
			return types[i].type;
	}
	return EVIDENCE_TYPE;
}

static int
io_error(const char *path, struct error *err)
{
	return error_set(err, errno == ENOENT ? E_NOT_FOUND : E_IO, "%s: %s",
	    path, strerror(errno));
}

static int
open_file(int *out, const char *path, struct error *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd == -1)
		return io_error(path, err);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return error_set(err, E_IO, "%s: not a file", path);
	}
	if ((uint64_t)st.st_size > DOCKET_DOCUMENT_MAX) {
		close(fd);
		return error_set(err, E_TOO_LARGE, "%s", path);
	}
	*out = fd;
	return 0;
}

/* Digests and size of an open file; the blob's with the salt before it. */
static int
measure(struct letter_document *document, const char *path, struct error *err)
{
	struct digest *blob = digest_new(), *plain = digest_new();
	uint8_t *chunk = mem_new(CHUNK);
	ssize_t n = 1;

	digest_add(blob, span_of(document->salt, BLOB_SALT_BYTES));
	document->size = BLOB_SALT_BYTES;
	while (n > 0 && document->size <= DOCKET_DOCUMENT_MAX) {
		n = pread(document->fd, chunk, CHUNK,
		    (off_t)(document->size - BLOB_SALT_BYTES));
		if (n <= 0)
			break;
		digest_add(blob, span_of(chunk, (size_t)n));
		digest_add(plain, span_of(chunk, (size_t)n));
		document->size += (uint64_t)n;
	}
	digest_end(blob, &document->sha256);
	digest_end(plain, &document->plain);
	digest_free(blob);
	digest_free(plain);
	free(chunk);
	if (n == -1)
		return io_error(path, err);
	if (document->size > DOCKET_DOCUMENT_MAX)
		return error_set(err, E_TOO_LARGE, "%s", path);
	return 0;
}

static struct letter_document *
add_document(struct letter_documents *out, enum word role, const char *type)
{
	struct letter_document *document = &out->items[out->n++];
	struct random random;

	*document =
	    (struct letter_document){ .role = role, .type = type, .fd = -1 };
	random_system(&random);
	random.fill(random.ctx, document->salt, sizeof(document->salt));
	return document;
}

static struct span
text_or_none(const char *text)
{
	return text == NULL ? span_of(NULL, 0) : span_text(text);
}

static void
describe(struct body_evidence *out, const struct letter_evidence *evidence,
    const struct letter_document *document)
{
	const char *slash = strrchr(evidence->path, '/');

	*out = (struct body_evidence){
		.sha256 = document->plain,
		.name = span_text(slash == NULL ? evidence->path : slash + 1),
		.size = document->size - BLOB_SALT_BYTES,
		.type = span_text(document->type),
		.collected_by = text_or_none(evidence->by),
		.has_collected_at = evidence->at.has,
		.collected_at = evidence->at.at,
		.collected_where = text_or_none(evidence->where),
		.collected_with = text_or_none(evidence->with),
	};
}

/* Open and measure each, from out->items[1] on, and say what it is. */
static int
open_evidence(struct letter_documents *out, const struct cli *cli,
    struct body *body, struct error *err)
{
	const struct letter_values *values = cli->values;
	struct body_evidence *list =
	    arena_array(cli->arena, values->evidence.n, sizeof(*list));

	for (size_t i = 0; i < values->evidence.n; i++) {
		const struct letter_evidence *one = &values->evidence.items[i];
		struct letter_document *document =
		    add_document(out, WORD_DOCUMENT_EVIDENCE, type_of(one));

		if (open_file(&document->fd, one->path, err) == -1 ||
		    measure(document, one->path, err) == -1)
			return -1;
		describe(&list[i], one, document);
	}
	body->evidence = list;
	body->evidence_n = (unsigned)values->evidence.n;
	return 0;
}

static int
read_texts(struct body *body, const struct cli *cli, struct error *err)
{
	const struct letter_values *values = cli->values;

	body->subject = text_or_none(values->subject);
	body->language = text_or_none(values->language);
	body->although = text_or_none(values->although);
	if (values->text != NULL &&
	    file_read(values->text, BODY_TEXT_MAX, cli->arena, &body->text,
		err) == -1)
		return -1;
	if (values->iodef == NULL)
		return 0;
	return file_read(values->iodef, BODY_CONTENT_MAX, cli->arena,
	    &body->iodef, err);
}

/* The body as content and blob. */
static int
write_body(struct letter_documents *out, const struct cli *cli,
    const struct body *body, struct error *err)
{
	struct letter_document *document = &out->items[0];
	struct buf content, blob;
	int rc = -1;

	buf_init(&content, BODY_CONTENT_MAX);
	buf_init(&blob, DOCUMENT_BODY_MAX);
	if (body_write(&content, body, err) == -1 ||
	    buf_check(&content, err) == -1)
		goto out;
	blob_make(&blob, document->salt, buf_span(&content));
	if (buf_check(&blob, err) == -1)
		goto out;
	out->body = arena_copy(cli->arena, buf_span(&content));
	document->blob = arena_copy(cli->arena, buf_span(&blob));
	document->sha256 = digest_of(document->blob);
	document->size = blob.len;
	rc = 0;
out:
	buf_clear(&content);
	buf_clear(&blob);
	return rc;
}

static bool
has_body(const struct letter_values *values)
{
	return values->subject != NULL || values->text != NULL ||
	    values->iodef != NULL || values->although != NULL ||
	    values->language != NULL || values->evidence.n > 0;
}

int
letter_documents_open(struct letter_documents *out, const struct cli *cli,
    struct error *err)
{
	const struct letter_values *values = cli->values;
	enum kind kind = cli->command->kind;
	struct body body = { .subject = { NULL, 0 } };

	out->n = 0;
	out->body = span_of(NULL, 0);
	if (!has_body(values)) {
		if (kind == KIND_REQUEST || kind == KIND_REPORT ||
		    kind == KIND_QUERY || kind == KIND_ANSWER)
			return error_set(err, E_USAGE,
			    "it says nothing: give --subject and --text");
		return 0;
	}
	if (values->subject == NULL)
		return error_set(err, E_USAGE,
		    "what has a text or evidence needs a --subject");
	add_document(out, WORD_DOCUMENT_BODY, BODY_TYPE);
	if (read_texts(&body, cli, err) == -1 ||
	    open_evidence(out, cli, &body, err) == -1)
		return -1;
	return write_body(out, cli, &body, err);
}

void
letter_documents_close(struct letter_documents *documents)
{
	for (size_t i = 0; i < documents->n; i++)
		if (documents->items[i].fd != -1)
			close(documents->items[i].fd);
	documents->n = 0;
}

/* Bytes ${at} and on of the blob, up to a whole piece. */
static int
read_piece(const struct letter_document *document, uint64_t at, uint8_t *out,
    size_t len, struct error *err)
{
	size_t done = 0;

	if (at == 0) {
		memcpy(out, document->salt, BLOB_SALT_BYTES);
		done = BLOB_SALT_BYTES;
	}
	while (done < len) {
		ssize_t n = pread(document->fd, out + done, len - done,
		    (off_t)(at + done - BLOB_SALT_BYTES));

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return error_set(err, E_IO, "evidence: %s",
			    strerror(errno));
		if (n == 0)
			return error_set(err, E_IO,
			    "a file of evidence became shorter");
		done += (size_t)n;
	}
	return 0;
}

static int
send_evidence(struct cli *cli, const struct letter_document *document,
    struct span peer, struct error *err)
{
	struct client_piece piece = { .peer = peer, .name = document->sha256 };
	uint8_t *bytes = mem_new(CLIENT_PIECE_MAX);
	int rc = -1;

	while (!piece.is_last) {
		uint64_t left = document->size - piece.offset;
		size_t len =
		    left < CLIENT_PIECE_MAX ? (size_t)left : CLIENT_PIECE_MAX;

		if (read_piece(document, piece.offset, bytes, len, err) == -1)
			goto out;
		piece.bytes = span_of(bytes, len);
		piece.is_last = len == left;
		if (client_put(cli->client, &piece, err) == -1)
			goto out;
		piece.offset += len;
	}
	rc = 0;
out:
	free(bytes);
	return rc;
}

int
letter_documents_send(struct cli *cli, const struct letter_documents *documents,
    struct span peer, struct error *err)
{
	for (size_t i = 0; i < documents->n; i++) {
		const struct letter_document *document = &documents->items[i];
		struct client_piece whole = { .peer = peer,
			.name = document->sha256,
			.bytes = document->blob,
			.is_last = true };
		int rc;

		if (document->fd == -1)
			rc = client_put(cli->client, &whole, err);
		else
			rc = send_evidence(cli, document, peer, err);
		if (rc == -1)
			return -1;
	}
	return 0;
}

struct json *
letter_documents_json(const struct letter_documents *documents)
{
	struct json *list = json_array_new();

	for (size_t i = 0; i < documents->n; i++) {
		const struct letter_document *document = &documents->items[i];
		struct json *one = json_object_new();
		bool is_first =
		    document->fd == -1 || document->size <= DOCUMENT_FIRST_MAX;

		json_set_word(one, "role", word_name(document->role));
		json_set_hash(one, "sha256", &document->sha256);
		json_set_integer(one, "size", (int64_t)document->size);
		json_set_word(one, "type", document->type);
		json_set_flag(one, "first", is_first);
		json_add_json(list, one);
	}
	return list;
}
