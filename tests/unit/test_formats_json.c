#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/instant.h"
#include "domain/record.h"
#include "formats/json.h"
#include "tests/lab.h"
#include "tests/tap.h"

#define TEXT_MAX ((size_t)64 << 10)

static int
read_bytes(struct json **out, struct span text, struct error *err)
{
	return json_read(out, text, TEXT_MAX, E_RECORD_SYNTAX, err);
}

/* ${text} read and written canonically, or "refused". */
static const char *
canonical(const char *text)
{
	struct arena *arena = lab_arena();
	struct json *json = NULL;
	struct error err;
	struct buf out;
	const char *got = "refused";

	buf_init(&out, TEXT_MAX);
	if (read_bytes(&json, span_text(text), &err) == 0) {
		json_write(&out, json);
		got = arena_text(arena, buf_span(&out));
	}
	buf_clear(&out);
	json_free(json);
	return got;
}

/* ${depth} lists in each other. */
static const char *
nested(unsigned depth)
{
	char *text = arena_alloc(lab_arena(), 2 * (size_t)depth + 1);

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	return text;
}

/* None of these is I-JSON. */
static const struct {
	const char *what;
	struct span text;
} refused[] = {
#define BYTES(s)                                    \
	{                                           \
		(const uint8_t *)(s), sizeof(s) - 1 \
	}
	/* clang-format off */
	{ "empty",               BYTES("") },
	{ "only blanks",         BYTES(" \n") },
	{ "a bare word",         BYTES("true") },
	{ "a bare text",         BYTES("\"a\"") },
	{ "a bare number",       BYTES("1") },
	{ "byte order mark",     BYTES("\xef\xbb\xbf{}") },
	{ "UTF-16",              BYTES("{\0}\0") },
	{ "trailing byte",       BYTES("{}x") },
	{ "trailing object",     BYTES("{}{}") },
	{ "trailing NUL",        BYTES("{}\0") },
	{ "leading NUL",         BYTES("\0{}") },
	{ "cut short",           BYTES("{\"a\":1") },
	{ "cut in a text",       BYTES("{\"a\":\"b") },
	{ "cut in an escape",    BYTES("{\"a\":\"\\") },
	{ "trailing comma",      BYTES("{\"a\":1,}") },
	{ "comment",             BYTES("{/**/}") },
	{ "single quotes",       BYTES("{'a':1}") },
	{ "bare name",           BYTES("{a:1}") },
	{ "member twice",        BYTES("{\"a\":1,\"a\":1}") },
	{ "member twice, inner", BYTES("{\"b\":[{\"a\":1,\"a\":2}]}") },
	{ "twice by escape",     BYTES("{\"a\":1,\"\\u0061\":1}") },
	{ "U+0000 in a text",    BYTES("{\"a\":\"\\u0000\"}") },
	{ "U+0000 in a name",    BYTES("{\"\\u0000\":1}") },
	{ "NUL byte in a text",  BYTES("{\"a\":\"b\0c\"}") },
	{ "control character",   BYTES("{\"a\":\"\n\"}") },
	{ "lone high surrogate", BYTES("{\"a\":\"\\ud800\"}") },
	{ "lone low surrogate",  BYTES("{\"a\":\"\\udc00\"}") },
	{ "high twice",          BYTES("{\"a\":\"\\ud800\\ud800\"}") },
	{ "surrogate in UTF-8",  BYTES("{\"a\":\"\xed\xa0\x80\"}") },
	{ "noncharacter",        BYTES("{\"a\":\"\\uffff\"}") },
	{ "noncharacter FDD0",   BYTES("{\"a\":[\"\xef\xb7\x90\"]}") },
	{ "noncharacter in name", BYTES("{\"\\ufffe\":1}") },
	{ "noncharacter 1FFFE",  BYTES("{\"a\":\"\\ud83f\\udffe\"}") },
	{ "bad UTF-8",           BYTES("{\"a\":\"\xff\"}") },
	{ "overlong UTF-8",      BYTES("{\"a\":\"\xc0\xaf\"}") },
	{ "cut UTF-8",           BYTES("{\"a\":\"\xe2\x82\"}") },
	{ "beyond U+10FFFF",     BYTES("{\"a\":\"\xf4\x90\x80\x80\"}") },
	{ "NaN",                 BYTES("{\"a\":NaN}") },
	{ "Infinity",            BYTES("{\"a\":Infinity}") },
	{ "1e400",               BYTES("{\"a\":1e400}") },
	{ "-1e400",              BYTES("{\"a\":-1e400}") },
	{ "leading zero",        BYTES("{\"a\":01}") },
	{ "plus sign",           BYTES("{\"a\":+1}") },
	{ "hexadecimal",         BYTES("{\"a\":0x10}") },
	{ "2^53 + 1",            BYTES("{\"a\":9007199254740993}") },
	{ "-2^53 - 1",           BYTES("{\"a\":[-9007199254740993]}") },
	{ "1e20, written in full", BYTES("{\"a\":1e20}") },
	{ "-2^53 - 2 as a real", BYTES("{\"a\":-9007199254740994.0}") },
	{ "2^63",                BYTES("{\"a\":9223372036854775808}") },
	{ "a hundred digits",    BYTES("{\"a\":11111111111111111111111"
	    "111111111111111111111111111111111111111111111111111111111"
	    "11111111111111111111}") },
/* clang-format on */
#undef BYTES
};

