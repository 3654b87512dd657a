#include <err.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/instant.h"
#include "formats/record_json.h"
#include "ledger/checkpoint.h"
#include "ledger/cosignature.h"
#include "ledger/proof_file.h"
#include "seal/certificate.h"
#include "seal/seal.h"
#include "tests/interop/shelf.h"
#include "tests/lab.h"
#include "tests/support/identities.h"

#define NORTH "cert.north.example/docket/cert.south.example/1"
#define SOUTH "cert.south.example/docket/cert.north.example/1"
#define SOUTH_MIRROR "cert.south.example/mirror"

#define ENTRIES ((uint64_t)300)
#define SMALL ((uint64_t)40) /* below it there is a proof for every pair */
#define LONGEST ((size_t)65535)

static const uint64_t heads[] = { 0, 1, 2, 3, 5, 8, 63, 64, 65, 128, 200, 255,
	256, 257, 299, 300 };

static bool
is_record(uint64_t index)
{
	return index % 4 == 1;
}

static struct instant
time_of(uint64_t index)
{
	return instant_of(IDENTITIES_NOW_S + (int64_t)index);
}

/* What a request of ${index} seconds after the first says. */
static struct span
record_content(const struct shelf *shelf, uint64_t index)
{
	char at[INSTANT_TEXT_MAX];
	struct record *record;
	struct span content;
	struct error error;

	content = span_text(arena_printf(shelf->arena,
	    "{\"anchor\":{\"log\":\"" SOUTH "\","
	    "\"root\":\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\","
	    "\"size\":0},\"at\":\"%s\",\"by\":\"duty-officer\","
	    "\"documents\":[{\"first\":true,\"role\":\"body\","
	    "\"sha256\":\"%064jx\",\"size\":%ju,"
	    "\"type\":\"application/json\"}],\"exercise\":true,"
	    "\"kind\":\"request\",\"log\":\"" NORTH "\","
	    "\"pap\":\"PAP:GREEN\",\"request\":{"
	    "\"actions\":[\"block-host\",\"preserve\"],"
	    "\"purpose\":\"mitigation\",\"rsit\":\"malicious-code/c2-server\","
	    "\"topic\":\"ransomware-business\",\"urgency\":\"urgent\"},"
	    "\"tlp\":\"TLP:AMBER\",\"v\":1}",
	    instant_write(time_of(index), at), (uintmax_t)index,
	    (uintmax_t)index + 17));
	if (record_read(&record, content, shelf->arena, &error) == -1)
		errx(1, "record: %s", error.detail);
	return content;
}

/* A sealed record, which is also put beside the log. */
static struct span
record_entry(const struct shelf *shelf, uint64_t index)
{
	const struct identity *north = identity_of(IDENTITY_NORTH);
	struct span content = record_content(shelf, index), der;
	struct error error;

	if (seal_sign(&der, content, north->seal, time_of(index), shelf->arena,
		&error) == -1)
		errx(1, "seal: %s", error.detail);
	lab_write(shelf_path(shelf, "record.%ju.p7m", (uintmax_t)index), der);
	lab_write(shelf_path(shelf, "content.%ju", (uintmax_t)index), content);
	return der;
}

/* Sealed records, an empty entry, one of the largest size, all byte values. */
static struct span
make_entry(const struct shelf *shelf, uint64_t index)
{
	size_t len = index == 3 ? LONGEST : (size_t)index;
	uint8_t *bytes;

	if (is_record(index))
		return record_entry(shelf, index);
	if (index == 2)
		len = 0;
	bytes = arena_alloc(shelf->arena, len + 1);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(index + i * 7);
	return span_of(bytes, len);
}

static void
write_keys(const struct shelf *shelf)
{
	const struct identity *north = identity_of(IDENTITY_NORTH);
	struct buf buf;

	buf_init(&buf, SHELF_FILE_MAX);
	buf_text(&buf, "log ");
	note_key_write(&buf, &shelf->log);
	buf_text(&buf, "\nmirror ");
	note_key_write(&buf, &shelf->mirror);
	buf_text(&buf, "\n");
	shelf_write(shelf, "keys", &buf);

	for (unsigned i = 0; i < 2; i++) {
		certificate_write(&buf, seal_key_certificate(north->seal));
		shelf_write(shelf, i == 0 ? "seal.pem" : "anchors.pem", &buf);
	}
}

static void
write_entries(const struct shelf *shelf)
{
	struct buf leaves, records;

	buf_init(&leaves, SHELF_FILE_MAX);
	buf_init(&records, SHELF_FILE_MAX);
	for (uint64_t i = 0; i < ENTRIES; i++) {
		struct span entry = make_entry(shelf, i);

		ledger_log_append(shelf->entries, entry);
		encode_hex(&leaves, entry);
		buf_text(&leaves, "\n");
		if (is_record(i))
			buf_printf(&records, "%ju %jd\n", (uintmax_t)i,
			    (intmax_t)time_of(i).s);
	}
	shelf_write(shelf, "leaves", &leaves);
	shelf_write(shelf, "records", &records);
}

/* Only some sizes, or there would be too many pairs. */
static bool
has_proofs(uint64_t size)
{
	if (size <= SMALL)
		return true;
	for (size_t i = 0; i < COUNT_OF(heads); i++)
		if (heads[i] == size)
			return true;
	return false;
}

