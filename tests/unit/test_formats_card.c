#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "formats/card.h"
#include "seal/certificate.h"
#include "seal/digest.h"
#include "seal/identity.h"
#include "seal/seal.h"
#include "tests/lab.h"
#include "tests/tap.h"

#define AT 1795341600
#define YEAR_S 31536000

/* A party's keys, made from fixed seeds, and its card. */
struct desk {
	struct arena *arena;
	struct seal_key *seal, *encryption, *tls;
	struct card card;
};

static struct seal_key *
make_key(enum seal_role role, const char *seed)
{
	const struct seal_holder holder = {
		.party = "cert.north.example",
		.country = "NX",
		.not_before = { AT - YEAR_S },
		.not_after = { AT + YEAR_S },
		.seed = span_text(seed),
	};
	struct seal_key *key = NULL;
	struct error err;

	check(seal_key_generate(&key, role, &holder, &err) == 0);
	return key;
}

/* C2SP signed-note: NAME+ID+base64 of type and key. */
static struct span
vkey(struct arena *arena, const char *name, uint8_t type, uint8_t fill)
{
	uint8_t typed[33];
	struct hash id;

	memset(typed, fill, sizeof(typed));
	typed[0] = type;
	id = digest_parts((const struct span[]){ span_text(name),
			      span_text("\n"), span_of(typed, sizeof(typed)) },
	    3);
	return span_text(arena_printf(arena, "%s+%s+%s", name,
	    encode_hex_text(arena, span_of(id.bytes, 4)),
	    encode_base64_text(arena, span_of(typed, sizeof(typed)))));
}

static void
desk_init(struct desk *desk)
{
	struct card *card = &desk->card;

	*desk = (struct desk){ .arena = arena_new() };
	desk->seal = make_key(SEAL_ROLE_SEAL, "seal");
	desk->encryption = make_key(SEAL_ROLE_ENCRYPTION, "encryption");
	desk->tls = make_key(SEAL_ROLE_TLS, "tls");
	card->party = span_text("cert.north.example");
	card->country = span_text("NX");
	card->endpoints[0] = span_text("https://node.north.example:4590");
	card->endpoints[1] = span_text("https://[2001:db8::1]:4590");
	card->endpoints_n = 2;
	memset(card->log, 0x11, sizeof(card->log));
	card->mirror = vkey(desk->arena, "cert.north.example/mirror", 4, 0x22);
	card->seal = certificate_der(seal_key_certificate(desk->seal));
	card->encryption =
	    certificate_der(seal_key_certificate(desk->encryption));
	card->tls[0] = certificate_spki(seal_key_certificate(desk->tls));
	card->tls_n = 1;
	card->at = instant_of(AT);
}

static void
desk_clear(struct desk *desk)
{
	seal_key_free(desk->seal);
	seal_key_free(desk->encryption);
	seal_key_free(desk->tls);
	arena_free(desk->arena);
}

/* The content as text, "" if it cannot be written. */
static const char *
content_of(const struct desk *desk)
{
	const char *got = "";
	struct error err;
	struct buf out;

	buf_init(&out, CARD_CONTENT_MAX);
	if (card_write(&out, &desk->card, &err) == 0)
		got = arena_text(desk->arena, buf_span(&out));
	else
		tap_note("%s: %s", error_text(err.code), err.detail);
	buf_clear(&out);
	return got;
}

/* The file of ${content} sealed at ${at}, with ${beside} beside it. */
static const char *
file_of(const struct desk *desk, const char *content, int64_t at,
    struct span beside)
{
	struct error err;
	struct span cms;
	struct buf out;
	const char *got;

	if (!check(seal_sign(&cms, span_text(content), desk->seal,
		       instant_of(at), desk->arena, &err) == 0))
		return "";
	buf_init(&out, CARD_FILE_MAX);
	card_armour(&out, beside, cms);
	got = arena_text(desk->arena, buf_span(&out));
	buf_clear(&out);
	return got;
}

