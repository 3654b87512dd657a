#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/error.h"
#include "formats/card.h"
#include "formats/json.h"
#include "seal/digest.h"

#define HTTPS "https://"
#define HOST_MAX ((size_t)253)
#define MIRROR_MAX ((size_t)200)
#define MIRROR_TYPE 0x04 /* C2SP tlog-cosignature, Ed25519 */
#define PORT_MAX 65535

static bool
is_letter_or_digit(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Lower-case labels between dots (RFC 952, 1123), none empty. */
static bool
is_host(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.ptr[i];
		bool is_inner = i > 0 && i + 1 < name.len;

		if (is_letter_or_digit(c))
			continue;
		if ((c != '-' && c != '.') || !is_inner)
			return false;
		/* both sides of a dot are a letter or a digit */
		if (c == '.' && !is_letter_or_digit(name.ptr[i + 1]))
			return false;
		if (c == '-' && name.ptr[i + 1] == '.')
			return false;
	}
	return name.len > 0;
}

int
card_check_party(struct span party, struct error *err)
{
	if (party.len < CARD_PARTY_MIN || party.len > CARD_PARTY_MAX)
		return error_set(err, E_CARD, "party: not %zu to %zu bytes",
		    CARD_PARTY_MIN, CARD_PARTY_MAX);
	if (!is_host(party) || span_find(party, '.') == party.len)
		return error_set(err, E_CARD,
		    "party: not a name like cert.north.example");
	return 0;
}

/* 1 to 65535, no leading zero. */
static bool
is_port(uint16_t *out, struct span digits)
{
	unsigned port = 0;

	if (digits.len == 0 || digits.len > 5 || digits.ptr[0] == '0')
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return false;
		port = port * 10 + (unsigned)(digits.ptr[i] - '0');
	}
	if (port > PORT_MAX)
		return false;
	*out = (uint16_t)port;
	return true;
}

static bool
is_address6(struct span text)
{
	char copy[INET6_ADDRSTRLEN] = "";
	struct in6_addr address;

	if (text.len == 0 || text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.ptr, text.len);
	return inet_pton(AF_INET6, copy, &address) == 1;
}

/* Take the host from the start of ${rest}, an IPv6 address in brackets. */
static bool
take_host(struct span *out, struct span *rest)
{
	bool is_bracketed = rest->len > 0 && rest->ptr[0] == '[';

	if (is_bracketed)
		*rest = span_skip(*rest, 1);
	*out = span_of(rest->ptr, span_find(*rest, is_bracketed ? ']' : ':'));
	*rest = span_skip(*rest, out->len + (is_bracketed ? 1 : 0));
	if (out->len > HOST_MAX)
		return false;
	return is_bracketed ? is_address6(*out) : is_host(*out);
}

int
card_endpoint_parse(struct card_endpoint *out, struct span url,
    struct error *err)
{
	struct span rest = span_skip(url, strlen(HTTPS));

	if (url.len > CARD_ENDPOINT_MAX ||
	    !span_has_prefix(url, span_text(HTTPS)) ||
	    !take_host(&out->host, &rest) || rest.len == 0 ||
	    rest.ptr[0] != ':' || !is_port(&out->port, span_skip(rest, 1)))
		return error_set(err, E_CARD,
		    "endpoints: not https://host:port");
	return 0;
}

/* The text member ${name}, copied into ${arena}. */
static int
read_text(struct span *out, const struct json_reader *in, const char *name,
    size_t max, struct arena *arena, struct error *err)
{
	struct span text;

	if (json_get_text(&text, in, name, JSON_REQUIRED, max, err) == -1)
		return -1;
	*out = arena_copy(arena, text);
	return 0;
}

static int
read_certificate(struct span *out, const struct json_reader *in,
    const char *name, struct arena *arena, struct error *err)
{
	if (json_get_base64(out, in, name, JSON_REQUIRED, arena, err) == -1)
		return -1;
	if (out->len > CARD_CERTIFICATE_MAX)
		return error_set(err, E_CARD, "%s: too long", name);
	return 0;
}

