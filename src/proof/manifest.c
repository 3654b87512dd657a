#include "proof/manifest.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "formats/card.h"
#include "formats/json.h"
#include "ledger/tree.h"
#include "proof/bundle.h"
#include "proof/position.h"
#include "seal/digest.h"

/* Bytes of SHA256SUMS: a line a file */
#define SUMS_MAX (BUNDLE_FILES_MAX * (BUNDLE_NAME_MAX + 2 * HASH_BYTES + 3))

#define ORIGIN_MAX ((size_t)255)

/* How files of each use are named, and which of side and number they have. */
static const struct use_row {
	const char *name; /* of the use */
	const char
	    *before; /* the party's name, and between it and the number */
	const char *middle, *after;
	bool has_side, has_number;
} uses[USE_COUNT] = {
	/* clang-format off */
	[USE_HOWTO]    = { "howto",    "HOWTO.txt", "", "",     false, false },
	[USE_CARD]     = { "card",     "card-",     "", ".pem", true,  false },
	[USE_ANCHORS]  = { "anchors",  "anchors-",  "", ".pem", true,  false },
	[USE_SEAL]     = { "seal",     "seal-",    "-", ".pem", true,  true },
	[USE_RECORD]   = { "record",   "",         "-", ".p7m", true,  true },
	[USE_PROOF]    = { "proof",    "",         "-", ".tlog-proof",
	    true, true },
	[USE_HEAD]     = { "head",     "",    "-head-", ".checkpoint",
	    true, true },
	[USE_FRONTIER] = { "frontier", "", "-frontier-", ".txt",
	    true, true },
	[USE_FORK]     = { "fork",     "fork-",    "-", ".checkpoint",
	    true, true },
	[USE_DOCUMENT] = { "document", "document-", "", "",     false, false },
	[USE_CRL]      = { "crl",      "crl-",     "-", ".pem", true,  true },
	[USE_FORK_PREFIX] = { "fork-prefix", "fork-", "-prefix", ".txt",
	    true, false },
	[USE_FORK_PATH] = { "fork-path", "fork-", "-", ".tlog-proof",
	    true, true },
	/* clang-format on */
};

/* The members of each claim besides side. */
static const struct claim_members {
	const char *record, *other; /* hashes */
	const char *time;
	const char *from, *size;
} members[PROOF_CLAIM_COUNT] = {
	/* clang-format off */
	[PROOF_TAKEN]       = { "record", NULL,       "time",  NULL,   NULL },
	[PROOF_RECORD]      = { "record", NULL,       NULL,    NULL,   NULL },
	[PROOF_REACTED]     = { "record", "reaction", NULL,    NULL,   NULL },
	[PROOF_NO_REACTION] = { "record", NULL,       "until", "from", "size" },
	[PROOF_NOT_EARLIER] = { "record", "receipt",  "time",  NULL,   "size" },
	[PROOF_FORK]        = { NULL,     NULL,       NULL,    NULL,   "size" },
	/* clang-format on */
};

const char *
manifest_file_name(const struct manifest *manifest,
    const struct proof_file_row *row, struct arena *arena)
{
	const struct use_row *use = &uses[row->use];
	struct span party = manifest->parties[row->side].party;
	const char *number = "";
	char digits[HASH_TEXT_MAX];

	if (!use->has_side)
		party = span_text("");
	if (use->has_number)
		number = position_epoch(row->n) == 1 ?
		    arena_printf(arena, "%llu",
			(unsigned long long)position_n(row->n)) :
		    arena_printf(arena, "e%u-%llu", position_epoch(row->n),
			(unsigned long long)position_n(row->n));
	if (row->use == USE_DOCUMENT)
		number = hash_write(&row->sha256, digits);
	return arena_printf(arena, "%s%.*s%s%s%s", use->before, (int)party.len,
	    (const char *)party.ptr, use->middle, number, use->after);
}

static int
read_side(unsigned *out, const struct json_reader *in, struct error *err)
{
	int64_t side;

	if (json_get_integer(&side, in, "side", JSON_REQUIRED, 0, 1, err) == -1)
		return -1;
	*out = (unsigned)side;
	return 0;
}

