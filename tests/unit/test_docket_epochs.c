/*
 * Several epochs of a log: a log whose end is lost goes on in another, cases
 * go on across them, both nodes count the same, and nobody gets rid of what
 * was signed for.
 */

#include <string.h>

#include "base/arena.h"
#include "docket/epochs.h"
#include "docket/internal.h"
#include "docket/lodge.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "ledger/tree.h"
#include "seal/digest.h"
#include "store/store.h"
#include "tests/support/twonodes.h"
#include "tests/tap.h"

struct scene {
	struct two two;
	struct two_node *north, *south;
	struct hash norths, souths; /* a case of each */
	struct buf journal;         /* NORTH's, at the backup */
};

static void
scene_open(struct scene *scene)
{
	two_open(&scene->two, 2);
	scene->north = &scene->two.nodes[TWO_NORTH];
	scene->south = &scene->two.nodes[TWO_SOUTH];
	buf_init(&scene->journal, (size_t)1 << 20);
	check(two_talk(&scene->two));
	scene->norths =
	    two_lodge(scene->north, scene->south, KIND_REQUEST, NULL);
	scene->souths =
	    two_lodge(scene->south, scene->north, KIND_REQUEST, NULL);
	check(two_talk(&scene->two));
}

static void
scene_close(struct scene *scene)
{
	buf_clear(&scene->journal);
	two_close(&scene->two);
}

static void
back_up(struct scene *scene)
{
	struct error err;

	two_must(store_backup(scene->north->store, "backup.db", &err), &err,
	    "backup");
	buf_drop(&scene->journal, scene->journal.len);
	buf_add(&scene->journal, buf_span(&scene->north->journal));
}

static void
restore(struct scene *scene, bool with_journal, bool is_declared)
{
	struct two_node *north = scene->north;

	two_stop(north);
	memcpy(north->path, "backup.db", sizeof("backup.db"));
	if (with_journal) {
		buf_drop(&north->journal, north->journal.len);
		buf_add(&north->journal, buf_span(&scene->journal));
	}
	north->is_restored = is_declared;
	two_start(north);
}

/* Both for a while; what fails is tried again. */
static void
knock(struct scene *scene)
{
	for (unsigned i = 0; i < 20; i++) {
		two_later(&scene->two, 61);
		two_step(scene->north, scene->south);
		two_step(scene->south, scene->north);
	}
}

/* NORTH shows a head whose entries nobody gets, and loses them. */
static void
lose_tail(struct scene *scene, bool with_journal)
{
	back_up(scene);
	two_lodge(scene->north, scene->south, KIND_REQUEST, NULL);
	check_int(two_step(scene->north, scene->south), JOB_CHECKPOINT);
	restore(scene, with_journal, true);
	knock(scene);
	check_int(two_delivery(scene->north, scene->south).last_error,
	    E_TAIL_LOST);
	check(two_delivery(scene->north, scene->south).is_tail_lost);
}

static void
reopen(struct two_node *node, struct two_node *peer, unsigned epoch)
{
	two_reopen_asked(node, peer);
	check_int((int)two_log(node, peer, true)->epoch, (int)epoch);
}

/* Who is asked first keeps the other waiting for a moment. */
static void
talk(struct scene *scene)
{
	for (unsigned i = 0; i < 3; i++) {
		two_later(&scene->two, 61);
		check(two_talk(&scene->two));
	}
}

