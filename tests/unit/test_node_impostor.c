#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "domain/record.h"
#include "formats/card.h"
#include "formats/draft.h"
#include "formats/json.h"
#include "keeper/signer.h"
#include "ledger/tree.h"
#include "node/keeper_wire.h"
#include "node/roles.h"
#include "proc/file.h"
#include "tests/support/cards.h"
#include "tests/support/impostor.h"
#include "tests/unit/test_keeper_asks.h"

/*
 * A registrar that was taken over: it asks the real keeper and the real desk,
 * each in its process, for what it must not get, by the messages that a
 * registrar sends.
 */

/* A registrar's world, and logs to lie about. */
struct scene {
	struct impostor imp;
	struct bench *bench; /* for its arena and time */
	struct ledger_log *log, *fork;
	struct span card_file; /* of the peer to be */
	struct card *card;
	int officer; /* his connection to the desk */
};

/* South's card, as a file and read. */
static void
make_card(struct scene *scene)
{
	struct buf content, armoured;
	struct error err;

	buf_init(&content, CARD_FILE_MAX);
	buf_init(&armoured, CARD_FILE_MAX);
	cards_content(&content, IDENTITY_SOUTH);
	cards_file(&armoured, IDENTITY_SOUTH, buf_span(&content));
	scene->card_file = arena_copy(scene->bench->arena, buf_span(&armoured));
	if (card_open(&scene->card, scene->card_file, scene->bench->arena,
		&err) == -1)
		mem_die(err.detail);
	buf_clear(&content);
	buf_clear(&armoured);
}

/* The two logs are one below 5. */
static void
scene_open(struct scene *scene)
{
	impostor_open(&scene->imp);
	scene->bench = bench_new();
	scene->log = bench_log(scene->bench, BENCH_ENTRIES);
	scene->fork = bench_log(scene->bench, 5);
	make_card(scene);
	scene->officer = impostor_connect(&scene->imp);
}

static void
scene_close(struct scene *scene)
{
	close(scene->officer);
	check(impostor_close(&scene->imp));
	bench_close(scene->bench);
}

static enum error_code
sign(struct scene *scene, struct ledger_log *log, const char *origin,
    uint64_t from, uint64_t to)
{
	struct signer *signer = &scene->imp.signer;
	struct checkpoint head = bench_head(log, origin, to);
	struct proof proof = bench_proof(log, from, to);
	struct error err;
	struct span note;

	return signer->head(signer->ctx, &head, &proof, NULL, &note,
		   scene->bench->arena, &err) == -1 ?
	    err.code :
	    E_NONE;
}

static enum error_code
cosign(struct scene *scene, struct ledger_log *log, uint64_t from, uint64_t to)
{
	struct signer *signer = &scene->imp.signer;
	struct proof proof = bench_proof(log, from, to);
	struct instant at;
	struct error err;
	struct span line;

	return signer->cosign(signer->ctx,
		   bench_note(scene->bench, log, BENCH_THEIRS, to,
		       identity_of(IDENTITY_SOUTH)->log),
		   &proof, NULL, &line, &at, scene->bench->arena, &err) == -1 ?
	    err.code :
	    E_NONE;
}

static enum error_code
seal(struct scene *scene, struct span content)
{
	struct signer *signer = &scene->imp.signer;
	struct error err;
	struct span der;

	return signer->seal(signer->ctx, content, NULL, &der,
		   scene->bench->arena, &err) == -1 ?
	    err.code :
	    E_NONE;
}

/* A report of ${topic}, as the operator's draft makes it. */
static struct span
report(struct scene *scene, const char *topic)
{
	char at[INSTANT_TEXT_MAX];

	return span_text(arena_printf(scene->bench->arena,
	    "{\"anchor\":{\"log\":\"" BENCH_THEIRS "\",\"root\":\"47DEQpj8HBSa"
	    "+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\",\"size\":0},\"at\":\"%s\","
	    "\"by\":\"duty-officer\",\"exercise\":true,\"kind\":\"report\","
	    "\"log\":\"" BENCH_OURS "\",\"report\":{\"topic\":\"%s\"},"
	    "\"v\":1}",
	    instant_write(scene->bench->now, at), topic));
}

static const char *
content_json(struct scene *scene, struct span content)
{
	struct json *json = json_object_new();
	struct buf buf;
	const char *text;

	buf_init(&buf, CALL_JSON_MAX);
	json_set_text(json, "content", content);
	json_write(&buf, json);
	text = arena_text(scene->bench->arena, buf_span(&buf));
	buf_clear(&buf);
	json_free(json);
	return text;
}