static struct proof
prove(const struct shelf *shelf, uint64_t start, uint64_t end, uint64_t size)
{
	struct tree_reader reader = ledger_log_reader(shelf->entries);
	struct error error;
	struct proof proof;

	if (tree_prove(&proof, &reader, start, end, size, &error) == -1)
		errx(1, "proof: %s", error.detail);
	return proof;
}

static void
add_proof(struct buf *buf, uint64_t a, uint64_t b, const struct proof *proof)
{
	buf_printf(buf, "%ju %ju", (uintmax_t)a, (uintmax_t)b);
	for (size_t i = 0; i < proof->n; i++) {
		buf_text(buf, " ");
		encode_base64(buf, hash_span(&proof->hashes[i]));
	}
	buf_text(buf, "\n");
}

static void
write_proofs(const struct shelf *shelf)
{
	struct buf roots, inclusion, consistency;

	buf_init(&roots, SHELF_FILE_MAX);
	buf_init(&inclusion, SHELF_FILE_MAX);
	buf_init(&consistency, SHELF_FILE_MAX);
	for (uint64_t size = 0; size <= ENTRIES; size++) {
		struct hash root = ledger_log_root(shelf->entries, size);
		struct proof proof;

		buf_printf(&roots, "%ju ", (uintmax_t)size);
		encode_base64(&roots, hash_span(&root));
		buf_text(&roots, "\n");
		for (uint64_t i = 0; has_proofs(size) && i < size; i++) {
			proof = prove(shelf, i, i + 1, size);
			add_proof(&inclusion, i, size, &proof);
			proof = prove(shelf, 0, i + 1, size);
			add_proof(&consistency, i + 1, size, &proof);
		}
	}
	shelf_write(shelf, "roots", &roots);
	shelf_write(shelf, "inclusion", &inclusion);
	shelf_write(shelf, "consistency", &consistency);
}

/* A head with our line and the counterparty's. */
static void
make_note(struct buf *out, const struct shelf *shelf, uint64_t size)
{
	struct checkpoint head = shelf_head(shelf, size);
	struct error error;
	struct buf text;

	buf_init(&text, CHECKPOINT_TEXT_MAX);
	checkpoint_write(&text, &head);
	if (checkpoint_sign(out, &head, identity_of(IDENTITY_NORTH)->log,
		&error) == -1 ||
	    cosignature_sign(out, &shelf->mirror,
		identity_of(IDENTITY_SOUTH)->mirror, buf_span(&text),
		time_of(size), &error) == -1)
		errx(1, "note: %s", error.detail);
	buf_clear(&text);
}

static void
write_notes(const struct shelf *shelf)
{
	struct buf list, note;

	buf_init(&list, SHELF_FILE_MAX);
	buf_init(&note, NOTE_SIZE_MAX);
	for (size_t i = 0; i < COUNT_OF(heads); i++) {
		buf_printf(&list, "%ju\n", (uintmax_t)heads[i]);
		make_note(&note, shelf, heads[i]);
		shelf_write(shelf,
		    arena_printf(shelf->arena, "checkpoint.%ju",
			(uintmax_t)heads[i]),
		    &note);
	}
	shelf_write(shelf, "heads", &list);
}

static void
write_files(const struct shelf *shelf)
{
	struct buf list, note, out;

	buf_init(&list, SHELF_FILE_MAX);
	buf_init(&note, NOTE_SIZE_MAX);
	buf_init(&out, PROOF_FILE_MAX);
	make_note(&note, shelf, ENTRIES);
	for (uint64_t i = 0; i < ENTRIES; i++) {
		struct proof_file file = { .has_extra = i % 8 == 1,
			.extra = span_text("not vouched for"),
			.index = i,
			.note = buf_span(&note) };

		if (!is_record(i) && i != 0 && i + 1 != ENTRIES)
			continue;
		file.proof = prove(shelf, i, i + 1, ENTRIES);
		proof_file_write(&out, &file);
		buf_printf(&list, "%ju %ju\n", (uintmax_t)i,
		    (uintmax_t)ENTRIES);
		shelf_write(shelf,
		    arena_printf(shelf->arena, "proof.%ju.%ju.tlog-proof",
			(uintmax_t)i, (uintmax_t)ENTRIES),
		    &out);
	}
	shelf_write(shelf, "proofs", &list);
	buf_clear(&note);
}

int
export_write(char *argv[])
{
	struct shelf shelf = { .arena = lab_arena(), .dir = argv[0] };

	shelf.log = note_key_of(NOTE_KEY_LOG, span_text(NORTH),
	    identity_of(IDENTITY_NORTH)->log_public);
	shelf.mirror = note_key_of(NOTE_KEY_COSIGNER, span_text(SOUTH_MIRROR),
	    identity_of(IDENTITY_SOUTH)->mirror_public);
	shelf.entries = ledger_log_new(shelf.arena, SHELF_ENTRIES_MAX);
	write_keys(&shelf);
	write_entries(&shelf);
	write_proofs(&shelf);
	write_notes(&shelf);
	write_files(&shelf);
	return 0;
}
