#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/arena.h"
#include "base/error.h"
#include "docket/cases.h"
#include "docket/deliver.h"
#include "docket/docket.h"
#include "formats/card.h"
#include "node/calls.h"
#include "node/home.h"
#include "node/registrar_parts.h"
#include "proc/clock.h"
#include "store/delivery.h"
#include "store/log.h"
#include "store/party.h"

#define STATUS_VERSION "0.1"

static void
set_size(struct json *out, const char *name, uint64_t value)
{
	json_set_integer(out, name,
	    value > (uint64_t)JSON_INTEGER_MAX ? JSON_INTEGER_MAX :
						 (int64_t)value);
}

static void
disk_json(struct calling *c)
{
	const struct node_home *home = c->r->parts.home;
	struct json *disk = json_object_new();
	struct statvfs fs;
	struct stat st;

	if (statvfs(home->data, &fs) == 0)
		set_size(disk, "free", (uint64_t)fs.f_bavail * fs.f_frsize);
	if (stat(home->database, &st) == 0)
		set_size(disk, "used", (uint64_t)st.st_size);
	json_set_json(c->out, "disk", disk);
}

static void
clock_json(struct calling *c)
{
	struct json *clock = json_object_new();

	json_set_instant(clock, "now", c->now);
	json_set_flag(clock, "scripted", c->r->parts.clock->fd != -1);
	json_set_json(c->out, "clock", clock);
}

/* Lines, as the supervisor told them. */
static void
sandbox_json(struct calling *c)
{
	struct json *list = json_array_new();
	struct span rest = c->r->sandbox;

	while (rest.len > 0) {
		size_t end = span_find(rest, '\n');

		json_add_text(list, span_of(rest.ptr, end));
		rest = span_skip(rest, end == rest.len ? end : end + 1);
	}
	json_set_json(c->out, "sandbox", list);
}

static void
error_json(struct json *out, const struct delivery_state *state,
    const struct delivery_row *row)
{
	if (state->last_error == E_NONE)
		return;
	json_set_word(out, "error", error_name(state->last_error));
	json_set_word(out, "error-text", error_text(state->last_error));
	json_set_word(out, "fault",
	    error_fault_name(error_fault(state->last_error)));
	json_set_text(out, "detail", row->last_detail);
}

static int
peer_json(struct calling *c, const struct card *peer, struct json *list,
    struct error *err)
{
	struct json *one = json_object_new();
	const struct card *self = docket_self(c->docket);
	struct delivery_state state;
	struct delivery_row *row;
	struct hash known;

	json_add_json(list, one);
	if (docket_delivery(c->docket, peer->party, &state, c->arena, err) ==
		-1 ||
	    store_delivery_get(c->store, peer->party, &row, c->arena, err) ==
		-1)
		return -1;
	json_set_text(one, "party", peer->party);
	json_set_flag(one, "reachable",
	    state.failures == 0 && state.last_ok.s != 0);
	if (state.last_ok.s != 0)
		json_set_instant(one, "last-ok", state.last_ok);
	json_set_integer(one, "failures", state.failures);
	if (state.failures > 0)
		json_set_instant(one, "next-try", state.next_try);
	error_json(one, &state, row);
	set_size(one, "entries", state.size);
	set_size(one, "signed", state.head);
	set_size(one, "delivered", state.mirrored);
	set_size(one, "held", state.held);
	set_size(one, "held-signed", state.theirs_mirrored);
	set_size(one, "documents-undelivered", state.documents);
	json_set_flag(one, "forked", state.is_forked);
	json_set_flag(one, "checked", state.is_checked);
	json_set_flag(one, "held-back", state.is_held_back);
	json_set_flag(one, "tail-lost", state.is_tail_lost);
	set_size(one, "documents-lost", state.documents_lost);
	json_set_integer(one, "epoch", state.epoch);
	if (docket_pin_for(c->docket, peer->party, &known, err) == -1)
		return -1;
	json_set_flag(one, "waited-for",
	    !hash_is_equal(&known, &self->tls[self->tls_n - 1]));
	return 0;
}

