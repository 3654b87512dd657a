#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "ledger/checkpoint.h"
#include "ledger/cosignature.h"
#include "ledger/mirror.h"
#include "ledger/note.h"
#include "seal/digest.h"
#include "seal/ed25519.h"
#include "tests/lab.h"
#include "tests/support/ledger.h"
#include "tests/tap.h"

/* Made by tests/tools/make-ledger-vectors, apart from this program. */
#define VECTORS "tests/data/ledger-vectors.txt"
#define ORIGIN "cert.north.example/docket/cert.south.example/1"
#define ENTRIES 700
#define VALUES_MAX 8

static struct ledger_log *book;

/* Entry i as make-ledger-vectors has it. */
static struct span
vector_entry(struct arena *arena, uint64_t i)
{
	char *text = arena_printf(arena, "entry %ju %0*d", (uintmax_t)i, 97, 0);
	size_t len = strlen(text) - 97 + (size_t)(i * i % 97);

	for (size_t k = strlen(text) - 97; k < len; k++)
		text[k] = 'x';
	return span_of(text, len);
}

static void
set_up(void)
{
	if (book != NULL)
		return;
	book = ledger_log_new(lab_arena(), ENTRIES);
	for (uint64_t i = 0; i < ENTRIES; i++)
		ledger_log_append(book, vector_entry(lab_arena(), i));
}

static int
book_entry(void *ctx, uint64_t index, struct span *out, struct error *err)
{
	const struct ledger_log *from = ctx;

	if (index >= from->tree.size)
		return error_set(err, E_RANGE, "no entry");
	*out = from->entries[index];
	return 0;
}

static struct mirror_source
source_of(struct ledger_log *from)
{
	return (
	    struct mirror_source){ book_entry, from, ledger_log_reader(from) };
}

/* The request for [start, end) of the book, in ${out}. */
static uint64_t
write_request(struct buf *out, uint64_t start, uint64_t end, size_t budget)
{
	struct mirror_header header = { span_text(ORIGIN), start, end,
		span_text("ok") };
	struct mirror_source source = source_of(book);
	struct error err;
	uint64_t next;

	set_up();
	buf_init(out, MIRROR_REQUEST_MAX);
	if (mirror_request_write(out, &next, &header, &source, budget, &err) ==
	    -1)
		return UINT64_MAX;
	return next;
}

static struct checkpoint
head_at(uint64_t size)
{
	struct checkpoint head = { span_text(ORIGIN), size,
		ledger_log_root(book, size) };

	return head;
}

/* The values of the next line that starts with ${name}; 0 at the end. */
static size_t
next_values(char *values[VALUES_MAX], char **rest, const char *name)
{
	char *line, *word;
	size_t n;

	while ((line = strsep(rest, "\n")) != NULL) {
		for (n = 0;
		     n < VALUES_MAX && (word = strsep(&line, " ")) != NULL; n++)
			values[n] = word;
		if (n > 1 && strcmp(values[0], name) == 0)
			return n;
	}
	return 0;
}

static uint64_t
number(const char *text)
{
	struct error err;
	uint64_t value;

	if (checkpoint_size_parse(&value, span_text(text), &err) == -1)
		return UINT64_MAX;
	return value;
}

static struct ed25519_key *
secret_of(struct arena *arena, const char *hex)
{
	struct ed25519_key *key;
	struct error err;
	struct span seed;

	if (decode_hex(&seed, span_text(hex), arena, &err) == -1 ||
	    ed25519_key_new(&key, seed, &err) == -1)
		return NULL;
	return key;
}

TEST(requests_are_the_ones_made_apart)
{
	char *rest = arena_text(lab_arena(), lab_file(lab_arena(), VECTORS));
	char *v[VALUES_MAX] = { NULL }, hex[HASH_TEXT_MAX];
	int lines = 0;

	set_up();
	for (; next_values(v, &rest, "request") == 7; lines++) {
		size_t budget =
		    number(v[3]) < 32 ? number(v[5]) : MIRROR_REQUEST_MAX;
		struct hash sum;
		struct buf body;

		tap_note("%s to %s", v[1], v[2]);
		check(write_request(&body, number(v[1]), number(v[2]),
			  budget) == number(v[4]));
		check(body.len == number(v[5]));
		sum = digest_of(buf_span(&body));
		check_str(hash_write(&sum, hex), v[6]);
		buf_clear(&body);
	}
	check_int(lines, 13);
}