/* Indexes and sizes are positions; as integers they are below 2^53. */
static int
read_number(uint64_t *out, const struct json_reader *in, const char *name,
    struct error *err)
{
	int64_t n;

	if (json_get_integer(&n, in, name, JSON_REQUIRED, 0, JSON_INTEGER_MAX,
		err) == -1)
		return -1;
	if (position_epoch((uint64_t)n) > POSITION_EPOCHS_MAX)
		return error_set(err, E_BUNDLE, "%s: no such epoch", name);
	*out = (uint64_t)n;
	return 0;
}

static int
read_use(enum proof_use *out, const struct json_reader *in, struct error *err)
{
	struct span name;

	if (json_get_text(&name, in, "use", JSON_REQUIRED, BUNDLE_NAME_MAX,
		err) == -1)
		return -1;
	for (enum proof_use u = 0; u < USE_COUNT; u++) {
		if (span_is_text(name, uses[u].name)) {
			*out = u;
			return 0;
		}
	}
	return error_set(err, E_BUNDLE, "a file of unknown use");
}

static int
read_file(struct proof_file_row *out, const struct manifest *manifest,
    const struct json_reader *in, struct arena *arena, struct error *err)
{
	struct span name;

	*out = (struct proof_file_row){ .side = 0 };
	if (read_use(&out->use, in, err) == -1 ||
	    json_get_text(&name, in, "name", JSON_REQUIRED, BUNDLE_NAME_MAX,
		err) == -1 ||
	    json_get_hash(&out->sha256, in, "sha256", JSON_REQUIRED, err) == -1)
		return -1;
	if (uses[out->use].has_side && read_side(&out->side, in, err) == -1)
		return -1;
	if (uses[out->use].has_number &&
	    read_number(&out->n, in, "n", err) == -1)
		return -1;
	if (!span_is_text(name, manifest_file_name(manifest, out, arena)))
		return error_set(err, E_BUNDLE, "%.*s: not the name of its use",
		    (int)name.len, (const char *)name.ptr);
	return 0;
}

static int
read_claim_hash(struct hash *out, const struct json_reader *in,
    const char *name, struct error *err)
{
	if (name == NULL)
		return 0;
	return json_get_hash(out, in, name, JSON_REQUIRED, err);
}

static int
read_claim(struct proof_claim_row *out, const struct json_reader *in,
    struct error *err)
{
	const struct claim_members *has;
	struct error why;
	struct span name;

	*out = (struct proof_claim_row){ .side = 0 };
	if (json_get_text(&name, in, "claim", JSON_REQUIRED, BUNDLE_NAME_MAX,
		err) == -1)
		return -1;
	if (proof_claim_find(&out->claim, name, &why) == -1)
		return error_set(err, E_BUNDLE, "%s", why.detail);
	has = &members[out->claim];
	if (read_side(&out->side, in, err) == -1 ||
	    read_claim_hash(&out->record, in, has->record, err) == -1 ||
	    read_claim_hash(&out->other, in, has->other, err) == -1)
		return -1;
	if ((has->time != NULL &&
		json_get_instant(&out->time, in, has->time, JSON_REQUIRED,
		    err) == -1) ||
	    (has->from != NULL &&
		read_number(&out->from, in, has->from, err) == -1) ||
	    (has->size != NULL &&
		read_number(&out->size, in, has->size, err) == -1))
		return -1;
	return 0;
}

static int
read_parties(struct manifest *out, const struct json_reader *in,
    struct arena *arena, struct error *err)
{
	struct json_reader party;
	struct json_list list;
	struct error why;