static int
read_key(uint8_t out[CARD_KEY_BYTES], const struct json_reader *in,
    const char *name, struct arena *arena, struct error *err)
{
	struct span key;

	if (json_get_base64(&key, in, name, JSON_REQUIRED, arena, err) == -1)
		return -1;
	if (key.len != CARD_KEY_BYTES)
		return error_set(err, E_CARD, "%s: not 32 bytes", name);
	memcpy(out, key.ptr, CARD_KEY_BYTES);
	return 0;
}

/*
 * The mirror's verifier key (C2SP signed-note): NAME+ID+base64 of type and
 * key, where ID is the start of SHA-256(NAME, newline, type, key).
 */
static int
check_mirror(struct card *card, struct arena *arena, struct error *err)
{
	char *name = arena_printf(arena, "%.*s/mirror", (int)card->party.len,
	    (const char *)card->party.ptr);
	struct span rest = card->mirror, typed;
	struct error why;
	struct hash id;

	if (!span_has_prefix(rest, span_text(arena_printf(arena, "%s+", name))))
		return error_set(err, E_CARD, "mirror: not named %s", name);
	rest = span_skip(rest, strlen(name) + 1);
	if (rest.len < 9 || rest.ptr[8] != '+' ||
	    decode_base64(&typed, span_skip(rest, 9), arena, &why) == -1 ||
	    typed.len != 1 + CARD_KEY_BYTES || typed.ptr[0] != MIRROR_TYPE)
		return error_set(err, E_CARD,
		    "mirror: not a verifier key of type 04");

	id = digest_parts((const struct span[]){ span_text(name),
			      span_text("\n"), typed },
	    3);
	if (!span_is_text(span_of(rest.ptr, 8),
		encode_hex_text(arena, span_of(id.bytes, 4))))
		return error_set(err, E_CARD, "mirror: wrong key ID");
	memcpy(card->mirror_key, typed.ptr + 1, CARD_KEY_BYTES);
	return 0;
}

static int
read_party(struct card *card, const struct json_reader *in, struct arena *arena,
    struct error *err)
{
	int64_t version;

	if (json_get_integer(&version, in, "v", JSON_REQUIRED, CARD_VERSION,
		CARD_VERSION, err) == -1 ||
	    read_text(&card->party, in, "party", CARD_PARTY_MAX, arena, err) ==
		-1 ||
	    card_check_party(card->party, err) == -1 ||
	    read_text(&card->country, in, "country", 2, arena, err) == -1)
		return -1;
	if (card->country.len != 2 || card->country.ptr[0] < 'A' ||
	    card->country.ptr[0] > 'Z' || card->country.ptr[1] < 'A' ||
	    card->country.ptr[1] > 'Z')
		return error_set(err, E_CARD, "country: not two capitals");
	if (json_get_flag(&card->is_exercise, in, "exercise", JSON_REQUIRED,
		err) == -1)
		return -1;
	return json_get_instant(&card->at, in, "at", JSON_REQUIRED, err);
}

static int
read_endpoints(struct card *card, const struct json_reader *in,
    struct arena *arena, struct error *err)
{
	struct card_endpoint endpoint;
	struct json_list list;

	if (json_get_list(&list, in, "endpoints", JSON_REQUIRED,
		CARD_ENDPOINTS_MAX, err) == -1)
		return -1;
	if (list.n == 0)
		return error_set(err, E_CARD, "endpoints: empty");
	for (size_t i = 0; i < list.n; i++) {
		struct span url;

		if (json_list_text(&url, &list, i, CARD_ENDPOINT_MAX, err) ==
			-1 ||
		    card_endpoint_parse(&endpoint, url, err) == -1)
			return -1;
		card->endpoints[i] = arena_copy(arena, url);
	}
	card->endpoints_n = (unsigned)list.n;
	return 0;
}

static int
read_anchors(struct card *card, const struct json_reader *in,
    struct arena *arena, struct error *err)
{
	struct json_list list = { .n = 0 };