TEST(heads_and_mirror_lines_are_the_ones_made_apart)
{
	struct arena *arena = lab_arena();
	char *rest = arena_text(arena, lab_file(arena, VECTORS));
	char *v[VALUES_MAX] = { NULL }, hex[HASH_TEXT_MAX];
	struct ed25519_key *log, *mirror;
	struct note_key log_key, mirror_key;
	struct error err;
	int lines = 0;

	set_up();
	require(next_values(v, &rest, "log") == 3);
	log = secret_of(arena, v[1]);
	require(note_key_parse(&log_key, span_text(v[2]), arena, &err) == 0);
	require(next_values(v, &rest, "mirror") == 3);
	mirror = secret_of(arena, v[1]);
	require(note_key_parse(&mirror_key, span_text(v[2]), arena, &err) == 0);
	for (; next_values(v, &rest, "checkpoint") == 5; lines++) {
		struct checkpoint head = head_at(number(v[1])), got;
		struct instant at = instant_of((int64_t)number(v[2]));
		struct note note;
		struct span want;
		struct buf out;

		check_str(hash_write(&head.root, hex), v[3]);
		require(decode_hex(&want, span_text(v[4]), arena, &err) == 0);
		require(checkpoint_open(&got, &note, want, &log_key,
			    &mirror_key, 1, arena, &err) == 0);
		check(note_line_of(&note, &mirror_key)->at.s == at.s);
		buf_init(&out, NOTE_SIZE_MAX);
		require(checkpoint_sign(&out, &head, log, &err) == 0);
		require(cosignature_sign(&out, &mirror_key, mirror, note.text,
			    at, &err) == 0);
		check_mem(out.ptr, out.len, want.ptr, want.len);
		buf_clear(&out);
	}
	check_int(lines, 6);
	ed25519_key_free(log);
	ed25519_key_free(mirror);
}

/* Take the whole upload as a mirror does; how many packages were good. */
static int
take_upload(struct span body, struct ledger_log *held, struct error *err)
{
	struct mirror_package *package =
	    arena_alloc(lab_arena(), sizeof(*package));
	struct tree_reader reader = ledger_log_reader(held);
	struct mirror_upload up;
	struct checkpoint head;
	bool is_end;
	int good = 0;

	if (mirror_upload_parse(&up, body, err) == -1)
		return -1;
	head = head_at(up.header.end);
	for (;; good++) {
		if (mirror_package_next(package, &is_end, &up, err) == -1)
			return good;
		if (is_end)
			return good;
		if (mirror_package_check(package, &head, &reader, err) == -1)
			return good;
		for (uint64_t i = package->start; i < package->end; i++)
			if (i >= held->tree.size)
				ledger_log_append(held,
				    package->entries[i - package->start]);
	}
}

TEST(a_mirror_fills_up_from_wherever_it_stands)
{
	set_up();
	for (uint64_t have = 0; have <= ENTRIES; have += 50) {
		struct ledger_log *held = ledger_log_new(lab_arena(), ENTRIES);
		struct error err = { .code = E_NONE };
		struct hash root, want = ledger_log_root(book, ENTRIES);
		/* What it has already may be sent again. */
		uint64_t start = have < 20 ? have : have - have % 20;
		struct buf body;

		for (uint64_t i = 0; i < have; i++)
			ledger_log_append(held, book->entries[i]);
		check(write_request(&body, start, ENTRIES,
			  MIRROR_REQUEST_MAX) == ENTRIES);
		take_upload(buf_span(&body), held, &err);
		check_int(err.code, E_NONE);
		root = tree_root(&held->tree);
		check(hash_is_equal(&root, &want));
		buf_clear(&body);
	}
}

TEST(an_upload_cut_anywhere_keeps_its_whole_packages)
{
	struct buf body;
	int last = 0;

	set_up();
	write_request(&body, 0, ENTRIES, MIRROR_REQUEST_MAX);
	for (size_t len = 0; len <= body.len; len += 37) {
		struct arena *arena = arena_new();
		struct ledger_log *held = ledger_log_new(arena, ENTRIES);
		struct span cut = arena_copy(arena, span_of(body.ptr, len));
		struct error err = { .code = E_NONE };
		int good = take_upload(cut, held, &err);

		check(good >= last || good == -1);
		check(good == -1 ||
		    held->tree.size ==
			(uint64_t)(good < 3 ? good * 256 : ENTRIES));
		if (err.code != E_NONE)
			check_int(err.code, E_SYNTAX);
		if (good > last)
			last = good;
		arena_free(arena);
	}
	check(last >= 2);
	buf_clear(&body);
}

