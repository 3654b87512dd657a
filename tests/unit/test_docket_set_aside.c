/*
 * Entries that are not valid records: mirrored, set aside alike on both
 * nodes, answered by one refusal, and no burden to those behind them.
 */

#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "ledger/note.h"
#include "ledger/tree.h"
#include "seal/certificate.h"
#include "seal/random.h"
#include "seal/seal.h"
#include "store/party.h"
#include "store/store.h"
#include "tests/support/identities.h"
#include "tests/support/twonodes.h"
#include "tests/tap.h"

#define FLAGS \
	(CMS_BINARY | CMS_NOSMIMECAP | CMS_NOCERTS | CMS_CADES | CMS_PARTIAL)

/* Both nodes, a case of each, and what is being made up. */
struct scene {
	struct two two;
	struct two_node *north, *south;
	struct hash norths, souths; /* cases */
	uint64_t stale;             /* an anchor size of the past */
	struct hash stale_root;
};

static void
scene_open(struct scene *scene)
{
	two_open(&scene->two, 2);
	scene->north = &scene->two.nodes[TWO_NORTH];
	scene->south = &scene->two.nodes[TWO_SOUTH];
	two_talk(&scene->two);
	scene->stale = two_log(scene->south, scene->north, false)->mirrored;
	scene->stale_root = two_root(scene->south,
	    two_log(scene->south, scene->north, false), scene->stale);
	scene->norths =
	    two_lodge(scene->north, scene->south, KIND_REQUEST, NULL);
	two_talk(&scene->two);
	scene->souths =
	    two_lodge(scene->south, scene->north, KIND_REQUEST, NULL);
	two_talk(&scene->two);
}

/* A record of SOUTH's that would be valid. */
static struct record
good(struct scene *scene, enum kind kind, const struct hash *about)
{
	struct record record = two_record(&scene->two, kind, about);

	(void)two_content(scene->south, scene->north, &record);
	return record;
}

static struct span
written(struct scene *scene, const struct record *record)
{
	return two_seal(scene->south, two_written(&scene->two, record));
}

/* The content of a good request with ${from} put in place of ${to}. */
static struct span
edited(struct scene *scene, const char *from, const char *to)
{
	struct record record = good(scene, KIND_REQUEST, NULL);
	char *text =
	    arena_text(scene->two.arena, two_written(&scene->two, &record));
	char *at = strstr(text, from);

	if (at == NULL)
		abort();
	return span_text(arena_printf(scene->two.arena, "%.*s%s%s",
	    (int)(at - text), text, to, at + strlen(from)));
}

static struct span
resealed(struct scene *scene, const char *from, const char *to)
{
	return two_seal(scene->south, edited(scene, from, to));
}

/* Seals that libcrypto makes by its own API. */
struct forgery {
	bool has_second, has_attribute, has_unsigned;
	struct instant at;
	struct span content;
};

static void
must(bool it_went_well)
{
	if (!it_went_well)
		abort();
}

static void
add_signer(CMS_ContentInfo *cms, const struct seal_key *key, struct instant at,
    CMS_SignerInfo **out)
{
	struct span der = certificate_der(seal_key_certificate(key));
	const unsigned char *p = der.ptr;
	X509 *x509 = d2i_X509(NULL, &p, (long)der.len);
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)at.s);
	struct error err;
	EVP_PKEY *pkey;
	struct buf buf;
	BIO *bio;

	buf_init(&buf, IDENTITY_KEY_MAX);
	must(seal_key_write(&buf, key, &err) == 0);
	bio = BIO_new_mem_buf(buf.ptr, (int)buf.len);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	*out = CMS_add1_signer(cms, x509, pkey, EVP_sha256(), FLAGS);
	must(*out != NULL);
	must(CMS_signed_add1_attr_by_NID(*out, NID_pkcs9_signingTime,
		 time->type, time, -1) == 1);
	ASN1_TIME_free(time);
	BIO_free(bio);
	secret_clear(&buf);
	EVP_PKEY_free(pkey);
	X509_free(x509);
}