/* The operator reports ransomware; the desk's question is before us. */
static bool
operator_writes(struct scene *scene)
{
	struct call call;

	impostor_ask(scene->officer, "POST", "/v1/letter",
	    span_text("{\"peer\":\"" BENCH_PEER "\",\"draft\":{\"kind\":"
		      "\"report\",\"by\":\"duty-officer\",\"report\":"
		      "{\"topic\":\"ransomware-business\"}}}"));
	return impostor_called(&scene->imp, &call) &&
	    span_is_text(call.name, "prepare");
}

static char *
operator_hears(struct scene *scene)
{
	return impostor_hear(&scene->imp, scene->officer);
}

/* The opening of the docket with the holder of the card ${theirs}. */
static struct span
opening(struct scene *scene, const struct hash *theirs, const char *party)
{
	struct arena *arena = scene->bench->arena;
	struct record record = { .kind = KIND_OPENING,
		.at = scene->bench->now,
		.by = WORD_ROLE_SYSTEM_ADMINISTRATOR,
		.is_exercise = true };
	struct hash cards[2];
	struct span file, content;
	struct card *self;
	struct error err;

	if (file_read(scene->imp.home.card, CARD_FILE_MAX, arena, &file,
		&err) == -1 ||
	    card_open(&self, file, arena, &err) == -1)
		mem_die(err.detail);
	cards[0] = self->fingerprint;
	cards[1] = *theirs;
	record.facts[0] =
	    (struct fact){ .is_given = true, .n = 2, .hashes = cards };
	record.log =
	    span_text(arena_printf(arena, BENCH_PARTY "/docket/%s/1", party));
	record.anchor.log = span_text(
	    arena_printf(arena, "%s/docket/" BENCH_PARTY "/1", party));
	record.anchor.root = tree_empty_root();
	if (draft_content(&content, &record, arena, &err) == -1)
		mem_die(err.detail);
	return content;
}

/* The operator adds south; we answer with ${content}. */
static bool
operator_adds(struct scene *scene, struct span content)
{
	char fingerprint[CARD_FINGERPRINT_TEXT_MAX];
	struct json *json = json_object_new();
	struct call call;
	struct buf body;
	bool is_asked;

	json_set_text(json, "card", scene->card_file);
	json_set_word(json, "fingerprint",
	    card_fingerprint_write(&scene->card->fingerprint, fingerprint));
	buf_init(&body, CALL_JSON_MAX);
	json_write(&body, json);
	json_free(json);
	impostor_ask(scene->officer, "POST", "/v1/peer-add", buf_span(&body));
	buf_clear(&body);
	is_asked = impostor_called(&scene->imp, &call) &&
	    span_is_text(call.name, "peer-prepare");
	impostor_reply(&scene->imp, content_json(scene, content));
	return is_asked;
}

/* South is added as it should be. */
static bool
befriend(struct scene *scene)
{
	struct call call;

	if (!operator_adds(scene,
		opening(scene, &scene->card->fingerprint, BENCH_PEER)) ||
	    !impostor_called(&scene->imp, &call) ||
	    !span_is_text(call.name, "peer-lodge")) {
		tap_note("%s", operator_hears(scene));
		return false;
	}
	impostor_reply(&scene->imp, "{\"opening\":\"aa\"}");
	return strncmp(operator_hears(scene), "HTTP/1.1 200 ", 13) == 0;
}

TEST(our_log_is_not_forked_for_a_registrar)
{
	struct scene scene;

	scene_open(&scene);
	require(befriend(&scene));
	check_int(sign(&scene, scene.log, BENCH_OURS, 0, 3), E_NONE);
	check_int(sign(&scene, scene.log, BENCH_OURS, 3, 9), E_NONE);
	check_int(sign(&scene, scene.fork, BENCH_OURS, 9, 9), E_KEEPER_FORK);
	check_int(sign(&scene, scene.fork, BENCH_OURS, 9, 12), E_PROOF);
	check_int(sign(&scene, scene.fork, BENCH_OURS, 0, 12), E_PROOF);
	check_int(sign(&scene, scene.fork, BENCH_OURS, 0, 8),
	    E_KEEPER_ROLLBACK);
	check_int(sign(&scene, scene.log, BENCH_THEIRS, 0, 3), E_KEEPER_ORIGIN);
	check_int(sign(&scene, scene.log,
		      BENCH_PARTY "/docket/" BENCH_PARTY "/1", 0, 3),
	    E_KEEPER_ORIGIN);
	check_int(sign(&scene, scene.log, BENCH_OURS, 9, 10), E_NONE);
	scene_close(&scene);
}

TEST(two_forks_of_the_peers_log_are_not_cosigned)
{
	struct scene scene;

	scene_open(&scene);
	check(cosign(&scene, scene.log, 0, 3) != E_NONE); /* no peer yet */
	require(befriend(&scene));
	check_int(cosign(&scene, scene.log, 0, 3), E_NONE);
	check_int(cosign(&scene, scene.log, 3, 8), E_NONE);
	check(cosign(&scene, scene.fork, 3, 8) != E_NONE);
	check(cosign(&scene, scene.fork, 8, 12) != E_NONE);
	check(cosign(&scene, scene.fork, 0, 12) != E_NONE);
	check_int(cosign(&scene, scene.log, 8, 9), E_NONE);
	scene_close(&scene);
}

