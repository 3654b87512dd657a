#include "base/arena.h"
#include "base/encode.h"
#include "base/error.h"
#include "docket/lodge.h"
#include "keeper/keeper.h"
#include "store/store.h"
#include "tests/sim/letters.h"
#include "tests/sim/world.h"

/* Of one world: a keeper has room for so many. */
#define RENEWED_MAX 24

static void
set_word(struct record *record, enum member member, const enum word *word)
{
	record->facts[member - kind_first_member(record->kind)] =
	    (struct fact){ .is_given = true, .n = 1, .words = word };
}

static void
set_text(struct record *record, enum member member, struct span text)
{
	record->facts[member - kind_first_member(record->kind)] =
	    (struct fact){ .is_given = true, .n = 1, .text = text };
}

/* A key that was made before and came to nothing is taken again. */
static int
write_credential(struct world *world, struct node *node, struct draft *draft,
    struct hash *leaf, struct arena *arena, struct error *err)
{
	static const enum word seal = WORD_KEY_USE_SEAL,
			       mirror = WORD_KEY_USE_MIRROR,
			       renewed = WORD_CHANGE_NEW,
			       stolen = WORD_CHANGE_COMPROMISED;
	struct keeper_public *keys = arena_alloc(arena, sizeof(*keys));
	bool is_mirror = rng_chance(&world->rng, 70);
	bool is_stolen = rng_chance(&world->rng, 50);
	struct record *record = &draft->record;
	struct span content, bytes;
	unsigned number;

	if (keeper_renew(node->keeper, is_mirror ? KEEPER_MIRROR : KEEPER_SEAL,
		node_now(node), instant_of(4102444800), &number, err) == -1)
		return -1;
	keeper_public(node->keeper, keys, arena);
	bytes = keeper_key_newest(keys, is_mirror ? KEEPER_MIRROR : KEEPER_SEAL)
		    ->bytes;
	record->kind = KIND_CREDENTIAL;
	record->by = WORD_ROLE_SYSTEM_ADMINISTRATOR;
	set_word(record, MEMBER_CREDENTIAL_USE, is_mirror ? &mirror : &seal);
	set_word(record, MEMBER_CREDENTIAL_CHANGE,
	    is_stolen ? &stolen : &renewed);
	if (is_mirror)
		set_text(record, MEMBER_CREDENTIAL_KEY, bytes);
	else
		set_text(record, MEMBER_CREDENTIAL_CERTIFICATE,
		    span_text(encode_base64_text(arena, bytes)));
	record->facts[MEMBER_CREDENTIAL_SINCE - MEMBER_CREDENTIAL_CHANGE] =
	    (struct fact){ .is_given = is_stolen,
		    .n = 1,
		    .instant = world->now };
	if (docket_prepare(node->docket, draft, node_now(node), &content, arena,
		err) == -1)
		return -1;
	return letters_seal(node, content, leaf, err);
}

void
world_renew(struct world *world, struct node *node)
{
	struct arena *arena = arena_new();
	struct draft draft = {
		.peer = span_text(world->nodes[node == world->nodes].party),
	};
	struct error err;
	struct hash leaf;

	if (!node->is_up || world->renewed >= RENEWED_MAX)
		goto out;
	world->renewed++;
	if (store_begin(node->store, &err) == -1 ||
	    write_credential(world, node, &draft, &leaf, arena, &err) == -1)
		node_failed(node, &err);
	else
		world->lodged++;
out:
	arena_free(arena);
}