static struct span
forge(struct scene *scene, const struct forgery *f)
{
	BIO *content = BIO_new_mem_buf(f->content.ptr, (int)f->content.len);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, content, FLAGS);
	unsigned char *der = NULL;
	CMS_SignerInfo *signer, *second;
	struct span out;
	int len;

	must(cms != NULL);
	add_signer(cms, two_seal_key(scene->south), f->at, &signer);
	if (f->has_second)
		add_signer(cms, two_seal_key(scene->north), f->at, &second);
	if (f->has_attribute)
		must(CMS_signed_add1_attr_by_NID(signer,
			 NID_pkcs9_unstructuredName, V_ASN1_UTF8STRING, "x",
			 1) == 1);
	must(CMS_final(cms, content, NULL, FLAGS));
	if (f->has_unsigned)
		must(CMS_unsigned_add1_attr_by_NID(signer,
			 NID_pkcs9_unstructuredName, V_ASN1_UTF8STRING, "x",
			 1) == 1);
	len = i2d_CMS_ContentInfo(cms, &der);
	must(len > 0);
	out = arena_copy(scene->two.arena, span_of(der, (size_t)len));
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	return out;
}

static struct forgery
forgery_of(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	return (struct forgery){ .at = scene->two.now,
		.content = two_written(&scene->two, &record) };
}

static struct span
by_the_other_party(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	return two_seal(scene->north, two_written(&scene->two, &record));
}

static struct span
by_a_stranger(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);
	struct error err;
	struct span der;

	must(seal_sign(&der, two_written(&scene->two, &record),
		 identity_of(IDENTITY_EAST)->seal, scene->two.now,
		 scene->two.arena, &err) == 0);
	return der;
}

static struct span
before_the_certificate(struct scene *scene)
{
	struct forgery f = { .at = instant_of(TWO_BEGIN_S - 2 * 86400) };
	struct record record = good(scene, KIND_REQUEST, NULL);

	record.at = f.at;
	f.content = two_written(&scene->two, &record);
	return forge(scene, &f);
}

static struct span
by_two(struct scene *scene)
{
	struct forgery f = forgery_of(scene);

	f.has_second = true;
	return forge(scene, &f);
}

static struct span
with_an_attribute(struct scene *scene)
{
	struct forgery f = forgery_of(scene);

	f.has_attribute = true;
	return forge(scene, &f);
}

static struct span
with_an_unsigned_attribute(struct scene *scene)
{
	struct forgery f = forgery_of(scene);

	f.has_unsigned = true;
	return forge(scene, &f);
}

static struct span
with_a_tail(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);
	struct span der = written(scene, &record);
	uint8_t *longer = arena_alloc(scene->two.arena, der.len + 1);

	memcpy(longer, der.ptr, der.len);
	return span_of(longer, der.len + 1);
}

static struct span
with_a_flipped_bit(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);
	struct span der = written(scene, &record);
	uint8_t *other = arena_alloc(scene->two.arena, der.len);
	size_t at = 0;

	memcpy(other, der.ptr, der.len);
	while (memcmp(other + at, "\"purpose\"", 9) != 0)
		at++;
	other[at + 1] ^= 1;
	return span_of(other, der.len);
}

static struct span
bytes(struct scene *scene, size_t len)
{
	uint8_t *out = arena_alloc(scene->two.arena, len);

	memset(out, 0x04, len);
	return span_of(out, len);
}

static struct span
garbage(struct scene *scene)
{
	return bytes(scene, 300);
}

static struct span
one_byte(struct scene *scene)
{
	return bytes(scene, 1);
}

static struct span
nothing(struct scene *scene)
{
	return bytes(scene, 0);
}

static struct span
a_little_too_large(struct scene *scene)
{
	return bytes(scene, SEAL_SIZE_MAX + 1);
}

static struct span
as_large_as_can_be(struct scene *scene)
{
	return bytes(scene, 65535);
}

static struct span
a_sealed_record_too_large(struct scene *scene)
{
	struct forgery f = forgery_of(scene);

	f.content = edited(scene, "{\"anchor\"",
	    arena_printf(scene->two.arena, "{\"x\":\"%0*d\",\"anchor\"", 33000,
		1));
	return forge(scene, &f);
}

static struct span
of_another_log(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	record.log = span_text("cert.south.example/docket/cert.east.example/1");
	return written(scene, &record);
}

static struct span
with_a_member_twice(struct scene *scene)
{
	return resealed(scene, "\"exercise\":true",
	    "\"exercise\":true,\"exercise\":true");
}

