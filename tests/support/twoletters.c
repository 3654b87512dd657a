#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "docket/documents.h"
#include "docket/internal.h"
#include "docket/lodge.h"
#include "docket/reopen.h"
#include "formats/record_json.h"
#include "keeper/state.h"
#include "ledger/checkpoint.h"
#include "ledger/cosignature.h"
#include "ledger/witness.h"
#include "seal/digest.h"
#include "seal/seal.h"
#include "store/store.h"
#include "store/tile.h"
#include "tests/support/twonodes.h"

struct fact *
two_fact(struct record *record, enum member member)
{
	return &record->facts[member - kind_first_member(record->kind)];
}

void
two_word(struct two *two, struct record *record, enum member member,
    enum word word)
{
	enum word *words = arena_alloc(two->arena, sizeof(*words));

	*words = word;
	*two_fact(record, member) =
	    (struct fact){ .is_given = true, .n = 1, .words = words };
}

/* Every coded member that the kind needs: the first word of each. */
static void
fill_facts(struct two *two, struct record *record)
{
	enum member first = kind_first_member(record->kind);

	for (unsigned i = 0; i < kind_members(record->kind); i++) {
		const struct member_row *row = member_row(first + i);

		if (row->occurs == OCCURS_OPTIONAL)
			continue;
		if (row->type == MEMBER_WORD || row->type == MEMBER_WORDS)
			two_word(two, record, first + i,
			    vocabulary_first(row->vocabulary));
		if (row->type == MEMBER_INSTANT)
			record->facts[i] = (struct fact){ .is_given = true,
				.n = 1,
				.instant = two->now };
		if (row->type == MEMBER_FLAG)
			record->facts[i] = (struct fact){ .is_given = true,
				.n = 1,
				.flag = true };
	}
}

struct record
two_record(struct two *two, enum kind kind, const struct hash *about)
{
	struct record record = { .kind = kind,
		.by = WORD_ROLE_DUTY_OFFICER,
		.is_exercise = true };

	if (kind_row(kind)->lodged == LODGED_NODE)
		record.by = WORD_ROLE_NODE;
	fill_facts(two, &record);
	if (about != NULL) {
		record.has_case = true;
		record.case_hash = *about;
	}
	return record;
}

int
two_try(struct two_node *node, const struct two_node *peer,
    struct record *record, struct hash *leaf, struct error *err)
{
	struct draft draft = { .peer = span_text(peer->party),
		.record = *record };
	struct span content;
	struct hash digest;

	if (docket_prepare(node->docket, &draft, two_now(node), &content,
		node->two->arena, err) == -1)
		return -1;
	digest = digest_of(content);
	two_must(keeper_authorise(node->keeper, &digest, two_now(node), err),
	    err, "authorise");
	two_turn_begin(node);
	if (docket_lodge(node->docket, content, two_now(node), leaf, err) ==
	    -1) {
		store_rollback(node->store);
		docket_rolled_back(node->docket);
		return -1;
	}
	two_turn_end(node);
	return 0;
}

int
two_reopen(struct two_node *node, const struct two_node *peer,
    struct error *err)
{
	struct reopened reopened;
	struct hash digest, leaf;

	if (docket_prepare_reopening(node->docket, span_text(peer->party),
		two_now(node), &reopened, node->two->arena, err) == -1)
		return -1;
	digest = digest_of(reopened.content);
	two_must(keeper_authorise(node->keeper, &digest, two_now(node), err),
	    err, "authorise");
	two_turn_begin(node);
	if (docket_lodge_reopening(node->docket, reopened.content,
		two_now(node), &leaf, err) == -1) {
		store_rollback(node->store);
		docket_rolled_back(node->docket);
		return -1;
	}
	two_turn_end(node);
	return 0;
}

void
two_reopen_asked(struct two_node *node, const struct two_node *peer)
{
	struct error err;

	if (two_reopen(node, peer, &err) == 0)
		return;
	if (err.code == E_UNASKED) {
		two_later(node->two, 61);
		if (!two_talk(node->two))
			error_set(&err, E_BUSY, "they never stop talking");
		else if (two_reopen(node, peer, &err) == 0)
			return;
	}
	two_must(-1, &err, "reopen");
}

struct hash
two_lodge_record(struct two_node *node, const struct two_node *peer,
    struct record *record)
{
	struct hash leaf;
	struct error err;