TEST(a_letter_is_sealed_once_and_by_the_operators_word_only)
{
	struct span written, other;
	struct scene scene;
	struct call call;

	scene_open(&scene);
	require(befriend(&scene));
	written = report(&scene, "ransomware-business");
	other = report(&scene, "ddos");
	check_int(seal(&scene, written), E_KEEPER_AUTHORISATION);
	require(operator_writes(&scene));
	impostor_reply_content(&scene.imp, written);
	require(impostor_called(&scene.imp, &call));
	check(span_is_text(call.name, "lodge"));
	check_int(seal(&scene, other), E_KEEPER_AUTHORISATION);
	check_int(seal(&scene, written), E_NONE);
	check_int(seal(&scene, written), E_KEEPER_AUTHORISATION);
	impostor_reply(&scene.imp, "{}");
	check(strncmp(operator_hears(&scene), "HTTP/1.1 200 ", 13) == 0);
	scene_close(&scene);
}

/* What the operator did not write is found out, and not authorised. */
TEST(content_that_was_swapped_is_refused_by_the_desk)
{
	struct span swaps[4];
	struct scene scene;

	scene_open(&scene);
	require(befriend(&scene));
	swaps[0] = report(&scene, "ddos");
	swaps[1] = bench_letter(scene.bench, "ransomware-business");
	swaps[2] = span_text("{}");
	swaps[3] = span_text("no JSON");
	for (size_t i = 0; i < COUNT_OF(swaps); i++) {
		require(operator_writes(&scene));
		impostor_reply_content(&scene.imp, swaps[i]);
		check(impostor_is_problem(operator_hears(&scene), 500,
		    "desk-check"));
		check(seal(&scene, swaps[i]) != E_NONE);
	}
	require(operator_writes(&scene));
	impostor_reply_content(&scene.imp,
	    report(&scene, "ransomware-business"));
	scene_close(&scene);
}

TEST(a_docket_is_opened_with_the_card_that_was_compared)
{
	const struct hash wrong = digest_of(span_text("another card"));
	struct scene scene;

	scene_open(&scene);
	require(operator_adds(&scene, opening(&scene, &wrong, BENCH_PEER)));
	check(impostor_is_problem(operator_hears(&scene), 500, "desk-check"));
	require(operator_adds(&scene,
	    opening(&scene, &scene.card->fingerprint, "cert.east.example")));
	check(impostor_is_problem(operator_hears(&scene), 500, "desk-check"));
	check(cosign(&scene, scene.log, 0, 3) != E_NONE);
	require(befriend(&scene));
	scene_close(&scene);
}

/* A payload that is none is refused with its code, and the next is heard. */
TEST(malformed_messages_to_the_keeper_are_refused_one_by_one)
{
	static const unsigned types[] = { MESSAGE_SEAL, MESSAGE_HEAD,
		MESSAGE_COSIGN, MESSAGE_KEYS, MESSAGE_RENEW };
	uint8_t junk[3][400] = { { 0 } };
	struct message reply;
	struct scene scene;
	struct error err, why;

	scene_open(&scene);
	require(befriend(&scene));
	memset(junk[1], 0xff, sizeof(junk[1]));
	for (size_t i = 0; i < sizeof(junk[2]); i++)
		junk[2][i] = (uint8_t)(37 * i + 11);
	for (size_t i = 0; i < COUNT_OF(types) * 3 * 5; i++) {
		size_t len = i % 5 == 0 ? 0 : (size_t)1 << (2 * (i % 5));
		uint32_t id = (uint32_t)(1000 + i);

		impostor_send(&scene.imp.to_keeper, types[i / 15], id, len,
		    span_of(junk[i / 5 % 3], len));
		require(message_receive(&scene.imp.to_keeper, &reply, 20000,
			    scene.bench->arena, &err) == 0);
		check_int(reply.id, id);
		require(reply.type == MESSAGE_REFUSED);
		require(message_refusal_parse(&why, reply.payload, &err) == 0);
		check(why.code != E_NONE);
	}
	check_int(sign(&scene, scene.log, BENCH_OURS, 0, 1), E_NONE);
	scene_close(&scene);
}

