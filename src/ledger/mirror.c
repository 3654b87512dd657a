#include "ledger/mirror.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "ledger/checkpoint.h"
#include "ledger/line.h"
#include "ledger/note.h"

/* u16 length and so many bytes. */
static struct span
next_string(struct cursor *cursor)
{
	size_t len = cursor_u16(cursor);

	return cursor_bytes(cursor, len);
}

int
mirror_upload_parse(struct mirror_upload *out, struct span bytes,
    struct error *err)
{
	struct mirror_upload up = { .rest = cursor_of(bytes) };
	struct mirror_header *h = &up.header;

	if (bytes.len > MIRROR_REQUEST_MAX)
		return error_set(err, E_TOO_LARGE, "%zu bytes", bytes.len);
	h->origin = next_string(&up.rest);
	h->start = cursor_u64(&up.rest);
	h->end = cursor_u64(&up.rest);
	h->ticket = next_string(&up.rest);
	if (up.rest.is_short)
		return error_set(err, E_SYNTAX, "header ends too early");
	if (h->origin.len == 0 || h->origin.len > NOTE_NAME_MAX ||
	    h->ticket.len > MIRROR_TICKET_MAX)
		return error_set(err, E_TOO_LARGE, "origin %zu, ticket %zu",
		    h->origin.len, h->ticket.len);
	if (h->start > h->end || h->end > TREE_SIZE_MAX)
		return error_set(err, E_RANGE, "upload of %ju to %ju",
		    (uintmax_t)h->start, (uintmax_t)h->end);
	up.next = h->start;
	*out = up;
	return 0;
}

static bool
is_pending(const struct mirror_known *known, uint64_t size)
{
	for (size_t i = 0; i < known->n; i++)
		if (known->pending[i] == size)
			return true;
	return false;
}

int
mirror_upload_check(const struct mirror_upload *upload,
    const struct mirror_known *known, struct error *err)
{
	const struct mirror_header *h = &upload->header;

	if (known->n == 0)
		return error_set(err, E_UPLOAD_PENDING, "none at all");
	if (!is_pending(known, h->end) || h->end < known->size)
		return error_set(err, E_UPLOAD_POSITION,
		    "to %ju, mirror at %ju", (uintmax_t)h->end,
		    (uintmax_t)known->size);
	if (h->start > known->next ||
	    known->next - h->start > MIRROR_PACKAGE * MIRROR_PACKAGES_MAX)
		return error_set(err, E_UPLOAD_POSITION,
		    "from %ju, next is %ju", (uintmax_t)h->start,
		    (uintmax_t)known->next);
	return 0;
}

/* Where the package that starts at ${start} begins its subtree and ends. */
static void
place_package(struct mirror_package *package, uint64_t start, uint64_t end)
{
	package->base = start - start % MIRROR_PACKAGE;
	package->start = start;
	package->end = end - package->base > MIRROR_PACKAGE ?
	    package->base + MIRROR_PACKAGE :
	    end;
}

int
mirror_package_next(struct mirror_package *package, bool *is_end,
    struct mirror_upload *upload, struct error *err)
{
	struct cursor rest = upload->rest;
	uint64_t end = upload->header.end;

	*is_end = rest.rest.len == 0;
	if (*is_end)
		return 0;
	if (upload->next == end)
		return error_set(err, E_SYNTAX, "%zu bytes left over",
		    rest.rest.len);
	if (upload->read == MIRROR_PACKAGES_MAX)
		return error_set(err, E_TOO_LARGE, "more than %ju packages",
		    (uintmax_t)MIRROR_PACKAGES_MAX);
	place_package(package, upload->next, end);
	for (uint64_t i = 0; i < package->end - package->start; i++)
		package->entries[i] = next_string(&rest);
	package->proof.n = cursor_u8(&rest);
	if (package->proof.n > TREE_PROOF_MAX)
		return error_set(err, E_SYNTAX, "a proof of %zu hashes",
		    package->proof.n);
	for (size_t i = 0; i < package->proof.n; i++)
		if (hash_of(&package->proof.hashes[i],
			cursor_bytes(&rest, HASH_BYTES), err) == -1)
			return -1;
	if (rest.is_short)
		return error_set(err, E_SYNTAX, "package is cut off");
	upload->rest = rest;
	upload->next = package->end;
	upload->read++;
	return 0;
}