	two_must(two_try(node, peer, record, &leaf, &err), &err, "lodge");
	return leaf;
}

struct hash
two_lodge(struct two_node *node, const struct two_node *peer, enum kind kind,
    const struct hash *about)
{
	struct record record = two_record(node->two, kind, about);

	return two_lodge_record(node, peer, &record);
}

struct span
two_document(struct two_node *node, const struct two_node *peer,
    struct record *record, enum word role, size_t size)
{
	struct document *documents = arena_array(node->two->arena,
	    record->documents_n + 1, sizeof(*documents));
	struct document *added = &documents[record->documents_n];
	uint8_t *bytes = arena_alloc(node->two->arena, size);
	struct error err;

	for (unsigned i = 0; i < record->documents_n; i++)
		documents[i] = record->documents[i];
	node->ops.random.fill(node->ops.random.ctx, bytes, size);
	two_turn_begin(node);
	two_must(docket_document_put(node->docket, span_text(peer->party),
		     span_of(bytes, size), two_now(node), &added->sha256, &err),
	    &err, "document");
	two_turn_end(node);
	added->role = role;
	added->size = size;
	added->type = span_text("application/octet-stream");
	added->is_first = true;
	record->documents = documents;
	record->documents_n++;
	return span_of(bytes, size);
}

struct seal_key *
two_seal_key(struct two_node *node)
{
	return state_key(node->keeper, KEEPER_SEAL, 1)->pair;
}

struct ed25519_key *
two_log_key(struct two_node *node)
{
	return state_key(node->keeper, KEEPER_LOG, 1)->signs;
}

struct span
two_content(struct two_node *node, const struct two_node *peer,
    struct record *record)
{
	struct span content;
	struct error err;

	two_must(lodge_content(node->docket, two_log(node, peer, true), record,
		     two_now(node), &content, node->two->arena, &err),
	    &err, "content");
	return content;
}

struct span
two_written(struct two *two, const struct record *record)
{
	struct span content;
	struct error err;
	struct buf buf;

	buf_init(&buf, RECORD_CONTENT_MAX);
	two_must(record_write(&buf, record, &err), &err, "content");
	content = arena_copy(two->arena, buf_span(&buf));
	buf_clear(&buf);
	return content;
}

struct span
two_seal(struct two_node *node, struct span content)
{
	struct span der;
	struct error err;

	two_must(seal_sign(&der, content, two_seal_key(node), two_now(node),
		     node->two->arena, &err),
	    &err, "seal");
	return der;
}

struct hash
two_put(struct two_node *node, const struct two_node *peer, struct span der)
{
	struct log_row *own = two_log(node, peer, true);
	struct judged judged;
	struct error err;

	two_turn_begin(node);
	two_must(append_entry(node->docket, own, der, &judged, node->two->arena,
		     &err),
	    &err, "append");
	two_turn_end(node);
	return judged.row.leaf;
}

struct span
two_head(struct two_node *node, struct span origin, uint64_t size,
    const struct hash *root)
{
	struct checkpoint head = { origin, size, *root };
	struct span note;
	struct error err;
	struct buf buf;

	buf_init(&buf, NOTE_SIZE_MAX);
	two_must(checkpoint_sign(&buf, &head, two_log_key(node), &err), &err,
	    "head");
	note = arena_copy(node->two->arena, buf_span(&buf));
	buf_clear(&buf);
	return note;
}

struct span
two_line(struct two_node *node, struct span note, struct instant at)
{
	return two_line_by(node, 1, note, at);
}