static int
open_text(struct card **out, const struct desk *desk, const char *file,
    struct error *err)
{
	return card_open(out, span_text(file), desk->arena, err);
}

/* ${text} with ${from}, which is in it, replaced by ${to}. */
static const char *
replaced(const struct desk *desk, const char *text, const char *from,
    const char *to)
{
	const char *at = strstr(text, from);

	if (!check(at != NULL))
		return text;
	return arena_printf(desk->arena, "%.*s%s%s", (int)(at - text), text, to,
	    at + strlen(from));
}

/* Every line of ${text} ending in CR LF, with empty lines around. */
static const char *
mailed(const struct desk *desk, const char *text)
{
	const char *got;
	struct buf out;

	buf_init(&out, 2 * CARD_FILE_MAX);
	buf_text(&out, "\r\n");
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			buf_u8(&out, '\r');
		buf_u8(&out, (uint8_t)*text);
	}
	buf_text(&out, "\r\n\r\n");
	got = arena_text(desk->arena, buf_span(&out));
	buf_clear(&out);
	return got;
}

TEST(a_card_opens_to_what_was_sealed)
{
	struct card *got;
	struct desk desk;
	const char *file;
	struct error err;

	desk_init(&desk);
	file = file_of(&desk, content_of(&desk), AT, desk.card.seal);
	if (check(open_text(&got, &desk, file, &err) == 0)) {
		check(span_is_text(got->party, "cert.north.example"));
		check(span_is_text(got->country, "NX"));
		check_int(got->endpoints_n, 2);
		check(span_is_text(got->endpoints[1],
		    "https://[2001:db8::1]:4590"));
		check_mem(got->log, 32, desk.card.log, 32);
		check_int(got->mirror_key[31], 0x22);
		check(span_is_equal(got->seal, desk.card.seal));
		check(span_is_equal(got->encryption, desk.card.encryption));
		check_int(got->tls_n, 1);
		check(hash_is_equal(&got->tls[0], &desk.card.tls[0]));
		check_int(got->anchors_n, 0);
		check(!got->is_exercise);
		check_int(got->at.s, AT);
	} else
		tap_note("%s: %s", error_text(err.code), err.detail);
	check(open_text(&got, &desk, mailed(&desk, file), &err) == 0);
	desk_clear(&desk);
}

TEST(the_fingerprint_is_the_digest_of_the_cms)
{
	struct span certificate, cms;
	struct hash want;
	struct card *got;
	struct desk desk;
	const char *file;
	struct error err;

	desk_init(&desk);
	file = file_of(&desk, content_of(&desk), AT, desk.card.seal);
	if (check(card_unarmour(&certificate, &cms, span_text(file), desk.arena,
		      &err) == 0) &&
	    check(open_text(&got, &desk, file, &err) == 0)) {
		want = digest_of(cms);
		check(hash_is_equal(&got->fingerprint, &want));
		check(span_is_equal(certificate, desk.card.seal));
	}
	desk_clear(&desk);
}