TEST(hostile_texts_are_refused_with_the_code_that_the_caller_named)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct json *json = NULL;
		struct error err = { .code = E_NONE };

		tap_note("%s", refused[i].what);
		check(read_bytes(&json, refused[i].text, &err) == -1);
		check_int(err.code, E_RECORD_SYNTAX);
		check(json == NULL);
		json_free(json);
	}
}

TEST(sixteen_levels_are_read_and_seventeen_are_not)
{
	struct json *json = NULL;
	struct error err;

	check(strcmp(canonical(nested(RECORD_DEPTH_MAX)), "refused") != 0);
	check_str(canonical(nested(RECORD_DEPTH_MAX + 1)), "refused");
	check(read_bytes(&json, span_text(nested(30000)), &err) == -1);
	check(strstr(err.detail, "deeper than 16") != NULL);
}

TEST(brackets_in_texts_are_not_levels)
{
	check_str(canonical(
		      "{\"[[[[[[[[[[[[[[[[[[\":\"\\\"{{{{{{{{{{{{{{{{{\"}"),
	    "{\"[[[[[[[[[[[[[[[[[[\":\"\\\"{{{{{{{{{{{{{{{{{\"}");
	check_str(canonical("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
			    "[],[],[]]"),
	    "[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]");
}

TEST(a_text_beyond_the_callers_limit_is_refused)
{
	struct json *json = NULL;
	struct error err;

	check(json_read(&json, span_text("{\"a\":1}"), 7, E_CARD, &err) == 0);
	json_free(json);
	json = NULL;
	check(json_read(&json, span_text("{\"a\":1}"), 6, E_CARD, &err) == -1);
	check_int(err.code, E_CARD);
}

TEST(the_largest_integers_are_read)
{
	check_str(canonical("[9007199254740992,-9007199254740992,0]"),
	    "[9007199254740992,-9007199254740992,0]");
}