	if (json_get_list(&list, in, "parties", JSON_REQUIRED, 2, err) == -1)
		return -1;
	if (list.n != 2)
		return error_set(err, E_BUNDLE, "not two parties");
	for (unsigned side = 0; side < 2; side++) {
		struct proof_party_row *row = &out->parties[side];

		if (json_list_object(&party, &list, side, err) == -1 ||
		    json_get_text(&row->party, &party, "party", JSON_REQUIRED,
			CARD_PARTY_MAX, err) == -1 ||
		    json_get_text(&row->origin, &party, "origin", JSON_REQUIRED,
			ORIGIN_MAX, err) == -1)
			return -1;
		if (card_check_party(row->party, &why) == -1)
			return error_set(err, E_BUNDLE, "a party's name");
		row->party = arena_copy(arena, row->party);
		row->origin = arena_copy(arena, row->origin);
	}
	return 0;
}

static int
read_lists(struct manifest *out, const struct json_reader *in,
    struct arena *arena, struct error *err)
{
	struct json_list claims, files;
	struct json_reader one;

	if (json_get_list(&claims, in, "claims", JSON_REQUIRED,
		MANIFEST_CLAIMS_MAX, err) == -1 ||
	    json_get_list(&files, in, "files", JSON_REQUIRED, BUNDLE_FILES_MAX,
		err) == -1)
		return -1;
	out->claims = arena_array(arena, claims.n, sizeof(*out->claims));
	out->files = arena_array(arena, files.n, sizeof(*out->files));
	for (; out->claims_n < claims.n; out->claims_n++)
		if (json_list_object(&one, &claims, out->claims_n, err) == -1 ||
		    read_claim(&out->claims[out->claims_n], &one, err) == -1)
			return -1;
	for (; out->files_n < files.n; out->files_n++)
		if (json_list_object(&one, &files, out->files_n, err) == -1 ||
		    read_file(&out->files[out->files_n], out, &one, arena,
			err) == -1)
			return -1;
	return 0;
}

int
manifest_read(struct manifest *out, struct span bytes, struct arena *arena,
    struct error *err)
{
	struct manifest *manifest = arena_alloc(arena, sizeof(*manifest));
	struct json *json = NULL;
	struct json_reader in;
	struct buf again;
	int64_t version;
	int rc = -1;

	buf_init(&again, MANIFEST_SIZE_MAX);
	if (json_read(&json, bytes, MANIFEST_SIZE_MAX, E_BUNDLE, err) == -1 ||
	    json_reader_of(&in, json, MANIFEST_NAME, E_BUNDLE, err) == -1 ||
	    json_get_integer(&version, &in, "version", JSON_REQUIRED,
		MANIFEST_VERSION, MANIFEST_VERSION, err) == -1 ||
	    read_parties(manifest, &in, arena, err) == -1 ||
	    read_lists(manifest, &in, arena, err) == -1)
		goto out;
	manifest_write(&again, manifest, arena);
	if (!span_is_equal(buf_span(&again), bytes)) {
		error_set(err, E_BUNDLE, MANIFEST_NAME ": not in its one form");
		goto out;
	}
	*out = *manifest;
	rc = 0;
out:
	buf_clear(&again);
	json_free(json);
	return rc;
}

static struct json *
write_claim(const struct proof_claim_row *row)
{
	const struct claim_members *has = &members[row->claim];
	struct json *claim = json_object_new();

	json_set_word(claim, "claim", proof_claim_name(row->claim));
	json_set_integer(claim, "side", row->side);
	if (has->record != NULL)
		json_set_hash(claim, has->record, &row->record);
	if (has->other != NULL)
		json_set_hash(claim, has->other, &row->other);
	if (has->time != NULL)
		json_set_instant(claim, has->time, row->time);
	if (has->from != NULL)
		json_set_integer(claim, has->from, (int64_t)row->from);
	if (has->size != NULL)
		json_set_integer(claim, has->size, (int64_t)row->size);
	return claim;
}

static struct json *
write_file(const struct manifest *manifest, const struct proof_file_row *row,
    struct arena *arena)
{
	struct json *file = json_object_new();

	json_set_word(file, "use", uses[row->use].name);
	json_set_word(file, "name", manifest_file_name(manifest, row, arena));
	json_set_hash(file, "sha256", &row->sha256);
	if (uses[row->use].has_side)
		json_set_integer(file, "side", row->side);
	if (uses[row->use].has_number)
		json_set_integer(file, "n", (int64_t)row->n);
	return file;
}