TEST(no_changed_entry_or_proof_is_taken)
{
	uint64_t random = 7;
	struct buf body;

	set_up();
	write_request(&body, 300, ENTRIES, MIRROR_REQUEST_MAX);
	for (int i = 0; i < 300; i++) {
		struct arena *arena = arena_new();
		struct ledger_log *held = ledger_log_new(arena, ENTRIES);
		size_t at = 2 + strlen(ORIGIN) + 20 +
		    ledger_random(&random, body.len - 22 - strlen(ORIGIN));
		uint8_t bit = (uint8_t)(1u << ledger_random(&random, 8));
		struct error err = { .code = E_NONE };

		for (uint64_t k = 0; k < 300; k++)
			ledger_log_append(held, book->entries[k]);
		body.ptr[at] ^= bit;
		check(take_upload(buf_span(&body), held, &err) < 2);
		check(err.code == E_PROOF || err.code == E_SYNTAX);
		for (uint64_t k = 0; k < held->tree.size; k++)
			check(hash_is_equal(&held->nodes[0][k],
			    &book->nodes[0][k]));
		body.ptr[at] ^= bit;
		arena_free(arena);
	}
	buf_clear(&body);
}

TEST(a_header_is_judged_before_anything_else_is_read)
{
	static const struct {
		uint64_t start, end, next, size;
		enum error_code want;
	} cases[] = {
		/* clang-format off */
		{    0, 100,    0,   0, E_NONE },
		{   50, 100,   50,  50, E_NONE },
		{   20, 100,   50,  50, E_NONE },
		{  100, 100,  100, 100, E_NONE },
		{   51, 100,   50,  50, E_UPLOAD_POSITION }, /* a gap */
		{   50,  99,   50,  50, E_UPLOAD_POSITION }, /* not pending */
		{   50, 100,  200, 200, E_UPLOAD_POSITION }, /* overtaken */
		{    0,   0,   50,  50, E_UPLOAD_POSITION }, /* asks */
		{    0, 9000, 8193, 50, E_UPLOAD_POSITION }, /* far below */
		{    1, 9000, 8193, 50, E_NONE },
		/* clang-format on */
	};
	static const uint64_t pending[] = { 100, 9000 };

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct mirror_upload up = { .header = { span_text("log"),
						cases[i].start, cases[i].end,
						span_text("") } };
		struct mirror_known known = { pending, 2, cases[i].next,
			cases[i].size };
		struct error err = { .code = E_NONE };

		tap_note("case %zu", i);
		(void)!mirror_upload_check(&up, &known, &err);
		check_int(err.code, cases[i].want);
		known.n = 0;
		check(mirror_upload_check(&up, &known, &err) == -1);
		check_int(err.code, E_UPLOAD_PENDING);
	}
}

TEST(hostile_headers_and_packages_are_refused)
{
	struct mirror_package *package =
	    arena_alloc(lab_arena(), sizeof(*package));
	struct mirror_upload up;
	struct error err;
	struct buf body;
	bool is_end;

	buf_init(&body, 2 * MIRROR_REQUEST_MAX);
	buf_u16(&body, 3);
	buf_text(&body, "log");
	buf_u64(&body, 5);
	buf_u64(&body, UINT64_MAX);
	buf_u16(&body, 0);
	check(mirror_upload_parse(&up, buf_span(&body), &err) == -1);
	check_int(err.code, E_RANGE);
	body.ptr[13] = 0; /* 2^56 - 1: may be claimed, but is not there */
	check(mirror_upload_parse(&up, buf_span(&body), &err) == 0);
	check(mirror_package_next(package, &is_end, &up, &err) == 0 && is_end);
	for (size_t len = 0; len < body.len; len++)
		check(mirror_upload_parse(&up, span_of(body.ptr, len), &err) ==
		    -1);
	body.ptr[12] = 0xff; /* starts after its end */
	memset(body.ptr + 13, 0, 8);
	check(mirror_upload_parse(&up, buf_span(&body), &err) == -1);
	check_int(err.code, E_RANGE);
	/* 0 to 0, and yet something follows */
	memset(body.ptr + 5, 0, 16);
	buf_u8(&body, 0);
	check(mirror_upload_parse(&up, buf_span(&body), &err) == 0);
	check(mirror_package_next(package, &is_end, &up, &err) == -1);
	check_int(err.code, E_SYNTAX);
	/* one entry with a proof of 64 hashes */
	body.ptr[20] = 1;
	buf_u8(&body, 0);
	buf_u8(&body, 64);
	while (body.len < 4000)
		buf_u8(&body, 0);
	check(mirror_upload_parse(&up, buf_span(&body), &err) == 0);
	check(mirror_package_next(package, &is_end, &up, &err) == -1);
	check_int(err.code, E_SYNTAX);
	while (body.len <= MIRROR_REQUEST_MAX)
		buf_u64(&body, 0);
	check(mirror_upload_parse(&up, buf_span(&body), &err) == -1);
	check_int(err.code, E_TOO_LARGE);
	buf_clear(&body);
}

