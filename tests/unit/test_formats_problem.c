#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "formats/problem.h"
#include "tests/lab.h"
#include "tests/tap.h"

/* No name of ours is nearly as long. */
#define ALONG "a-long-name-of-an-error-that-nobody-has-ever-heard-of"

static const char *
written(const struct error *what, bool with_detail)
{
	const char *got;
	struct buf out;

	buf_init(&out, PROBLEM_MAX);
	problem_write(&out, what, with_detail);
	got = arena_text(lab_arena(), buf_span(&out));
	buf_clear(&out);
	return got;
}

TEST(a_peer_is_told_the_code_and_its_text_and_no_detail)
{
	struct error what;

	error_set(&what, E_SEAL_SIGNERS, "/var/lib/secret");
	check_str(written(&what, false),
	    "{\"fault\":\"peer\",\"status\":400,"
	    "\"title\":\"not signed by exactly one signer\","
	    "\"type\":\"tag:demarche,2026:error/seal-signers\"}");
	check(strstr(written(&what, true), "\"detail\":\"/var/lib/secret\"") !=
	    NULL);
}

TEST(every_error_is_recognised_by_the_node_that_is_told)
{
	static const enum error_code codes[] = {
#define ERROR(code, number, http, fault, name, text) code,
#include "base/errors.def"
#undef ERROR
	};

	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		const struct error what = { .code = codes[i] };
		enum error_code got = E_INTERNAL;
		struct error err;

		tap_note("%s", error_name(codes[i]));
		check(problem_read(&got, span_text(written(&what, false)),
			  &err) == 0);
		check_int(got, codes[i]);
	}
}

TEST(a_problem_of_another_program_is_none_of_ours)
{
	static const char *const others[] = {
		"{\"type\":\"about:blank\"}",
		"{\"type\":\"\"}",
		"{\"type\":\"" PROBLEM_TAG "\"}",
		"{\"type\":\"" PROBLEM_TAG "no-such-error\"}",
		"{\"type\":\"" PROBLEM_TAG ALONG ALONG "\"}",
	};

	for (size_t i = 0; i < COUNT_OF(others); i++) {
		enum error_code got = E_INTERNAL;
		struct error err;

		tap_note("%s", others[i]);
		check(problem_read(&got, span_text(others[i]), &err) == 0);
		check_int(got, E_NONE);
	}
}

TEST(what_is_no_problem_is_the_peers_fault)
{
	static const char *const bad[] = { "", "<html>", "[]", "{}",
		"{\"type\":7}" };

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		enum error_code got;
		struct error err;

		tap_note("%s", bad[i]);
		check(problem_read(&got, span_text(bad[i]), &err) == -1);
		check_int(err.code, E_HTTP);
	}
}