/* "x" is the first level inside the record's own object. */
static struct span
nested(struct scene *scene, unsigned depth)
{
	char open[64], close[64];

	memset(open, '[', sizeof(open));
	memset(close, ']', sizeof(close));
	return resealed(scene, "{\"anchor\"",
	    arena_printf(scene->two.arena, "{\"a\":%.*s%.*s,\"anchor\"",
		(int)depth - 1, open, (int)depth - 1, close));
}

static struct span
nested_17_deep(struct scene *scene)
{
	return nested(scene, 17);
}

static struct span
not_json(struct scene *scene)
{
	return two_seal(scene->south, span_text("a request"));
}

static struct span
with_u0000(struct scene *scene)
{
	return resealed(scene, "{\"anchor\"", "{\"a\":\"\\u0000\",\"anchor\"");
}

static struct span
of_unknown_kind(struct scene *scene)
{
	return resealed(scene, "\"kind\":\"request\"", "\"kind\":\"demand\"");
}

static struct span
of_version_2(struct scene *scene)
{
	return resealed(scene, "\"v\":1", "\"v\":2");
}

static struct span
without_a_member(struct scene *scene)
{
	return resealed(scene, "\"urgency\":\"emergency\"", "\"u\":1");
}

static struct span
with_an_unknown_word(struct scene *scene)
{
	return resealed(scene, "\"urgency\":\"emergency\"",
	    "\"urgency\":\"now\"");
}

static struct span
with_two_bodies(struct scene *scene)
{
	static const char body[] =
	    "{\"role\":\"body\",\"sha256\":\"%064d\",\"size\":20,"
	    "\"type\":\"a/b\",\"first\":true}";
	const char *one = arena_printf(scene->two.arena, body, 1);
	const char *two = arena_printf(scene->two.arena, body, 2);

	return resealed(scene, "\"exercise\":true",
	    arena_printf(scene->two.arena,
		"\"documents\":[%s,%s],\"exercise\":true", one, two));
}

static struct span
with_a_false_root(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	record.anchor.root.bytes[31] ^= 1;
	return written(scene, &record);
}

static struct span
anchored_in_the_future(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	record.anchor.size++;
	return written(scene, &record);
}

static struct span
anchored_in_its_own_log(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	record.anchor.log = record.log;
	return written(scene, &record);
}

static struct span
with_a_fallen_anchor(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	record.anchor.size = scene->stale;
	record.anchor.root = scene->stale_root;
	return written(scene, &record);
}

static struct span
about_an_unknown_case(struct scene *scene)
{
	struct hash none = { { 1, 2, 3 } };
	struct record record = good(scene, KIND_ACKNOWLEDGEMENT, &none);

	return written(scene, &record);
}

/* NORTH's next request, which SOUTH cannot have seen. */
static struct span
about_a_case_to_come(struct scene *scene)
{
	struct hash to_come =
	    two_lodge(scene->north, scene->south, KIND_REQUEST, NULL);
	struct record record = good(scene, KIND_ACKNOWLEDGEMENT, &to_come);

	return written(scene, &record);
}

static struct span
about_what_opens_no_case(struct scene *scene)
{
	struct hash opening =
	    two_entry(scene->south, scene->north, false, 0)->leaf;
	struct record record = good(scene, KIND_ACKNOWLEDGEMENT, &opening);

	return written(scene, &record);
}

static struct span
in_answer_to_nothing(struct scene *scene)
{
	struct record record =
	    good(scene, KIND_ACKNOWLEDGEMENT, &scene->norths);

	record.has_re = true;
	record.re.bytes[0] = 7;
	return written(scene, &record);
}

static struct span
in_answer_to_another_case(struct scene *scene)
{
	struct record record =
	    good(scene, KIND_ACKNOWLEDGEMENT, &scene->norths);

	record.has_re = true;
	record.re = scene->souths;
	return written(scene, &record);
}

static struct span
acknowledging_itself(struct scene *scene)
{
	struct record record =
	    good(scene, KIND_ACKNOWLEDGEMENT, &scene->souths);

	return written(scene, &record);
}

static struct span
withdrawing_for_the_other(struct scene *scene)
{
	struct record record = good(scene, KIND_WITHDRAWAL, &scene->norths);

	return written(scene, &record);
}