/* Old cases and new ones go on, both ways, and both count the same. */
static void
check_goes_on(struct scene *scene)
{
	struct statement figures;

	two_later(&scene->two, 61);
	talk(scene);
	two_lodge(scene->north, scene->south, KIND_SUPPLEMENT, &scene->norths);
	two_lodge(scene->north, scene->south, KIND_ACKNOWLEDGEMENT,
	    &scene->souths);
	two_lodge(scene->south, scene->north, KIND_ACKNOWLEDGEMENT,
	    &scene->norths);
	two_lodge(scene->south, scene->north, KIND_SUPPLEMENT, &scene->souths);
	talk(scene);
	two_lodge(scene->north, scene->south, KIND_REQUEST, NULL);
	two_lodge(scene->south, scene->north, KIND_REQUEST, NULL);
	talk(scene);
	check(two_delivery(scene->north, scene->south).is_checked);
	for (unsigned i = 0; i < 2; i++) {
		struct two_node *node = i == 0 ? scene->north : scene->south;
		struct two_node *peer = i == 0 ? scene->south : scene->north;

		check_int((int)two_log(node, peer, true)->epoch,
		    (int)two_log(peer, node, false)->epoch);
		check(two_log(node, peer, true)->mirrored ==
		    two_log(node, peer, true)->size);
		check(!two_log(peer, node, false)->is_forked);
		check_int((int)two_count(node, peer, true, KIND_COUNT), 0);
	}
	check(two_agree(&scene->two, scene->north, scene->south));
	check(two_statement(&scene->two, instant_of(TWO_BEGIN_S),
	    instant_of(scene->two.now.s + 1), scene->two.now, &figures));
}

TEST(a_log_whose_end_is_lost_goes_on_in_another)
{
	for (unsigned with_journal = 0; with_journal < 2; with_journal++) {
		struct scene scene;

		scene_open(&scene);
		lose_tail(&scene, with_journal);
		reopen(scene.north, scene.south, 2);
		check_goes_on(&scene);
		scene_close(&scene);
	}
}

TEST(both_may_begin_another_log_at_once_and_again)
{
	struct scene scene;

	scene_open(&scene);
	for (unsigned epoch = 2; epoch < 5; epoch++) {
		reopen(scene.north, scene.south, epoch);
		reopen(scene.south, scene.north, epoch);
		check_goes_on(&scene);
	}
	two_restart(scene.north, true);
	two_restart(scene.south, true);
	check_goes_on(&scene);
	scene_close(&scene);
}

TEST(a_log_with_records_on_their_way_is_not_left_behind)
{
	struct scene scene;
	struct error err;

	scene_open(&scene);
	check(two_reopen(scene.north, scene.south, &err) == -1);
	check_int(err.code, E_UNASKED);
	check(two_talk(&scene.two));
	two_lodge(scene.north, scene.south, KIND_REQUEST, NULL);
	check(two_reopen(scene.north, scene.south, &err) == -1);
	check_int(err.code, E_EPOCH_OPEN);
	check(two_talk(&scene.two));
	reopen(scene.north, scene.south, 2);
	/* Nor before the peer was asked about the new one. */
	check(two_reopen(scene.north, scene.south, &err) == -1);
	check_int(err.code, E_BUSY);
	check_goes_on(&scene);
	scene_close(&scene);
}

/* The opening of NORTH's next log, quoting its head of ${size}. */
static struct span
opening_from(struct scene *scene, uint64_t size)
{
	const struct two_node *north = scene->north, *south = scene->south;
	struct arena *arena = scene->two.arena;
	struct log_row *own = two_log(scene->north, south, true);
	struct record record = { .kind = KIND_OPENING };
	struct fact *previous = two_fact(&record, MEMBER_OPENING_PREVIOUS);
	struct view view;
	struct span content;
	struct error err;

	opening_fill(&record, docket_self(north->docket),
	    docket_peer(north->docket, span_text(south->party)), own->epoch + 1,
	    two_now(north), arena);
	two_must(lodge_view(north->docket, own, &view, arena, &err), &err,
	    "view");
	two_must(lodge_anchor(north->docket, &view, &record.anchor, arena,
		     &err),
	    &err, "anchor");
	two_must(receipt_quote(north->docket, &view, own, size, &previous->text,
		     arena, &err),
	    &err, "head");
	previous->is_given = true;
	previous->n = 1;
	two_must(opening_write(&content, &record, arena, &err), &err,
	    "content");
	return content;
}