TEST(content_that_is_wrong_is_refused_by_the_name_of_its_member)
{
	static const struct {
		const char *from, *to, *named;
	} wrong[] = {
		/* clang-format off */
		{ "\"v\":1", "\"v\":2", "v" },
		{ "\"party\":\"cert", "\"party\":\"Cert", "party" },
		{ "\"party\":\"cert.north", "\"party\":\"-cert.north",
		    "party" },
		{ "\"party\":\"cert.north", "\"party\":\"mail.north",
		    "mirror" },
		{ "\"country\":\"NX\"", "\"country\":\"nx\"", "country" },
		{ "\"country\":\"NX\"", "\"country\":\"N\"", "country" },
		{ "\"country\":\"NX\"", "\"country\":\"NXX\"", "country" },
		{ "\"exercise\":false", "\"exercise\":\"no\"", "exercise" },
		{ "\"exercise\":false,", "", "exercise" },
		{ "https://node", "http://node", "endpoints" },
		{ "\"endpoints\":[", "\"endpoints\":[1,", "endpoints" },
		{ "example:4590", "example:4590/", "endpoints" },
		{ "\"log\":\"E", "\"log\":\"!", "log" },
		{ "\"log\":\"ERER", "\"log\":\"", "log" },
		{ "every entry below", "some entry below",
		    "mirror-statement" },
		{ "\"mirror-statement\"", "\"mirror-promise\"",
		    "mirror-statement" },
		{ "north.example/mirror", "north.example/monitor", "mirror" },
		{ "\"seal\":\"MII", "\"seal\":\"II", "seal" },
		{ "\"tls\":[\"", "\"tls\":[\"0", "tls" },
		{ "\"tls\":", "\"anchors\":[\"?\"],\"tls\":", "anchors" },
		{ "\"tls\":", "\"tls\":[],\"lts\":", "tls" },
		{ "\"at\":\"2026-", "\"at\":\"26-", "at" },
		{ "{", "[{", "" },
		/* clang-format on */
	};
	const char *content;
	struct desk desk;

	desk_init(&desk);
	content = content_of(&desk);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct error err = { .code = E_NONE };
		struct card *got = NULL;

		tap_note("%s", wrong[i].to);
		check(card_read(&got,
			  span_text(replaced(&desk, content, wrong[i].from,
			      wrong[i].to)),
			  desk.arena, &err) == -1);
		check_int(err.code, E_CARD);
		check(strncmp(err.detail, wrong[i].named,
			  strlen(wrong[i].named)) == 0);
		check(got == NULL);
	}
	desk_clear(&desk);
}

TEST(the_mirror_key_is_of_type_04_with_its_own_id_and_no_other_role)
{
	const char *name = "cert.north.example/mirror";
	struct desk desk;

	desk_init(&desk);
	check(*content_of(&desk) != '\0');
	desk.card.mirror = vkey(desk.arena, name, 1, 0x22);
	check_str(content_of(&desk), "");
	desk.card.mirror = vkey(desk.arena, name, 4, 0x11);
	check_str(content_of(&desk), "");
	desk.card.mirror = span_text(
	    replaced(&desk, (const char *)vkey(desk.arena, name, 4, 0x22).ptr,
		"mirror+", "mirror+0"));
	check_str(content_of(&desk), "");
	desk_clear(&desk);
}

TEST(a_card_keeps_within_its_limits)
{
	struct desk desk;

	desk_init(&desk);
	desk.card.endpoints_n = 0;
	check_str(content_of(&desk), "");
	desk.card.endpoints_n = CARD_ENDPOINTS_MAX + 1;
	check_str(content_of(&desk), "");
	desk.card.endpoints_n = 1;
	desk.card.tls_n = 0;
	check_str(content_of(&desk), "");
	desk.card.tls_n = 2;
	check(*content_of(&desk) != '\0');
	desk.card.anchors[0] = desk.card.seal;
	desk.card.anchors_n = 1;
	check(strstr(content_of(&desk), "\"anchors\":[\"MII") != NULL);
	desk.card.encryption = desk.card.seal;
	check_str(content_of(&desk), "");
	desk_clear(&desk);
}