static struct span
dated_otherwise(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	record.at = instant_add(record.at, period_of(-1));
	return written(scene, &record);
}

static struct span
sent_twice(struct scene *scene)
{
	return two_entry(scene->south, scene->north, true,
	    two_log(scene->south, scene->north, true)->size - 1)
	    ->der;
}

/* A receipt by SOUTH that quotes ${note}. */
static struct span
quoting(struct scene *scene, struct span note)
{
	struct record record = two_record(&scene->two, KIND_RECEIPT, NULL);

	*two_fact(&record, MEMBER_RECEIPT_CHECKPOINT) =
	    (struct fact){ .is_given = true, .n = 1, .text = note };
	(void)two_content(scene->south, scene->north, &record);
	return written(scene, &record);
}

/* A head of the log of ${writer}, with the other's mirror line if wanted. */
static struct span
head_of(struct scene *scene, struct two_node *writer, uint64_t size,
    const struct hash *root, bool has_line)
{
	struct two_node *mirror =
	    writer == scene->north ? scene->south : scene->north;
	struct log_row *log = two_log(writer, mirror, true);
	struct span note = two_head(writer, log->origin, size, root);
	struct span line = two_line(mirror, note, scene->two.now);

	if (!has_line)
		return note;
	return span_text(
	    arena_printf(scene->two.arena, "%.*s%.*s", (int)note.len,
		(const char *)note.ptr, (int)line.len, (const char *)line.ptr));
}

static struct span
true_head(struct scene *scene, bool has_line)
{
	struct log_row *log = two_log(scene->south, scene->north, false);
	struct hash root = two_root(scene->south, log, log->mirrored);

	return head_of(scene, scene->north, log->mirrored, &root, has_line);
}

static struct span
a_receipt_without_a_line(struct scene *scene)
{
	return quoting(scene, true_head(scene, false));
}

static struct span
a_receipt_with_a_forged_line(struct scene *scene)
{
	char *note = arena_text(scene->two.arena, true_head(scene, true));
	size_t len = strlen(note);

	/* The last digit but the padding and a few. */
	note[len - 12] = note[len - 12] == 'A' ? 'B' : 'A';
	return quoting(scene, span_of(note, len));
}

static struct span
a_receipt_of_another_root(struct scene *scene)
{
	struct log_row *log = two_log(scene->south, scene->north, false);
	struct hash root = { { 9 } };

	return quoting(scene,
	    head_of(scene, scene->north, log->mirrored, &root, true));
}

static struct span
a_receipt_of_the_future(struct scene *scene)
{
	struct log_row *log = two_log(scene->south, scene->north, false);
	struct hash root = { { 9 } };

	return quoting(scene,
	    head_of(scene, scene->north, log->mirrored + 1, &root, true));
}

static struct span
a_receipt_of_itself(struct scene *scene)
{
	struct log_row *log = two_log(scene->south, scene->north, true);
	struct hash root = { { 9 } };

	return quoting(scene,
	    head_of(scene, scene->south, log->size + 1, &root, true));
}

static struct span
a_receipt_of_nothing(struct scene *scene)
{
	struct hash root = tree_empty_root();

	return quoting(scene, head_of(scene, scene->north, 0, &root, true));
}

static struct span
a_receipt_of_a_foreign_log(struct scene *scene)
{
	struct hash root = { { 9 } };

	return quoting(scene,
	    two_head(scene->north,
		span_text("cert.north.example/docket/cert.east.example/1"), 1,
		&root));
}

static struct span
a_receipt_that_is_no_note(struct scene *scene)
{
	return quoting(scene,
	    span_text(arena_printf(scene->two.arena, "%.*s\n1\n",
		(int)two_log(scene->south, scene->north, true)->origin.len,
		(const char *)two_log(scene->south, scene->north, true)
		    ->origin.ptr)));
}

static struct span
a_refusal_of_nothing(struct scene *scene)
{
	struct record record = two_record(&scene->two, KIND_REFUSAL, NULL);
	struct hash *none = arena_alloc(scene->two.arena, sizeof(*none));

	record.facts[0] =
	    (struct fact){ .is_given = true, .n = 1, .hashes = none };
	record.facts[1] = (struct fact){ .is_given = true,
		.n = 1,
		.text = span_text("record-member") };
	(void)two_content(scene->south, scene->north, &record);
	return written(scene, &record);
}

