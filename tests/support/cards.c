#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "formats/card.h"
#include "ledger/note.h"
#include "seal/certificate.h"
#include "seal/seal.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/cards.h"

static struct span
der_of(const struct seal_key *key)
{
	return certificate_der(seal_key_certificate(key));
}

void
cards_content(struct buf *out, enum identity_name name)
{
	const struct identity *id = identity_of(name);
	struct card card = {
		.party = span_text(id->party),
		.country = span_text(id->country),
		.endpoints = { span_text("https://127.0.0.1:4590") },
		.endpoints_n = 1,
		.seal = der_of(id->seal),
		.encryption = der_of(id->encryption),
		.tls = { certificate_spki(seal_key_certificate(id->tls)) },
		.tls_n = 1,
		.is_exercise = true,
		.at = instant_of(IDENTITIES_NOW_S),
	};
	struct arena *arena = arena_new();
	struct note_key mirror;
	struct error err;
	struct buf vkey;

	mirror = note_key_of(NOTE_KEY_COSIGNER,
	    span_text(arena_printf(arena, "%s/mirror", id->party)),
	    id->mirror_public);
	buf_init(&vkey, NOTE_VKEY_MAX);
	note_key_write(&vkey, &mirror);
	card.mirror = buf_span(&vkey);
	memcpy(card.log, id->log_public, sizeof(card.log));
	fuzz_done(card_write(out, &card, &err), &err);
	buf_clear(&vkey);
	arena_free(arena);
}

void
cards_file(struct buf *out, enum identity_name name, struct span content)
{
	const struct identity *id = identity_of(name);
	struct arena *arena = arena_new();
	struct error err;
	struct span der;

	fuzz_done(seal_sign(&der, content, id->seal,
		      instant_of(IDENTITIES_NOW_S), arena, &err),
	    &err);
	card_armour(out, der_of(id->seal), der);
	arena_free(arena);
}
