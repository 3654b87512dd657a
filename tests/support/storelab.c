#include <err.h>
#include <string.h>

#include "seal/digest.h"
#include "store/party.h"
#include "tests/support/faultvfs.h"
#include "tests/support/storelab.h"

void
storelab_must(int rc, const struct error *err, const char *what)
{
	if (rc != 0)
		errx(1, "%s: %s (%s)", what, error_text(err->code),
		    err->detail);
}

struct hash
storelab_hash(uint64_t number)
{
	return digest_of(span_of(&number, sizeof(number)));
}

static void
add_party(struct store *store, const char *name, bool is_self)
{
	struct party_row party = { .name = span_text(name),
		.is_self = is_self,
		.card = span_text("card"),
		.certificate = span_text("certificate"),
		.fingerprint = digest_of(span_text(name)),
		.added_at = instant_of(1700000000) };
	struct error err;

	storelab_must(store_party_add(store, &party, &err), &err, name);
}

static void
add_log(struct store *store, struct log_row *log, const char *origin,
    const char *peer, bool is_own, unsigned side)
{
	struct error err;

	*log = (struct log_row){ .origin = span_text(origin),
		.peer = span_text(peer),
		.is_own = is_own,
		.epoch = 1,
		.side = side };
	storelab_must(store_log_add(store, log, &err), &err, origin);
}

void
storelab_fill(struct storelab *lab)
{
	struct error err;

	storelab_must(store_begin(lab->store, &err), &err, "begin");
	add_party(lab->store, "cert.north.example", true);
	add_party(lab->store, STORELAB_PEER, false);
	add_party(lab->store, STORELAB_OTHER, false);
	/* Row ids in another order than sides. */
	add_log(lab->store, &lab->theirs,
	    "cert.south.example/docket/cert.north.example/1", STORELAB_PEER,
	    false, 1);
	add_log(lab->store, &lab->own,
	    "cert.north.example/docket/cert.south.example/1", STORELAB_PEER,
	    true, 0);
	add_log(lab->store, &lab->other,
	    "cert.north.example/docket/cert.west.example/1", STORELAB_OTHER,
	    true, 0);
	storelab_must(store_commit(lab->store, &err), &err, "commit");
}

void
storelab_open(struct storelab *lab)
{
	struct error err;

	faultvfs_register();
	faultvfs_reset(1);
	storelab_must(store_open(&lab->store, "lab", FAULTVFS_NAME,
			  STORE_CREATE, &err),
	    &err, "open");
	storelab_fill(lab);
}

void
storelab_close(struct storelab *lab)
{
	store_close(lab->store);
	lab->store = NULL;
}

struct entry_row
storelab_request(int64_t log, uint64_t index)
{
	struct hash leaf = storelab_hash((uint64_t)log << 32 | index);

	return (struct entry_row){ .log = log,
		.index = index,
		.leaf = leaf,
		.der = span_text("0\x82 sealed bytes"),
		.verdict = E_NONE,
		.kind = KIND_REQUEST,
		.has_case = true,
		.case_hash = leaf,
		.at = instant_of(1700000000 + (int64_t)index),
		.anchor_size = index / 2,
		.content = span_text("{\"v\":1}") };
}

struct entry_row
storelab_invalid(int64_t log, uint64_t index)
{
	return (struct entry_row){ .log = log,
		.index = index,
		.leaf = storelab_hash((uint64_t)log << 32 | index),
		.der = span_text("not sealed"),
		.verdict = E_SEAL_SYNTAX,
		.kind = KIND_COUNT };
}

void
storelab_add(struct storelab *lab, const struct entry_row *entry)
{
	struct error err;

	storelab_must(store_entry_add(lab->store, entry, &err), &err, "entry");
}