/* What NORTH's own program would not do: begin there all the same. */
static void
begin_from(struct scene *scene, uint64_t size)
{
	struct two_node *north = scene->north;
	struct log_row *own = two_log(north, scene->south, true);
	struct span content = opening_from(scene, size);
	struct log_row log = { .peer = own->peer,
		.is_own = true,
		.epoch = own->epoch + 1,
		.side = own->side };
	struct hash digest = digest_of(content), leaf;
	struct record *record;
	struct error err;

	two_must(record_read(&record, content, scene->two.arena, &err), &err,
	    "read");
	log.origin = record->log;
	two_must(keeper_authorise(north->keeper, &digest, two_now(north), &err),
	    &err, "authorise");
	two_turn_begin(north);
	two_must(store_log_add(north->store, &log, &err), &err, "log");
	two_must(docket_lodge(north->docket, content, two_now(north), &leaf,
		     &err),
	    &err, "lodge");
	two_turn_end(north);
}

TEST(a_log_that_begins_below_what_was_signed_for_never_begins)
{
	struct log_row *before;
	struct scene scene;
	uint64_t size;

	scene_open(&scene);
	before = two_log(scene.north, scene.south, true);
	size = before->mirrored;
	/* No record of SOUTH's says that it has seen the withdrawal. */
	scene.south->is_withholding = true;
	two_restart(scene.south, false);
	knock(&scene);
	two_lodge(scene.north, scene.south, KIND_WITHDRAWAL, &scene.norths);
	check(two_talk(&scene.two));
	before = two_log(scene.south, scene.north, false);
	begin_from(&scene, size);
	knock(&scene);
	check_int((int)two_log(scene.south, scene.north, false)->epoch, 1);
	check(!two_log(scene.south, scene.north, false)->is_closed);
	check(two_log(scene.south, scene.north, false)->mirrored ==
	    before->mirrored);
	check_int(two_delivery(scene.north, scene.south).last_error, E_HTTP);
	/* The next one is in order, and the withdrawal still there. */
	two_restart(scene.north, false);
	knock(&scene);
	reopen(scene.north, scene.south, 3);
	check_goes_on(&scene);
	check_int((int)two_log(scene.south, scene.north, false)->epoch, 3);
	scene_close(&scene);
}

TEST(a_log_that_begins_below_is_not_taken_when_it_is_asked_for)
{
	struct scene scene;
	struct error err;
	uint64_t size, signed_for;

	scene_open(&scene);
	size = two_log(scene.north, scene.south, true)->mirrored;
	scene.south->is_withholding = true;
	two_restart(scene.south, false);
	knock(&scene);
	two_lodge(scene.north, scene.south, KIND_WITHDRAWAL, &scene.norths);
	check(two_talk(&scene.two));
	signed_for = two_log(scene.south, scene.north, false)->mirrored;
	check(signed_for > size);
	begin_from(&scene, size);
	/* SOUTH wants to begin one of its own, and asks for later ones. */
	check(two_reopen(scene.south, scene.north, &err) == -1);
	check_int(err.code, E_UNASKED);
	knock(&scene);
	check(two_delivery(scene.south, scene.north).is_checked);
	check_int((int)two_log(scene.south, scene.north, false)->epoch, 1);
	check(!two_log(scene.south, scene.north, false)->is_closed);
	check(two_log(scene.south, scene.north, false)->mirrored >= signed_for);
	scene_close(&scene);
}

/* POST NORTH's head of ${origin} with the one ${entry}; the answers' codes. */
static struct serve_reply
show_first(struct scene *scene, struct span origin, struct span entry,
    enum error_code *checkpoint)
{
	struct hash root = tree_leaf_hash(entry);
	struct serve_reply reply;
	struct buf body;

	reply = two_post(scene->south, scene->north, "/add-checkpoint",
	    span_text(arena_printf(scene->two.arena, "old 0\n\n%s",
		arena_text(scene->two.arena,
		    two_head(scene->north, origin, 1, &root)))));
	*checkpoint = reply.code;
	buf_init(&body, 1 << 20);
	buf_u16(&body, (uint16_t)origin.len);
	buf_add(&body, origin);
	buf_u64(&body, 0);
	buf_u64(&body, 1);
	buf_u16(&body, 0);
	buf_u16(&body, (uint16_t)entry.len);
	buf_add(&body, entry);
	buf_u8(&body, 0);
	reply = two_post(scene->south, scene->north, "/add-entries",
	    arena_copy(scene->two.arena, buf_span(&body)));
	buf_clear(&body);
	return reply;
}