void
manifest_write(struct buf *out, const struct manifest *manifest,
    struct arena *arena)
{
	struct json *json = json_object_new();
	struct json *claims = json_array_new();
	struct json *files = json_array_new();
	struct json *parties = json_array_new();

	for (size_t i = 0; i < manifest->claims_n; i++)
		json_add_json(claims, write_claim(&manifest->claims[i]));
	for (size_t i = 0; i < manifest->files_n; i++)
		json_add_json(files,
		    write_file(manifest, &manifest->files[i], arena));
	for (unsigned side = 0; side < 2; side++) {
		struct json *party = json_object_new();

		json_set_text(party, "party", manifest->parties[side].party);
		json_set_text(party, "origin", manifest->parties[side].origin);
		json_add_json(parties, party);
	}
	json_set_json(json, "claims", claims);
	json_set_json(json, "files", files);
	json_set_json(json, "parties", parties);
	json_set_integer(json, "version", MANIFEST_VERSION);
	json_write(out, json);
	buf_text(out, "\n");
	json_free(json);
}

void
manifest_sums_write(struct buf *out, const struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->n; i++) {
		const struct bundle_file *file = &bundle->files[i];
		char digits[HASH_TEXT_MAX];
		struct hash digest;

		if (span_is_text(file->name, MANIFEST_SUMS_NAME))
			continue;
		digest = digest_of(file->bytes);
		buf_printf(out, "%s  %.*s\n", hash_write(&digest, digits),
		    (int)file->name.len, (const char *)file->name.ptr);
	}
}

static int
check_sums(const struct bundle *bundle, struct error *err)
{
	const struct bundle_file *sums =
	    bundle_find(bundle, span_text(MANIFEST_SUMS_NAME));
	struct buf want;
	int rc = 0;

	if (sums == NULL)
		return error_set(err, E_BUNDLE, "no " MANIFEST_SUMS_NAME);
	buf_init(&want, SUMS_MAX);
	manifest_sums_write(&want, bundle);
	if (!span_is_equal(buf_span(&want), sums->bytes))
		rc = error_set(err, E_BUNDLE,
		    "a file is not what " MANIFEST_SUMS_NAME " says");
	buf_clear(&want);
	return rc;
}

/* Both are in the order of the names. */
static int
check_files(const struct manifest *manifest, const struct bundle *bundle,
    struct arena *arena, struct error *err)
{
	size_t next = 0;

	for (size_t i = 0; i < bundle->n; i++) {
		const struct bundle_file *file = &bundle->files[i];
		const struct proof_file_row *row = &manifest->files[next];
		struct hash digest;

		if (span_is_text(file->name, MANIFEST_NAME) ||
		    span_is_text(file->name, MANIFEST_SUMS_NAME))
			continue;
		if (next == manifest->files_n ||
		    !span_is_text(file->name,
			manifest_file_name(manifest, row, arena)))
			return error_set(err, E_BUNDLE,
			    "%.*s is not as the manifest lists the files",
			    (int)file->name.len, (const char *)file->name.ptr);
		digest = digest_of(file->bytes);
		if (!hash_is_equal(&digest, &row->sha256))
			return error_set(err, E_BUNDLE,
			    "%.*s has another digest", (int)file->name.len,
			    (const char *)file->name.ptr);
		next++;
	}
	if (next < manifest->files_n)
		return error_set(err, E_BUNDLE, "%s is missing",
		    manifest_file_name(manifest, &manifest->files[next],
			arena));
	return 0;
}

int
manifest_open(struct manifest *out, const struct bundle *bundle,
    struct arena *arena, struct error *err)
{
	const struct bundle_file *file =
	    bundle_find(bundle, span_text(MANIFEST_NAME));

	if (file == NULL)
		return error_set(err, E_BUNDLE, "no " MANIFEST_NAME);
	if (check_sums(bundle, err) == -1 ||
	    manifest_read(out, file->bytes, arena, err) == -1)
		return -1;
	return check_files(out, bundle, arena, err);
}