struct record
two_credential(struct two_node *node, enum keeper_use use, enum word change)
{
	static const enum word words[] = {
		[KEEPER_SEAL] = WORD_KEY_USE_SEAL,
		[KEEPER_MIRROR] = WORD_KEY_USE_MIRROR,
		[KEEPER_ENCRYPTION] = WORD_KEY_USE_ENCRYPTION,
		[KEEPER_LOG] = WORD_KEY_USE_LOG,
	};
	struct record record = two_record(node->two, KIND_CREDENTIAL, NULL);
	struct arena *arena = node->two->arena;
	struct keeper_public *keys = arena_alloc(arena, sizeof(*keys));
	struct span bytes;
	struct error err;
	unsigned number;

	two_must(keeper_renew(node->keeper, use, two_now(node),
		     instant_of(4102444800), &number, &err),
	    &err, "renew");
	keeper_public(node->keeper, keys, arena);
	bytes = keeper_key_newest(keys, use)->bytes;
	if (use != KEEPER_MIRROR)
		bytes = span_text(encode_base64_text(arena, bytes));
	record.by = WORD_ROLE_SYSTEM_ADMINISTRATOR;
	two_word(node->two, &record, MEMBER_CREDENTIAL_CHANGE, change);
	two_word(node->two, &record, MEMBER_CREDENTIAL_USE, words[use]);
	*two_fact(&record,
	    use == KEEPER_MIRROR || use == KEEPER_LOG ?
		MEMBER_CREDENTIAL_KEY :
		MEMBER_CREDENTIAL_CERTIFICATE) =
	    (struct fact){ .is_given = true, .n = 1, .text = bytes };
	if (change == WORD_CHANGE_COMPROMISED)
		*two_fact(&record, MEMBER_CREDENTIAL_SINCE) =
		    (struct fact){ .is_given = true,
			    .n = 1,
			    .instant = instant_of(TWO_BEGIN_S) };
	return record;
}

struct span
two_line_by(struct two_node *node, unsigned number, struct span note,
    struct instant at)
{
	const struct state_key *key =
	    state_key(node->keeper, KEEPER_MIRROR, number);
	struct note parsed;
	struct span line;
	struct error err;
	struct buf buf;

	two_must(note_parse(&parsed, note, node->two->arena, &err), &err,
	    "note");
	buf_init(&buf, NOTE_SIZE_MAX);
	two_must(cosignature_sign(&buf, &key->vkey, key->signs, parsed.text, at,
		     &err),
	    &err, "line");
	line = arena_copy(node->two->arena, buf_span(&buf));
	buf_clear(&buf);
	return line;
}

struct hash
two_root(struct two_node *node, const struct log_row *log, uint64_t size)
{
	struct store_tree tree = { node->store, log->id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct hash root;
	struct error err;

	two_must(tree_root_at(&root, &reader, size, &err), &err, "root");
	return root;
}

struct span
two_checkpoint(struct two_node *writer, const struct log_row *log, uint64_t old,
    uint64_t size, struct span note)
{
	struct store_tree tree = { writer->store, log->id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct witness_request request = { .old = old, .note = note };
	struct span body;
	struct error err;
	struct buf buf;

	if (old > 0 && old < size)
		two_must(tree_prove(&request.proof, &reader, 0, old, size,
			     &err),
		    &err, "proof");
	buf_init(&buf, WITNESS_REQUEST_MAX);
	witness_request_write(&buf, &request);
	body = arena_copy(writer->two->arena, buf_span(&buf));
	buf_clear(&buf);
	return body;
}

void
two_lodge_many(struct two_node *node, const struct two_node *peer,
    enum kind kind, unsigned n)
{
	struct draft draft = { .peer = span_text(peer->party) };

	two_turn_begin(node);
	while (n-- > 0) {
		struct arena *arena = arena_new();
		struct span content;
		struct hash digest, leaf;
		struct error err;

		draft.record = two_record(node->two, kind, NULL);
		two_must(docket_prepare(node->docket, &draft, two_now(node),
			     &content, arena, &err),
		    &err, "prepare");
		digest = digest_of(content);
		two_must(keeper_authorise(node->keeper, &digest, two_now(node),
			     &err),
		    &err, "authorise");
		two_must(docket_lodge(node->docket, content, two_now(node),
			     &leaf, &err),
		    &err, "lodge");
		arena_free(arena);
	}
	two_turn_end(node);
}

void
two_stamp(struct two_node *mirror, struct two_node *writer, struct instant at)
{
	struct two *two = mirror->two;
	struct log_row *log = two_log(mirror, writer, false);
	struct hash root = two_root(mirror, log, log->mirrored);
	struct span note = two_head(writer, log->origin, log->mirrored, &root);
	struct span line = two_line(mirror, note, at);
	struct record record = two_record(two, KIND_RECEIPT, NULL);

	*two_fact(&record, MEMBER_RECEIPT_CHECKPOINT) = (struct fact){
		.is_given = true,
		.n = 1,
		.text = span_text(arena_printf(two->arena, "%.*s%.*s",
		    (int)note.len, (const char *)note.ptr, (int)line.len,
		    (const char *)line.ptr)),
	};
	(void)two_content(mirror, writer, &record);
	two_put(mirror, writer, two_seal(mirror, two_written(two, &record)));
}