/* The example of RFC 8785 section 3.2.2. */
TEST(the_example_of_rfc_8785_is_written_as_there)
{
	check_str(canonical("{\"numbers\":[333333333.33333329,1E30,4.50,2e-3,"
			    "0.000000000000000000000000001],"
			    "\"string\":\"\\u20ac$\\u000F\\u000aA'\\u0042"
			    "\\u0022\\u005c\\\\\\\"\\/\","
			    "\"literals\":[null,true,false]}"),
	    "{\"literals\":[null,true,false],"
	    "\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
	    "\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

/* The example of RFC 8785 section 3.2.3. */
TEST(members_are_sorted_by_their_utf_16_code_units)
{
	check_str(canonical("{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,"
			    "\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7,"
			    "\"\":8,\"11\":9}"),
	    "{\"\":8,\"\\r\":2,\"1\":4,\"11\":9,\"\xc2\x80\":6,\"\xc3\xb6\":7,"
	    "\"\xe2\x82\xac\":1,\"\xf0\x9f\x98\x80\":5,\"\xef\xac\xb3\":3}");
}

/* RFC 8785 appendix B, and the edges of ECMAScript's notation. */
TEST(real_numbers_are_written_as_ecmascript_writes_them)
{
	static const struct {
		const char *read, *want;
	} numbers[] = {
		/* clang-format off */
		{ "0.0",                     "0" },
		{ "-0.0",                    "0" },
		{ "5e-324",                  "5e-324" },
		{ "-5e-324",                 "-5e-324" },
		{ "1.7976931348623157e308",  "1.7976931348623157e+308" },
		{ "9007199254740992.0",      "9007199254740992" },
		{ "9.999999999999997e22",    "9.999999999999997e+22" },
		{ "1e23",                    "1e+23" },
		{ "1.0000000000000001e23",   "1.0000000000000001e+23" },
		{ "1e21",                    "1e+21" },
		{ "9.999999999999997e-7",    "9.999999999999997e-7" },
		{ "0.000001",                "0.000001" },
		{ "0.0000001",               "1e-7" },
		{ "333333333.3333332",       "333333333.3333332" },
		{ "333333333.33333325",      "333333333.33333325" },
		{ "-0.0000033333333333333333", "-0.0000033333333333333333" },
		{ "1424953923781206.2",      "1424953923781206.2" },
		{ "1e-400",                  "0" },
		/* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		struct arena *arena = lab_arena();

		check_str(canonical(
			      arena_printf(arena, "[%s]", numbers[i].read)),
		    arena_printf(arena, "[%s]", numbers[i].want));
	}
}

TEST(what_was_written_is_read_and_written_the_same)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"{\"a\":{\"b\":[1,\"\xd1\x8f\",true,null]},\"b\":\"\\t\x7f\"}",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		check_str(canonical(texts[i]), texts[i]);
}

TEST(people_get_one_member_a_line)
{
	struct json *json = NULL;
	struct error err;
	struct buf out;

	buf_init(&out, TEXT_MAX);
	require(
	    read_bytes(&json, span_text("{\"b\":[1,{}],\"a\":[]}"), &err) == 0);
	json_write_pretty(&out, json);
	buf_u8(&out, 0);
	check_str((char *)out.ptr,
	    "{\n  \"a\": [],\n  \"b\": [\n    1,\n    {}\n  ]\n}\n");
	buf_clear(&out);
	json_free(json);
}

/* A reader for all of the tests of members. */
static const char members[] =
    "{\"text\":\"abc\",\"int\":-5,\"size\":17,\"flag\":true,\"null\":null,"
    "\"real\":1.0,\"at\":\"2026-11-22T10:00:00Z\",\"empty\":\"\","
    "\"base64\":\"AAEC\",\"object\":{\"in\":1},\"list\":[\"x\",{},2],"
    "\"hash\":"
    "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}";

TEST(members_are_read_by_their_type)
{
	struct arena *arena = lab_arena();
	struct json_reader in, inner;
	struct json *json = NULL;
	struct json_list list;
	struct instant at;
	struct error err;
	struct span text;
	struct hash hash;
	uint64_t size;
	int64_t number;
	bool flag;

	require(read_bytes(&json, span_text(members), &err) == 0);
	require(json_reader_of(&in, json, "", E_CARD, &err) == 0);
	check(json_get_text(&text, &in, "text", JSON_REQUIRED, 3, &err) == 0);
	check(span_is_text(text, "abc"));
	check(json_get_integer(&number, &in, "int", JSON_REQUIRED, -5, 9,
		  &err) == 0);
	check_int(number, -5);
	check(json_get_size(&size, &in, "size", JSON_REQUIRED, &err) == 0);
	check_int((long long)size, 17);
	check(json_get_flag(&flag, &in, "flag", JSON_REQUIRED, &err) == 0);
	check(flag);
	check(json_get_instant(&at, &in, "at", JSON_REQUIRED, &err) == 0);
	check_int(at.s, 1795341600);
	check(json_get_hash(&hash, &in, "hash", JSON_REQUIRED, &err) == 0);
	check_int(hash.bytes[31], 0xff);
	check(json_get_base64(&text, &in, "base64", JSON_REQUIRED, arena,
		  &err) == 0);
	check_mem(text.ptr, text.len, "\0\1\2", 3);
	check(json_get_object(&inner, &in, "object", JSON_REQUIRED, &err) == 0);
	check(json_has(&inner, "in"));
	check(!json_has(&inner, "out"));
	check(json_get_list(&list, &in, "list", JSON_REQUIRED, 3, &err) == 0);
	check_int((long long)list.n, 3);
	check(json_list_text(&text, &list, 0, 1, &err) == 0);
	check(json_list_object(&inner, &list, 1, &err) == 0);
	check(json_list_object(&inner, &list, 2, &err) == -1);
	check_str(err.detail, "list: not an object");
	json_free(json);
}

/* Every getter on ${name}; how many take it. */
static int
takers(const struct json_reader *in, const char *name, enum json_need need)
{
	struct arena *arena = lab_arena();
	struct json_reader inner;
	struct json_list list;
	struct instant at;
	struct error err;
	struct span text;
	struct hash hash;
	uint64_t size;
	int64_t number;
	bool flag;

	return (json_get_text(&text, in, name, need, 99, &err) == 0) +
	    (json_get_integer(&number, in, name, need, 0, 99, &err) == 0) +
	    (json_get_size(&size, in, name, need, &err) == 0) +
	    (json_get_flag(&flag, in, name, need, &err) == 0) +
	    (json_get_instant(&at, in, name, need, &err) == 0) +
	    (json_get_hash(&hash, in, name, need, &err) == 0) +
	    (json_get_base64(&text, in, name, need, arena, &err) == 0) +
	    (json_get_object(&inner, in, name, need, &err) == 0) +
	    (json_get_list(&list, in, name, need, 99, &err) == 0);
}

TEST(a_member_of_another_type_is_refused_also_when_optional)
{
	static const struct {
		const char *name;
		int takers;
	} cases[] = {
		/* clang-format off */
		{ "text",   1 }, /* no base64: not padded */
		{ "int",    0 }, /* out of range */
		{ "size",   2 },
		{ "flag",   1 },
		{ "null",   0 },
		{ "real",   0 },
		{ "at",     2 },
		{ "empty",  1 },
		{ "base64", 2 },
		{ "object", 1 },
		{ "list",   1 },
		{ "hash",   3 }, /* 64 hex digits happen to be base64 */
		/* clang-format on */
	};
	struct json *json = NULL;
	struct json_reader in;
	struct error err;

	require(read_bytes(&json, span_text(members), &err) == 0);
	require(json_reader_of(&in, json, "", E_CARD, &err) == 0);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		tap_note("%s", cases[i].name);
		check_int(takers(&in, cases[i].name, JSON_OPTIONAL),
		    cases[i].takers);
		check_int(takers(&in, cases[i].name, JSON_REQUIRED),
		    cases[i].takers);
	}
	check_int(takers(&in, "absent", JSON_OPTIONAL), 9);
	check_int(takers(&in, "absent", JSON_REQUIRED), 0);
	json_free(json);
}

TEST(the_error_names_the_member_and_blames_as_it_was_told)
{
	struct json_reader in, inner;
	struct json *json = NULL;
	struct error err;
	uint64_t size = 7;

	require(read_bytes(&json, span_text("{\"a\":{\"b\":-1}}"), &err) == 0);
	require(json_reader_of(&in, json, "", E_RECORD_MEMBER, &err) == 0);
	require(json_get_object(&inner, &in, "a", JSON_REQUIRED, &err) == 0);
	check(json_get_size(&size, &inner, "b", JSON_REQUIRED, &err) == -1);
	check_int(err.code, E_RECORD_MEMBER);
	check_str(err.detail, "a.b: out of range");
	check(json_get_size(&size, &inner, "c", JSON_REQUIRED, &err) == -1);
	check_str(err.detail, "a.c: missing");
	check(json_get_size(&size, &inner, "c", JSON_OPTIONAL, &err) == 0);
	check_int((long long)size, 7);
	json_free(json);
}

TEST(bytes_that_are_no_text_are_shown_as_replacements)
{
	struct json *json = json_object_new();
	struct buf out;

	buf_init(&out, TEXT_MAX);
	json_set_text(json, "a", span_of("x\0\xff\xed\xa0\x80y\xc3\xa9", 9));
	json_set_text(json, "b", span_of(NULL, 0));
	json_write(&out, json);
	buf_u8(&out, 0);
	check_str((char *)out.ptr,
	    "{\"a\":\"x\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
	    "\xef\xbf\xbdy\xc3\xa9\",\"b\":\"\"}");
	buf_clear(&out);
	json_free(json);
}

static int
count_until(void *ctx, const char *name, const struct json *value)
{
	int *n = ctx;

	(void)name;
	(void)value;
	return ++*n == 2 ? 5 : 0;
}

TEST(each_member_is_seen_until_one_stops)
{
	struct json *json = NULL;
	struct error err;
	int n = 0;

	require(read_bytes(&json, span_text("{\"a\":1,\"b\":2,\"c\":3}"),
		    &err) == 0);
	check_int(json_each(json, count_until, &n), 5);
	check_int(n, 2);
	json_free(json);
}