	if (json_get_list(&list, in, "anchors", JSON_OPTIONAL, CARD_ANCHORS_MAX,
		err) == -1)
		return -1;
	for (size_t i = 0; i < list.n; i++) {
		struct error why;
		struct span text;

		if (json_list_text(&text, &list, i, CARD_CONTENT_MAX, err) ==
		    -1)
			return -1;
		if (decode_base64(&card->anchors[i], text, arena, &why) == -1)
			return error_set(err, E_CARD, "anchors: not base64");
		if (card->anchors[i].len > CARD_CERTIFICATE_MAX)
			return error_set(err, E_CARD, "anchors: too long");
	}
	card->anchors_n = (unsigned)list.n;
	return 0;
}

static int
read_pins(struct card *card, const struct json_reader *in, struct error *err)
{
	struct json_list list;

	if (json_get_list(&list, in, "tls", JSON_REQUIRED, CARD_TLS_MAX, err) ==
	    -1)
		return -1;
	if (list.n == 0)
		return error_set(err, E_CARD, "tls: empty");
	for (size_t i = 0; i < list.n; i++) {
		if (json_list_hash(&card->tls[i], &list, i, err) == -1)
			return -1;
	}
	card->tls_n = (unsigned)list.n;
	return 0;
}

static int
read_keys(struct card *card, const struct json_reader *in, struct arena *arena,
    struct error *err)
{
	if (read_key(card->log, in, "log", arena, err) == -1 ||
	    read_text(&card->mirror, in, "mirror", MIRROR_MAX, arena, err) ==
		-1 ||
	    check_mirror(card, arena, err) == -1 ||
	    read_certificate(&card->seal, in, "seal", arena, err) == -1 ||
	    read_certificate(&card->encryption, in, "encryption", arena, err) ==
		-1)
		return -1;
	if (memcmp(card->log, card->mirror_key, CARD_KEY_BYTES) == 0 ||
	    span_is_equal(card->seal, card->encryption))
		return error_set(err, E_CARD, "one key for two roles");
	return 0;
}

static int
check_statement(const struct json_reader *in, struct error *err)
{
	struct span text;

	if (json_get_text(&text, in, "mirror-statement", JSON_REQUIRED,
		CARD_CONTENT_MAX, err) == -1)
		return -1;
	if (!span_is_text(text, CARD_MIRROR_STATEMENT))
		return error_set(err, E_CARD,
		    "mirror-statement: not word for word");
	return 0;
}

int
card_read(struct card **out, struct span content, struct arena *arena,
    struct error *err)
{
	struct card *card = arena_alloc(arena, sizeof(*card));
	struct json_reader in;
	struct json *json = NULL;
	int rc = -1;

	if (json_read(&json, content, CARD_CONTENT_MAX, E_CARD, err) == -1 ||
	    json_reader_of(&in, json, "", E_CARD, err) == -1 ||
	    read_party(card, &in, arena, err) == -1 ||
	    read_endpoints(card, &in, arena, err) == -1 ||
	    read_keys(card, &in, arena, err) == -1 ||
	    read_anchors(card, &in, arena, err) == -1 ||
	    read_pins(card, &in, err) == -1 || check_statement(&in, err) == -1)
		goto out;
	*out = card;
	rc = 0;
out:
	json_free(json);
	return rc;
}

struct card *
card_copy(const struct card *card, struct arena *arena)
{
	struct card *copy = arena_alloc(arena, sizeof(*copy));

	*copy = *card;
	copy->party = arena_copy(arena, card->party);
	copy->country = arena_copy(arena, card->country);
	copy->mirror = arena_copy(arena, card->mirror);
	copy->seal = arena_copy(arena, card->seal);
	copy->encryption = arena_copy(arena, card->encryption);
	for (unsigned i = 0; i < card->endpoints_n; i++)
		copy->endpoints[i] = arena_copy(arena, card->endpoints[i]);
	for (unsigned i = 0; i < card->anchors_n; i++)
		copy->anchors[i] = arena_copy(arena, card->anchors[i]);
	return copy;
}