static struct span
a_credential_that_is_none(struct scene *scene)
{
	struct record record = two_record(&scene->two, KIND_CREDENTIAL, NULL);

	two_word(&scene->two, &record, MEMBER_CREDENTIAL_CHANGE,
	    WORD_CHANGE_NEW);
	two_word(&scene->two, &record, MEMBER_CREDENTIAL_USE,
	    WORD_KEY_USE_SEAL);
	*two_fact(&record, MEMBER_CREDENTIAL_CERTIFICATE) =
	    (struct fact){ .is_given = true,
		    .n = 1,
		    .text = span_text("MAA=") };
	(void)two_content(scene->south, scene->north, &record);
	return written(scene, &record);
}

static struct span
a_second_opening(struct scene *scene)
{
	char *text = arena_text(scene->two.arena,
	    two_entry(scene->south, scene->north, true, 0)->content);
	struct record *record;
	struct error err;

	must(
	    record_read(&record, span_text(text), scene->two.arena, &err) == 0);
	(void)two_content(scene->south, scene->north, record);
	return written(scene, record);
}

static const struct trick {
	const char *name;
	enum error_code want;
	struct span (*make)(struct scene *scene);
} tricks[] = {
	/* clang-format off */
	{ "wrong signer", E_SEAL_SIGNER, by_the_other_party },
	{ "unknown signer", E_SEAL_SIGNER, by_a_stranger },
	{ "expired signer", E_SEAL_EXPIRED, before_the_certificate },
	{ "two signers", E_SEAL_SIGNERS, by_two },
	{ "extra attribute", E_SEAL_ATTRIBUTES, with_an_attribute },
	{ "unsigned", E_SEAL_ATTRIBUTE_UNSIGNED, with_an_unsigned_attribute },
	{ "trailing byte", E_SEAL_TRAILING, with_a_tail },
	{ "flipped bit", E_SEAL_CONTENT, with_a_flipped_bit },
	{ "garbage", E_SEAL_SYNTAX, garbage },
	{ "one byte", E_SEAL_SYNTAX, one_byte },
	{ "no byte", E_SEAL_SYNTAX, nothing },
	{ "over 32 KiB", E_SEAL_TOO_LARGE, a_little_too_large },
	{ "65,535 bytes", E_SEAL_TOO_LARGE, as_large_as_can_be },
	{ "large record", E_SEAL_TOO_LARGE, a_sealed_record_too_large },
	{ "wrong log", E_RECORD_LOG, of_another_log },
	{ "duplicate members", E_RECORD_SYNTAX, with_a_member_twice },
	{ "deep nesting", E_RECORD_SYNTAX, nested_17_deep },
	{ "not JSON", E_RECORD_SYNTAX, not_json },
	{ "U+0000", E_RECORD_SYNTAX, with_u0000 },
	{ "unknown kind", E_RECORD_KIND, of_unknown_kind },
	{ "version 2", E_RECORD_MEMBER, of_version_2 },
	{ "member missing", E_RECORD_MEMBER, without_a_member },
	{ "unknown word", E_RECORD_MEMBER, with_an_unknown_word },
	{ "two bodies", E_RECORD_DOCUMENTS, with_two_bodies },
	{ "false root", E_RECORD_ANCHOR, with_a_false_root },
	{ "anchor beyond", E_RECORD_ANCHOR, anchored_in_the_future },
	{ "anchor in own log", E_RECORD_ANCHOR, anchored_in_its_own_log },
	{ "fallen anchor", E_RECORD_ANCHOR_FELL, with_a_fallen_anchor },
	{ "unknown case", E_RECORD_PAST, about_an_unknown_case },
	{ "case to come", E_RECORD_PAST, about_a_case_to_come },
	{ "no case", E_RECORD_PAST, about_what_opens_no_case },
	{ "re unknown", E_RECORD_PAST, in_answer_to_nothing },
	{ "re elsewhere", E_RECORD_PAST, in_answer_to_another_case },
	{ "own case", E_RECORD_SENDER, acknowledging_itself },
	{ "other's case", E_RECORD_SENDER, withdrawing_for_the_other },
	{ "other time", E_RECORD_TIME, dated_otherwise },
	{ "sent twice", E_RECORD_TWICE, sent_twice },
	{ "receipt, no line", E_RECORD_RECEIPT, a_receipt_without_a_line },
	{ "receipt, forged", E_NOTE_SIGNATURE, a_receipt_with_a_forged_line },
	{ "receipt, root", E_RECORD_RECEIPT, a_receipt_of_another_root },
	{ "receipt, future", E_RECORD_RECEIPT, a_receipt_of_the_future },
	{ "receipt, own", E_RECORD_RECEIPT, a_receipt_of_itself },
	{ "receipt, empty", E_RECORD_RECEIPT, a_receipt_of_nothing },
	{ "receipt, foreign", E_RECORD_RECEIPT, a_receipt_of_a_foreign_log },
	{ "receipt, no note", E_NOTE_SYNTAX, a_receipt_that_is_no_note },
	{ "refusal", E_RECORD_PAST, a_refusal_of_nothing },
	{ "credential", E_CERTIFICATE, a_credential_that_is_none },
	{ "second opening", E_RECORD_OPENING, a_second_opening },
	/* clang-format on */
};