/* What was answered is answered again or refused; nothing new is signed. */
TEST(replayed_messages_gain_nothing)
{
	struct checkpoint head;
	struct message replies[2];
	struct wire_head ask;
	struct scene scene;
	struct error err;
	struct buf buf;

	scene_open(&scene);
	require(befriend(&scene));
	head = bench_head(scene.log, BENCH_OURS, 4);
	ask = (struct wire_head){ .head = head };
	buf_init(&buf, KEEPER_WIRE_MAX);
	wire_head_write(&buf, &ask);
	for (size_t i = 0; i < 2; i++) {
		impostor_send(&scene.imp.to_keeper, MESSAGE_HEAD, 7, buf.len,
		    buf_span(&buf));
		require(message_receive(&scene.imp.to_keeper, &replies[i],
			    20000, scene.bench->arena, &err) == 0);
		check_int(replies[i].id, 7);
		check_int(replies[i].type, MESSAGE_HEAD_SIGNED);
	}
	check(span_is_equal(replies[0].payload, replies[1].payload));
	check_int(sign(&scene, scene.log, BENCH_OURS, 4, 5), E_NONE);
	impostor_send(&scene.imp.to_keeper, MESSAGE_HEAD, 7, buf.len,
	    buf_span(&buf));
	require(message_receive(&scene.imp.to_keeper, &replies[0], 20000,
		    scene.bench->arena, &err) == 0);
	check_int(replies[0].type, MESSAGE_REFUSED);
	buf_clear(&buf);
	scene_close(&scene);
}

/* Answers to nothing, twice, and with the desk's own numbers guessed. */
TEST(answers_that_make_no_sense_fail_one_caller_and_not_the_desk)
{
	struct scene scene;
	struct call call;

	scene_open(&scene);
	for (size_t i = 0; i < 5; i++) {
		impostor_ask(scene.officer, "POST", "/v1/status",
		    span_text("{}"));
		require(impostor_called(&scene.imp, &call));
		/* to nobody; too short a one; the same once more */
		impostor_send(&scene.imp.to_desk, MESSAGE_CALL_REPLY,
		    scene.imp.call_id + 1, 0, span_of(NULL, 0));
		impostor_send(&scene.imp.to_desk, MESSAGE_CALL_REPLY,
		    scene.imp.call_id, i, span_of("\xff\xff\xff\xff\xff", i));
		impostor_send(&scene.imp.to_desk, MESSAGE_CALL_REPLY,
		    scene.imp.call_id, i, span_of("\xff\xff\xff\xff\xff", i));
		impostor_send(&scene.imp.to_desk, MESSAGE_EVENT, 1, 1,
		    span_text("?"));
		check(impostor_is_problem(operator_hears(&scene), 500,
		    "proc-message"));
	}
	require(operator_writes(&scene));
	impostor_reply(&scene.imp, "{\"content\":7}");
	check(impostor_is_problem(operator_hears(&scene), 500, "desk-check"));
	require(befriend(&scene));
	require(operator_writes(&scene));
	impostor_reply_content(&scene.imp,
	    report(&scene, "ransomware-business"));
	require(impostor_called(&scene.imp, &call));
	impostor_reply(&scene.imp, "no JSON");
	check(impostor_is_problem(operator_hears(&scene), 500, "proc-message"));
	scene_close(&scene);
}

/* How the process ${pid} ends by itself. */
static int
end_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/*
 * A frame that cannot be: where the next begins is not known any more, so the
 * process ends, in order and signing nothing, and all are started anew.
 */
TEST(a_frame_that_cannot_be_ends_the_process_in_order)
{
	static const struct {
		unsigned type;
		size_t size;
	} frames[] = {
		{ MESSAGE_SEAL, ((size_t)128 << 10) + 1 },
		{ MESSAGE_SEAL, UINT32_MAX },
		{ 9999, 1 },
		{ MESSAGE_NONE, 0 },
		{ MESSAGE_AUTHORISE, 33 }, /* the desk's */
		{ MESSAGE_STOP, 0 },       /* the supervisor's */
		{ MESSAGE_CALL_REPLY, ((size_t)18 << 20) + 1 },
	};

	for (size_t i = 0; i < COUNT_OF(frames); i++) {
		struct scene scene;
		bool is_desk = i % 2 == 1 || i + 1 == COUNT_OF(frames);

		scene_open(&scene);
		impostor_send(is_desk ? &scene.imp.to_desk :
					&scene.imp.to_keeper,
		    frames[i].type, 1, frames[i].size, span_text("x"));
		check_int(end_of(is_desk ? scene.imp.desk : scene.imp.keeper),
		    ROLE_EXIT_BROKEN);
		/* The other lives on until it is told, or misses its mate. */
		kill(is_desk ? scene.imp.keeper : scene.imp.desk, SIGKILL);
		end_of(is_desk ? scene.imp.keeper : scene.imp.desk);
		message_pipe_clear(&scene.imp.to_keeper);
		message_pipe_clear(&scene.imp.to_desk);
		message_pipe_clear(&scene.imp.keeper_words);
		message_pipe_clear(&scene.imp.desk_words);
		close(scene.officer);
		bench_close(scene.bench);
	}
}
