#include <stdlib.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "docket/documents.h"
#include "docket/lodge.h"
#include "docket/reopen.h"
#include "keeper/keeper.h"
#include "seal/digest.h"
#include "store/store.h"
#include "tests/sim/letters.h"
#include "tests/sim/world.h"

static struct fact *
fact_of(struct record *record, enum member member)
{
	return &record->facts[member - kind_first_member(record->kind)];
}

static void
set_word(struct record *record, enum member member, enum word word,
    struct arena *arena)
{
	enum word *words = arena_alloc(arena, sizeof(*words));

	*words = word;
	*fact_of(record, member) =
	    (struct fact){ .is_given = true, .n = 1, .words = words };
}

static enum word
any_word(struct rng *rng, enum vocabulary vocabulary)
{
	return vocabulary_first(vocabulary) +
	    (enum word)rng_below(rng, vocabulary_size(vocabulary));
}

/* Every coded member that the kind needs, and sometimes the others. */
static void
fill_facts(struct world *world, struct record *record, struct arena *arena)
{
	enum member first = kind_first_member(record->kind);

	for (unsigned i = 0; i < kind_members(record->kind); i++) {
		const struct member_row *row = member_row(first + i);

		if (row->occurs == OCCURS_OPTIONAL &&
		    rng_chance(&world->rng, 50))
			continue;
		switch (row->type) {
		case MEMBER_WORD:
		case MEMBER_WORDS:
			set_word(record, first + i,
			    any_word(&world->rng, row->vocabulary), arena);
			break;
		case MEMBER_INSTANT:
			record->facts[i] = (struct fact){ .is_given = true,
				.n = 1,
				.instant = instant_add(world->now,
				    period_of((int64_t)rng_below(&world->rng,
					864000))) };
			break;
		case MEMBER_FLAG:
			record->facts[i] = (struct fact){ .is_given = true,
				.n = 1,
				.flag = rng_chance(&world->rng, 70) };
			break;
		case MEMBER_HASH:
		case MEMBER_HASHES:
		case MEMBER_TEXT:
			break;
		}
	}
}

/* What needs each other: a denial a reason, pending a date. */
static void
complete_facts(struct world *world, struct record *record, struct arena *arena)
{
	if (record->kind != KIND_DECISION)
		return;
	set_word(record, MEMBER_DECISION_REASON,
	    any_word(&world->rng, VOCABULARY_REASON), arena);
	*fact_of(record, MEMBER_DECISION_UNTIL) = (struct fact){
		.is_given = true,
		.n = 1,
		.instant = instant_add(world->now, period_of(86400)),
	};
	if (record_word(record, MEMBER_DECISION_DECISION) !=
	    WORD_DECISION_DENIED)
		fact_of(record, MEMBER_DECISION_REASON)->is_given = false;
	if (record_word(record, MEMBER_DECISION_DECISION) !=
	    WORD_DECISION_PENDING)
		fact_of(record, MEMBER_DECISION_UNTIL)->is_given = false;
}

static int
add_document(struct world *world, struct node *node, struct draft *draft,
    enum word role, size_t size, struct arena *arena, struct error *err)
{
	struct document *documents = arena_array(arena,
	    draft->record.documents_n + 1, sizeof(*documents));
	struct document *added = &documents[draft->record.documents_n];
	uint8_t *bytes = arena_alloc(arena, size);

	for (unsigned i = 0; i < draft->record.documents_n; i++)
		documents[i] = draft->record.documents[i];
	rng_fill(&world->rng, bytes, size);
	if (docket_document_put(node->docket, draft->peer, span_of(bytes, size),
		node_now(node), &added->sha256, err) == -1)
		return -1;
	added->role = role;
	added->size = size;
	added->type = span_text("application/octet-stream");
	added->is_first = true;
	draft->record.documents = documents;
	draft->record.documents_n++;
	return 0;
}

int
letters_seal(struct node *node, struct span content, struct hash *leaf,
    struct error *err)
{
	struct hash digest = digest_of(content);

	if (keeper_authorise(node->keeper, &digest, node_now(node), err) ==
		-1 ||
	    docket_lodge(node->docket, content, node_now(node), leaf, err) ==
		-1)
		return -1;
	return node_commit(node, err);
}

static void
keep(struct world *world, struct node *node, const struct draft *draft,
    const struct hash *leaf)
{
	bool is_case = record_opens_case(&draft->record);

	node->kept =
	    mem_resize(node->kept, node->kept_n + 1, sizeof(*node->kept));
	node->kept[node->kept_n++] = (struct node_kept){ *leaf, is_case };
	world->lodged++;
	if (is_case && world->cases_n < WORLD_CASES_MAX) {
		world->openers[world->cases_n] =
		    (unsigned)(node - world->nodes);
		world->cases[world->cases_n++] = *leaf;
	}
}