TEST(a_request_has_at_most_32_packages_and_one_whatever_the_budget)
{
	struct arena *arena = arena_new();
	struct ledger_log *large = ledger_log_new(arena, 8500);
	struct mirror_package *package = arena_alloc(arena, sizeof(*package));
	struct mirror_header header = { span_text("log"), 10, 8500,
		span_text("") };
	struct mirror_source source = source_of(large);
	struct mirror_upload up;
	struct error err;
	uint64_t next;
	struct buf body;
	bool is_end;
	int n = 0;

	for (uint64_t i = 0; i < 8500; i++)
		ledger_log_append(large, span_text("e"));
	buf_init(&body, MIRROR_REQUEST_MAX);
	require(
	    mirror_request_write(&body, &next, &header, &source, 0, &err) == 0);
	check_int((long long)next, 256);
	buf_drop(&body, body.len);
	require(mirror_request_write(&body, &next, &header, &source,
		    MIRROR_REQUEST_MAX, &err) == 0);
	check_int((long long)next, 8192);
	require(mirror_upload_parse(&up, buf_span(&body), &err) == 0);
	while (mirror_package_next(package, &is_end, &up, &err) == 0 && !is_end)
		n++;
	check_int(n, 32);
	buf_u8(&body, 0); /* the beginning of a 33rd */
	require(mirror_upload_parse(&up, buf_span(&body), &err) == 0);
	while (mirror_package_next(package, &is_end, &up, &err) == 0 && !is_end)
		;
	check_int(err.code, E_TOO_LARGE);
	buf_clear(&body);
	arena_free(arena);
}

TEST(the_largest_entries_fill_the_largest_request)
{
	struct arena *arena = arena_new();
	struct ledger_log *large = ledger_log_new(arena, 257);
	struct mirror_header header = { span_text("log"), 0, 257,
		span_text("") };
	struct mirror_source source = source_of(large);
	uint8_t *bytes = arena_alloc(arena, MIRROR_ENTRY_MAX + 1);
	struct error err;
	uint64_t next;
	struct buf body;

	for (uint64_t i = 0; i < 256; i++)
		ledger_log_append(large, span_of(bytes, MIRROR_ENTRY_MAX));
	ledger_log_append(large, span_of(bytes, MIRROR_ENTRY_MAX + 1));
	buf_init(&body, MIRROR_REQUEST_MAX);
	header.end = 256;
	check(mirror_request_write(&body, &next, &header, &source,
		  MIRROR_REQUEST_MAX, &err) == 0);
	check(buf_check(&body, &err) == 0);
	check_int((long long)next, 256);
	buf_drop(&body, body.len);
	header.end = 257;
	check(mirror_request_write(&body, &next, &header, &source,
		  MIRROR_REQUEST_MAX, &err) == -1);
	check_int(err.code, E_TOO_LARGE);
	buf_clear(&body);
	arena_free(arena);
}

TEST(mirror_info_is_three_strict_lines)
{
	static const char *const bad[] = { "", "5\n6\n",
		"5\n6\nAA==", "05\n6\n\n", "5\n6\nA\n", "5\n6\n\n\n",
		"5\r\n6\r\n\r\n", "x\n6\n\n" };
	struct arena *arena = lab_arena();
	struct mirror_info info = { TREE_SIZE_MAX, 7, span_text("ticket") };
	struct mirror_info again;
	struct error err;
	struct buf body;

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		check(mirror_info_parse(&again, span_text(bad[i]), arena,
			  &err) == -1);
	buf_init(&body, MIRROR_INFO_MAX);
	mirror_info_write(&body, &info);
	check(mirror_info_parse(&again, buf_span(&body), arena, &err) == 0);
	check(again.size == info.size && again.next == info.next);
	check(span_is_equal(again.ticket, info.ticket));
	buf_clear(&body);
	check(
	    mirror_info_parse(&again, span_text("5\n6\n\n"), arena, &err) == 0);
	check(again.ticket.len == 0);
}