TEST(a_card_sealed_otherwise_than_it_says_is_refused)
{
	struct seal_key *other = make_key(SEAL_ROLE_SEAL, "other");
	struct span other_der = certificate_der(seal_key_certificate(other));
	const char *content;
	struct card *got;
	struct desk desk;
	struct error err;

	desk_init(&desk);
	content = content_of(&desk);
	check(open_text(&got, &desk, file_of(&desk, content, AT, other_der),
		  &err) == -1);
	check_int(error_fault(err.code), FAULT_PEER);
	check(err.code != E_CARD);

	check(open_text(&got, &desk,
		  file_of(&desk, content, AT + 1, desk.card.seal), &err) == -1);
	check_str(err.detail, "at: not the time of signing");

	desk.card.seal = other_der;
	content = content_of(&desk);
	desk.card.seal = certificate_der(seal_key_certificate(desk.seal));
	check(open_text(&got, &desk,
		  file_of(&desk, content, AT, desk.card.seal), &err) == -1);
	check_str(err.detail, "seal: not the certificate beside it");
	seal_key_free(other);
	desk_clear(&desk);
}

TEST(no_key_serves_two_roles)
{
	struct card *got;
	struct desk desk;
	struct error err;

	desk_init(&desk);
	desk.card.tls[0] = certificate_spki(seal_key_certificate(desk.seal));
	check(open_text(&got, &desk,
		  file_of(&desk, content_of(&desk), AT, desk.card.seal),
		  &err) == -1);
	check_str(err.detail, "tls: a key of another role");

	desk.card.tls[0] = certificate_spki(seal_key_certificate(desk.tls));
	desk.card.encryption = certificate_der(seal_key_certificate(desk.tls));
	check(open_text(&got, &desk,
		  file_of(&desk, content_of(&desk), AT, desk.card.seal),
		  &err) == -1);
	check_int(err.code, E_CERTIFICATE);
	desk_clear(&desk);
}

TEST(armour_is_read_in_its_one_form)
{
	static const struct {
		const char *from, *to;
	} wrong[] = {
		/* clang-format off */
		{ "-----BEGIN CERTIFICATE-----", "" },
		{ "-----BEGIN CERTIFICATE-----", "-----BEGIN CMS-----" },
		{ "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE----" },
		{ "-----BEGIN CERTIFICATE-----",
		    "see -----BEGIN CERTIFICATE-----" },
		{ "-----END CERTIFICATE-----", "" },
		{ "-----END CERTIFICATE-----\n", "" },
		{ "-----END CMS-----\n", "" },
		{ "-----END CMS-----\n", "-----END CMS-----\nmore" },
		{ "-----BEGIN CMS-----\n", "-----BEGIN CMS-----\n\n" },
		{ "-----BEGIN CMS-----\n", "-----BEGIN CMS-----\nMII\n" },
		{ "-----BEGIN CMS-----\nMII", "-----BEGIN CMS-----\nMI " },
		{ "-----BEGIN CMS-----\nM", "-----BEGIN CMS-----\nMM" },
		/* clang-format on */
	};
	struct span certificate, cms;
	const char *file;
	struct desk desk;
	struct error err;

	desk_init(&desk);
	file = file_of(&desk, content_of(&desk), AT, desk.card.seal);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		tap_note("%s", wrong[i].to);
		err.code = E_NONE;
		check(card_unarmour(&certificate, &cms,
			  span_text(replaced(&desk, file, wrong[i].from,
			      wrong[i].to)),
			  desk.arena, &err) == -1);
		check_int(err.code, E_CARD);
	}
	check(card_unarmour(&certificate, &cms, span_text(""), desk.arena,
		  &err) == -1);
	desk_clear(&desk);
}