/* Refusals of ${leaf} in NORTH's log that give ${reason}; all of ${leaf}. */
static unsigned
refusals(struct scene *scene, const struct hash *leaf, const char *reason,
    unsigned *all)
{
	uint64_t size = two_log(scene->north, scene->south, true)->size;
	unsigned n = 0;

	*all = 0;
	for (uint64_t i = 0; i < size; i++) {
		struct entry_row *entry =
		    two_entry(scene->north, scene->south, true, i);
		struct record *record;
		struct error err;

		if (entry->kind != KIND_REFUSAL ||
		    record_read(&record, entry->content, scene->two.arena,
			&err) == -1 ||
		    !hash_is_equal(record_fact(record, MEMBER_REFUSAL_ENTRY)
				       ->hashes,
			leaf))
			continue;
		(*all)++;
		n += span_is_text(record_fact(record, MEMBER_REFUSAL_REASON)
				      ->text,
		    reason);
	}
	return n;
}

/* Lodge it between two good records; see what becomes of all three. */
static void
try_trick(struct scene *scene, const struct trick *trick, bool is_first_time)
{
	struct log_row *log;
	struct hash leaf;
	uint64_t at;
	unsigned all, found;

	two_later(&scene->two, 61);
	two_lodge(scene->south, scene->north, KIND_REQUEST, NULL);
	leaf = two_put(scene->south, scene->north, trick->make(scene));
	at = two_log(scene->south, scene->north, true)->size - 1;
	two_lodge(scene->south, scene->north, KIND_REQUEST, NULL);
	check(two_talk(&scene->two));

	log = two_log(scene->north, scene->south, false);
	require(log->size > at + 1 && log->mirrored == log->size);
	check_str(error_name(two_entry(scene->north, scene->south, false, at)
				 ->verdict),
	    error_name(trick->want));
	check_str(error_name(
		      two_entry(scene->south, scene->north, true, at)->verdict),
	    error_name(trick->want));
	check(
	    two_entry(scene->north, scene->south, false, at)->content.len == 0);
	check_int(two_entry(scene->north, scene->south, false, at - 1)->kind,
	    KIND_REQUEST);
	check_int(two_entry(scene->north, scene->south, false, at + 1)->kind,
	    KIND_REQUEST);
	check_int(error_fault(trick->want), FAULT_PEER);
	found = refusals(scene, &leaf, error_name(trick->want), &all);
	check_int(found, 1);
	if (is_first_time)
		check_int(all, 1);
}

TEST(each_fault_is_mirrored_set_aside_refused_once_and_nothing_behind_it_stops)
{
	struct statement figures;
	struct scene scene;

	scene_open(&scene);
	for (size_t i = 0; i < COUNT_OF(tricks); i++) {
		tap_note("%s", tricks[i].name);
		try_trick(&scene, &tricks[i], true);
	}
	check(two_agree(&scene.two, scene.north, scene.south));
	check(two_statement(&scene.two, instant_of(TWO_BEGIN_S),
	    instant_add(scene.two.now, period_of(1)), scene.two.now, &figures));
	/* SOUTH is side 1: two good requests a trick and the first one. */
	check_int((long long)figures.directions[1].all.total,
	    1 + 2 * (long long)COUNT_OF(tricks));
	check_int((long long)figures.directions[0].all.total, 2);
	two_close(&scene.two);
}