int
mirror_package_check(struct mirror_package *package,
    const struct checkpoint *head, const struct tree_reader *held,
    struct error *err)
{
	struct tree tree = { .size = package->start - package->base };
	uint64_t at = package->base;
	struct hash hash;

	for (unsigned level = TREE_LEVELS; level-- > 0;) {
		if ((tree.size >> level & 1) == 0)
			continue;
		if (held->node(held->ctx, level, at >> level,
			&tree.peaks[level], err) == -1)
			return -1;
		at += (uint64_t)1 << level;
	}
	for (uint64_t i = 0; i < package->end - package->start; i++) {
		package->leaves[i] = tree_leaf_hash(package->entries[i]);
		tree_append(&tree, &package->leaves[i]);
	}
	hash = tree_root(&tree);
	return tree_check_subtree(package->base, package->end, &hash,
	    head->size, &head->root, &package->proof, err);
}

static int
write_package(struct buf *out, const struct mirror_package *package,
    const struct mirror_source *source, uint64_t size, struct error *err)
{
	struct proof proof;
	struct span entry;

	for (uint64_t i = package->start; i < package->end; i++) {
		if (source->entry(source->ctx, i, &entry, err) == -1)
			return -1;
		if (entry.len > MIRROR_ENTRY_MAX)
			return error_set(err, E_TOO_LARGE,
			    "an entry of %zu bytes", entry.len);
		buf_u16(out, (uint16_t)entry.len);
		buf_add(out, entry);
	}
	if (tree_prove(&proof, &source->tree, package->base, package->end, size,
		err) == -1)
		return -1;
	buf_u8(out, (uint8_t)proof.n);
	for (size_t i = 0; i < proof.n; i++)
		buf_add(out, hash_span(&proof.hashes[i]));
	return 0;
}

static void
write_header(struct buf *out, const struct mirror_header *header)
{
	buf_u16(out, (uint16_t)header->origin.len);
	buf_add(out, header->origin);
	buf_u64(out, header->start);
	buf_u64(out, header->end);
	buf_u16(out, (uint16_t)header->ticket.len);
	buf_add(out, header->ticket);
}

int
mirror_request_write(struct buf *out, uint64_t *next,
    const struct mirror_header *header, const struct mirror_source *source,
    size_t budget, struct error *err)
{
	struct mirror_package place;
	uint64_t at = header->start;
	struct buf package;
	int rc = -1;

	buf_init(&package, MIRROR_REQUEST_MAX);
	if (header->start > header->end || header->end > TREE_SIZE_MAX ||
	    header->origin.len > NOTE_NAME_MAX ||
	    header->ticket.len > MIRROR_TICKET_MAX) {
		error_set(err, E_RANGE, "no such upload");
		goto out;
	}
	write_header(out, header);
	for (uint64_t i = 0; i < MIRROR_PACKAGES_MAX && at < header->end; i++) {
		place_package(&place, at, header->end);
		buf_drop(&package, package.len);
		if (write_package(&package, &place, source, header->end, err) ==
		    -1)
			goto out;
		if (i > 0 &&
		    (out->len > budget || package.len > budget - out->len))
			break;
		buf_add(out, buf_span(&package));
		at = place.end;
	}
	*next = at;
	rc = 0;
out:
	buf_clear(&package);
	return rc;
}

void
mirror_info_write(struct buf *out, const struct mirror_info *info)
{
	buf_printf(out, "%ju\n%ju\n", (uintmax_t)info->size,
	    (uintmax_t)info->next);
	encode_base64(out, info->ticket);
	buf_text(out, "\n");
}

int
mirror_info_parse(struct mirror_info *out, struct span body,
    struct arena *arena, struct error *err)
{
	struct span size, next, ticket;
	struct mirror_info info;

	if (body.len > MIRROR_INFO_MAX)
		return error_set(err, E_TOO_LARGE, "%zu bytes", body.len);
	if (!line_next(&size, &body) || !line_next(&next, &body) ||
	    !line_next(&ticket, &body) || body.len > 0)
		return error_set(err, E_SYNTAX, "not three lines");
	if (checkpoint_size_parse(&info.size, size, err) == -1 ||
	    checkpoint_size_parse(&info.next, next, err) == -1 ||
	    decode_base64(&info.ticket, ticket, arena, err) == -1)
		return -1;
	if (info.ticket.len > MIRROR_TICKET_MAX)
		return error_set(err, E_TOO_LARGE, "a ticket of %zu bytes",
		    info.ticket.len);
	*out = info;
	return 0;
}