TEST(endpoints_are_https_with_host_and_port)
{
	static const struct {
		const char *url, *host;
		int port;
	} urls[] = {
		/* clang-format off */
		{ "https://a:1",                  "a",           1 },
		{ "https://node.example:65535",   "node.example", 65535 },
		{ "https://192.0.2.1:4590",       "192.0.2.1",   4590 },
		{ "https://[2001:db8::1]:4590",   "2001:db8::1", 4590 },
		{ "https://node.example",         NULL, 0 },
		{ "https://node.example:",        NULL, 0 },
		{ "https://node.example:0",       NULL, 0 },
		{ "https://node.example:080",     NULL, 0 },
		{ "https://node.example:65536",   NULL, 0 },
		{ "https://node.example:99999",   NULL, 0 },
		{ "https://node.example:1a",      NULL, 0 },
		{ "https://node.example:1/",      NULL, 0 },
		{ "https://:1",                   NULL, 0 },
		{ "https://a@b:1",                NULL, 0 },
		{ "https://a b:1",                NULL, 0 },
		{ "https://a..b:1",               NULL, 0 },
		{ "https://a.-b:1",               NULL, 0 },
		{ "https://a-.b:1",               NULL, 0 },
		{ "https://Node:1",               NULL, 0 },
		{ "https://[node]:1",             NULL, 0 },
		{ "https://[::1:1",               NULL, 0 },
		{ "https://[::1]1",               NULL, 0 },
		{ "https://[::1]",                NULL, 0 },
		{ "https://[]:1",                 NULL, 0 },
		{ "https://[",                     NULL, 0 },
		{ "https://::1:1",                NULL, 0 },
		{ "HTTPS://a:1",                  NULL, 0 },
		{ "https:/a:1",                   NULL, 0 },
		{ "https://",                     NULL, 0 },
		{ "",                             NULL, 0 },
		/* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		struct card_endpoint got;
		struct error err;
		int rc =
		    card_endpoint_parse(&got, span_text(urls[i].url), &err);

		tap_note("%s", urls[i].url);
		check(rc == (urls[i].host == NULL ? -1 : 0));
		if (rc == 0 && urls[i].host != NULL) {
			check(span_is_text(got.host, urls[i].host));
			check_int(got.port, urls[i].port);
		}
	}
}

TEST(parties_are_named_like_hosts)
{
	static const struct {
		const char *name;
		bool is_good;
	} names[] = {
		/* clang-format off */
		{ "cert.north.example", true },
		{ "a.b",                true },
		{ "xn--p1ai.example",   true },
		{ "1.2",                true },
		{ "north",              false },
		{ "ab",                 false },
		{ "a.",                 false },
		{ ".ab",                false },
		{ "a..b",               false },
		{ "a.-b",               false },
		{ "a-.b",               false },
		{ "a.b-",               false },
		{ "A.b",                false },
		{ "a/b.c",              false },
		{ "a+b.c",              false },
		{ "a b.c",              false },
		{ "a_b.c",              false },
		{ "a\xc3\xa9.b",        false },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaa",            true },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaa",           false },
		/* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct error err;

		tap_note("%s", names[i].name);
		check((card_check_party(span_text(names[i].name), &err) == 0) ==
		    names[i].is_good);
	}
}

TEST(fingerprints_are_shown_in_groups_and_read_as_people_type_them)
{
	char text[CARD_FINGERPRINT_TEXT_MAX];
	struct hash hash = { { 0xab, 0x12, 0xcd, 0x34 } }, got;
	struct error err;

	hash.bytes[31] = 0x9f;
	card_fingerprint_write(&hash, text);
	check_str(text,
	    "ab12 cd34 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 "
	    "0000 0000 009f");
	require(card_fingerprint_parse(&got, span_text(text), &err) == 0);
	check(hash_is_equal(&got, &hash));
	require(card_fingerprint_parse(&got,
		    span_text("AB:12:CD:34:00:00:00:00:00:00:00:00:00:00:00:00:"
			      "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
			      "9F"),
		    &err) == 0);
	check(hash_is_equal(&got, &hash));

	check(card_fingerprint_parse(&got, span_text("ab12 cd34"), &err) == -1);
	check_int(err.code, E_CARD_FINGERPRINT);
	check(card_fingerprint_parse(&got,
		  span_text("ab12cd3400000000000000000000000000000000000000000"
			    "00000000000009f0"),
		  &err) == -1);
	check(card_fingerprint_parse(&got,
		  span_text("xb12cd3400000000000000000000000000000000000000000"
			    "00000000000009f"),
		  &err) == -1);
}