TEST(sixteen_levels_and_members_nobody_knows_are_no_fault)
{
	struct scene scene;
	uint64_t at;

	scene_open(&scene);
	two_put(scene.south, scene.north, nested(&scene, 16));
	at = two_log(scene.south, scene.north, true)->size - 1;
	check(two_talk(&scene.two));
	check_int(two_entry(scene.north, scene.south, false, at)->kind,
	    KIND_REQUEST);
	check_int((int)two_count(scene.north, scene.south, true, KIND_REFUSAL),
	    0);
	two_close(&scene.two);
}

TEST(a_batch_of_nothing_but_faults_is_answered_one_by_one)
{
	struct scene scene;

	scene_open(&scene);
	for (unsigned i = 0; i < 20; i++)
		two_put(scene.south, scene.north, bytes(&scene, 10 + i));
	check(two_talk(&scene.two));
	check_int((int)two_count(scene.south, scene.north, true, KIND_COUNT),
	    20);
	check_int((int)two_count(scene.north, scene.south, true, KIND_REFUSAL),
	    20);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}

/* SOUTH knows NORTH, and has said nothing yet. */
static void
know_north(struct scene *scene, struct card **cards)
{
	struct two_node *south = scene->south, *north = scene->north;
	struct party_row row = { .card = buf_span(&north->card),
		.added_at = scene->two.now };
	struct log_row own = {
		.origin =
		    span_text("cert.south.example/docket/cert.north.example/1"),
		.is_own = true,
		.epoch = 1,
		.side = 1,
	};
	struct log_row theirs = {
		.origin =
		    span_text("cert.north.example/docket/cert.south.example/1"),
		.epoch = 1,
	};
	struct error err;

	two_must(card_open(&cards[0], buf_span(&north->card), scene->two.arena,
		     &err),
	    &err, "card");
	two_must(card_open(&cards[1], buf_span(&south->card), scene->two.arena,
		     &err),
	    &err, "card");
	own.peer = theirs.peer = row.name = cards[0]->party;
	row.certificate = cards[0]->seal;
	row.fingerprint = cards[0]->fingerprint;
	two_must(store_begin(south->store, &err), &err, "begin");
	two_must(store_party_add(south->store, &row, &err), &err, "party");
	two_must(store_log_add(south->store, &own, &err), &err, "log");
	two_must(store_log_add(south->store, &theirs, &err), &err, "log");
	two_must(store_commit(south->store, &err), &err, "commit");
	two_must(keeper_pin_peer(south->keeper, cards[0]->party, cards[0]->log,
		     &cards[0]->fingerprint, scene->two.now, &err),
	    &err, "pin");
	two_restart(south, false);
}

TEST(an_opening_that_quotes_other_cards_is_set_aside_and_the_docket_goes_on)
{
	struct hash quoted[2] = { { { 1 } }, { { 2 } } };
	struct record record;
	struct scene scene;
	struct card *cards[2];
	struct hash leaf;
	unsigned all;

	two_open(&scene.two, 2);
	two_close(&scene.two);
	two_begin(&scene.two, 2);
	scene.north = &scene.two.nodes[TWO_NORTH];
	scene.south = &scene.two.nodes[TWO_SOUTH];
	know_north(&scene, cards);
	two_introduce_one(scene.north, scene.south);
	record = two_record(&scene.two, KIND_OPENING, NULL);
	record.by = WORD_ROLE_SYSTEM_ADMINISTRATOR;
	quoted[0] = cards[0]->fingerprint;
	record.facts[0] =
	    (struct fact){ .is_given = true, .n = 2, .hashes = quoted };
	(void)two_content(scene.south, scene.north, &record);
	leaf = two_put(scene.south, scene.north, written(&scene, &record));
	two_lodge(scene.south, scene.north, KIND_REQUEST, NULL);
	check(two_talk(&scene.two));
	check_int(two_entry(scene.north, scene.south, false, 0)->verdict,
	    E_RECORD_OPENING);
	check_int(two_entry(scene.north, scene.south, false, 1)->kind,
	    KIND_REQUEST);
	check_int((int)refusals(&scene, &leaf, error_name(E_RECORD_OPENING),
		      &all),
	    1);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}