/* A new case, or a step in one that this node may take. */
static void
choose_kind(struct world *world, const struct node *node, struct record *record)
{
	static const enum kind opening[] = { KIND_REQUEST, KIND_REQUEST,
		KIND_REQUEST, KIND_REPORT, KIND_QUERY };
	static const enum kind asking[] = { KIND_SUPPLEMENT, KIND_WITHDRAWAL,
		KIND_APPRAISAL };
	static const enum kind answering[] = { KIND_ACKNOWLEDGEMENT,
		KIND_RETURN, KIND_DECISION, KIND_RESULT };
	size_t i;

	if (world->cases_n == 0 || rng_chance(&world->rng, 40)) {
		record->kind =
		    opening[rng_below(&world->rng, COUNT_OF(opening))];
		return;
	}
	i = rng_below(&world->rng, world->cases_n);
	record->has_case = true;
	record->case_hash = world->cases[i];
	if (&world->nodes[world->openers[i]] == node)
		record->kind = asking[rng_below(&world->rng, COUNT_OF(asking))];
	else
		record->kind =
		    answering[rng_below(&world->rng, COUNT_OF(answering))];
}

static int
write_letter(struct world *world, struct node *node, struct draft *draft,
    struct hash *leaf, struct arena *arena, struct error *err)
{
	struct span content;

	choose_kind(world, node, &draft->record);
	draft->record.by = WORD_ROLE_DUTY_OFFICER;
	fill_facts(world, &draft->record, arena);
	complete_facts(world, &draft->record, arena);
	if (rng_chance(&world->rng, 60) &&
	    add_document(world, node, draft, WORD_DOCUMENT_BODY,
		16 + rng_below(&world->rng, 3000), arena, err) == -1)
		return -1;
	if (rng_chance(&world->rng, 15) &&
	    add_document(world, node, draft, WORD_DOCUMENT_EVIDENCE,
		rng_chance(&world->rng, 10) ? (size_t)2 << 20 : 5000, arena,
		err) == -1)
		return -1;
	if (docket_prepare(node->docket, draft, node_now(node), &content, arena,
		err) == -1)
		return -1;
	return letters_seal(node, content, leaf, err);
}

void
world_lodge(struct world *world, struct node *node)
{
	struct arena *arena = arena_new();
	struct draft draft = {
		.peer = span_text(world->nodes[node == world->nodes].party),
	};
	struct error err;
	struct hash leaf;

	if (!node->is_up)
		goto out;
	if (store_begin(node->store, &err) == 0 &&
	    write_letter(world, node, &draft, &leaf, arena, &err) == 0) {
		keep(world, node, &draft, &leaf);
		goto out;
	}
	/* What the operator did wrong (an unknown case) harms nobody, nor
	 * does a node that is not ready yet. */
	if (error_fault(err.code) == FAULT_OPERATOR || err.code == E_UNASKED ||
	    err.code == E_BUSY) {
		store_rollback(node->store);
		docket_rolled_back(node->docket);
	} else {
		node_failed(node, &err);
	}
out:
	arena_free(arena);
}

/* Close a log that is delivered, and begin another. */
void
world_reopen(struct world *world, struct node *node)
{
	struct span peer = span_text(world->nodes[node == world->nodes].party);
	struct arena *arena = arena_new();
	struct reopened next;
	struct hash digest, leaf;
	struct error err;

	if (!node->is_up)
		goto out;
	if (store_begin(node->store, &err) == 0 &&
	    docket_prepare_reopening(node->docket, peer, node_now(node), &next,
		arena, &err) == 0) {
		digest = digest_of(next.content);
		if (keeper_authorise(node->keeper, &digest, node_now(node),
			&err) == 0 &&
		    docket_lodge_reopening(node->docket, next.content,
			node_now(node), &leaf, &err) == 0 &&
		    node_commit(node, &err) == 0)
			goto out;
	}
	/* Nothing is closed that is not delivered, or not asked for. */
	if (err.code == E_EPOCH_OPEN || err.code == E_EPOCH_AHEAD ||
	    err.code == E_TOO_LARGE || err.code == E_ANCHOR_STALE ||
	    err.code == E_BUSY || err.code == E_UNASKED) {
		store_rollback(node->store);
		docket_rolled_back(node->docket);
	} else {
		node_failed(node, &err);
	}
out:
	arena_free(arena);
}