TEST(nothing_of_a_log_is_stored_that_does_not_begin_well)
{
	enum error_code code;
	struct serve_reply reply;
	struct scene scene;
	struct span origin;

	scene_open(&scene);
	origin = span_text(arena_printf(scene.two.arena, "%s/docket/%s/2",
	    scene.north->party, scene.south->party));
	reply = show_first(&scene, origin, span_text("nonsense"), &code);
	check_int(code, E_NONE);
	check_int(reply.code, E_EPOCH_OPENING);
	check_int((int)two_log(scene.south, scene.north, false)->epoch, 1);
	check(!two_log(scene.south, scene.north, false)->is_closed);
	/* Nor of one that is no next. */
	origin = span_text(arena_printf(scene.two.arena, "%s/docket/%s/40",
	    scene.north->party, scene.south->party));
	reply = show_first(&scene, origin, span_text("nonsense"), &code);
	check_int(code, E_CHECKPOINT_ORIGIN);
	check_int(reply.code, E_CHECKPOINT_ORIGIN);
	/* The log goes on, and so does one that leaves a number out. */
	check_goes_on(&scene);
	two_restart(scene.north, false);
	scene_close(&scene);
}

TEST(a_closed_log_takes_nothing_more)
{
	struct log_row *own;
	struct scene scene;
	struct serve_reply reply;
	struct hash root;

	scene_open(&scene);
	own = two_log(scene.north, scene.south, true);
	reopen(scene.north, scene.south, 2);
	check(two_talk(&scene.two));
	root = two_root(scene.north, own, own->size);
	reply = two_post(scene.south, scene.north, "/add-checkpoint",
	    span_text(arena_printf(scene.two.arena, "old %llu\n\n%s",
		(unsigned long long)own->size,
		arena_text(scene.two.arena,
		    two_head(scene.north, own->origin, own->size, &root)))));
	check_int(reply.code, E_EPOCH_CLOSED);
	check_int(reply.status, 409);
	check_goes_on(&scene);
	scene_close(&scene);
}

TEST(a_backup_from_before_both_began_another_log_finds_them_again)
{
	for (unsigned with_journal = 0; with_journal < 2; with_journal++) {
		struct scene scene;

		scene_open(&scene);
		two_lodge(scene.north, scene.south, KIND_REPORT, NULL);
		check(two_talk(&scene.two));
		back_up(&scene);
		two_lodge(scene.north, scene.south, KIND_REPORT, NULL);
		check(two_talk(&scene.two));
		reopen(scene.north, scene.south, 2);
		check_goes_on(&scene);
		reopen(scene.south, scene.north, 2);
		check_goes_on(&scene);
		restore(&scene, with_journal, true);
		check_int((int)two_log(scene.north, scene.south, true)->epoch,
		    1);
		knock(&scene);
		check_int((int)two_log(scene.north, scene.south, true)->epoch,
		    2);
		check_int((int)two_log(scene.north, scene.south, false)->epoch,
		    2);
		check_goes_on(&scene);
		scene_close(&scene);
	}
}

TEST(a_log_that_was_lost_whole_is_asked_for_though_nobody_declared_it)
{
	struct scene scene;

	scene_open(&scene);
	back_up(&scene);
	reopen(scene.north, scene.south, 2);
	check_goes_on(&scene);
	restore(&scene, true, false);
	two_lodge(scene.south, scene.north, KIND_REPORT, NULL);
	knock(&scene);
	check_int((int)two_log(scene.north, scene.south, true)->epoch, 2);
	check(!two_log(scene.south, scene.north, false)->is_forked);
	scene_close(&scene);
}