static int
tally_json(struct calling *c, struct error *err)
{
	struct json *cases = json_object_new();
	struct cases_tally tally = { .open = 0 };

	json_set_json(c->out, "cases", cases);
	if (docket_cases_tally(c->docket, c->now, &tally, err) == -1)
		return -1;
	set_size(cases, "open", tally.open);
	set_size(cases, "awaiting-us", tally.awaiting[CASES_US]);
	set_size(cases, "overdue-us", tally.overdue[CASES_US]);
	set_size(cases, "awaiting-them", tally.awaiting[CASES_THEM]);
	set_size(cases, "overdue-them", tally.overdue[CASES_THEM]);
	set_size(cases, "undelivered", tally.undelivered);
	return 0;
}

int
call_status(struct calling *c, struct error *err)
{
	size_t n = docket_peers(c->docket, NULL, 0);
	const struct card **peers = arena_array(c->arena, n, sizeof(*peers));
	const struct card *self = docket_self(c->docket);
	struct json *list = json_array_new();

	calling_settle(c);
	json_set_text(c->out, "party", self->party);
	json_set_text(c->out, "country", self->country);
	json_set_flag(c->out, "exercise", self->is_exercise);
	json_set_word(c->out, "version", STATUS_VERSION);
	json_set_flag(c->out, "restored", c->r->is_restored);
	json_set_flag(c->out, "failing", c->r->is_alarmed);
	clock_json(c);
	sandbox_json(c);
	disk_json(c);
	json_set_json(c->out, "peers", list);
	docket_peers(c->docket, peers, n);
	for (size_t i = 0; i < n; i++)
		if (peer_json(c, peers[i], list, err) == -1)
			return -1;
	return tally_json(c, err);
}

/* The keys of the peer in force: of its card, as its log has changed them. */
static int
keys_json(struct calling *c, struct span peer, struct json *one,
    struct error *err)
{
	struct json *mirrors = json_array_new(), *pins = json_array_new();
	struct docket_shown keys;

	json_set_json(one, "mirror", mirrors);
	json_set_json(one, "tls", pins);
	if (docket_keys_shown(c->docket, peer, &keys, c->arena, err) == -1)
		return -1;
	json_set_hash(one, "seal", &keys.seal);
	for (size_t i = 0; i < keys.mirrors_n; i++)
		json_add_text(mirrors, keys.mirrors[i]);
	for (unsigned i = 0; i < keys.pins_n; i++)
		json_add_hash(pins, &keys.pins[i]);
	return 0;
}

static int
card_json(struct calling *c, const struct card *card, struct json *list,
    struct error *err)
{
	char text[CARD_FINGERPRINT_TEXT_MAX];
	struct json *one = json_object_new();
	struct json *endpoints = json_array_new();
	struct log_row *own, *theirs;
	struct party_row *party;

	json_add_json(list, one);
	json_set_text(one, "party", card->party);
	json_set_text(one, "country", card->country);
	json_set_hash(one, "fingerprint", &card->fingerprint);
	json_set_word(one, "fingerprint-text",
	    card_fingerprint_write(&card->fingerprint, text));
	json_set_flag(one, "exercise", card->is_exercise);
	for (unsigned i = 0; i < card->endpoints_n; i++)
		json_add_text(endpoints, card->endpoints[i]);
	json_set_json(one, "endpoints", endpoints);
	if (store_party_find(c->store, card->party, &party, c->arena, err) ==
		-1 ||
	    store_log_of(c->store, card->party, true, &own, c->arena, err) ==
		-1 ||
	    store_log_of(c->store, card->party, false, &theirs, c->arena,
		err) == -1)
		return -1;
	if (party == NULL || own == NULL || theirs == NULL)
		return error_set(err, E_STORE_CORRUPT, "half a docket");
	json_set_instant(one, "added", party->added_at);
	json_set_text(one, "own-log", own->origin);
	json_set_text(one, "their-log", theirs->origin);
	return keys_json(c, card->party, one, err);
}

int
call_peers(struct calling *c, struct error *err)
{
	size_t n = docket_peers(c->docket, NULL, 0);
	const struct card **peers = arena_array(c->arena, n, sizeof(*peers));
	struct json *list = json_array_new();

	json_set_json(c->out, "peers", list);
	docket_peers(c->docket, peers, n);
	for (size_t i = 0; i < n; i++)
		if (card_json(c, peers[i], list, err) == -1)
			return -1;
	return 0;
}
