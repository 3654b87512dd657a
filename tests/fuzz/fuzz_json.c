#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "formats/json.h"
#include "tests/fuzz/fuzz.h"

/*
 * I-JSON: what is read is written in one form, and that, read again, is
 * written the same; the form for people says the same too.
 */

#define TEXT_MAX ((size_t)64 << 10)

static const char *const seeds[] = {
	"{\"a\":[1,-2.5e3,true,false,null,\"\\u00e9\\ud83d\\ude00\"],\"\":{}}",
	"[9007199254740992,0.1,1e21,1e-7,-0,\"\\b\\f\\n\\r\\t\\\\\\/\"]",
	"[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]",
	"{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\",\"\\u20ac\":1,\"$\":2,\"a\":3}",
};

static bool reached;

static struct json *
reread(struct buf *buf)
{
	struct error err;
	struct json *json;

	fuzz_done(buf_check(buf, &err), &err);
	fuzz_done(json_read(&json, buf_span(buf), 16 * TEXT_MAX, E_SYNTAX,
		      &err),
	    &err);
	return json;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json *json = NULL, *again, *pretty;
	struct buf once, twice, people, thrice;
	struct error err;

	reached = false;
	if (json_read(&json, span_of(data, size), TEXT_MAX, E_SYNTAX, &err) ==
	    -1) {
		fuzz_must(err.code == E_SYNTAX);
		return 0;
	}
	buf_init(&once, 16 * TEXT_MAX);
	buf_init(&twice, 16 * TEXT_MAX);
	buf_init(&people, 16 * TEXT_MAX);
	buf_init(&thrice, 16 * TEXT_MAX);
	json_write(&once, json);
	again = reread(&once);
	json_write(&twice, again);
	fuzz_must(span_is_equal(buf_span(&once), buf_span(&twice)));
	json_write_pretty(&people, json);
	pretty = reread(&people);
	json_write(&thrice, pretty);
	fuzz_must(span_is_equal(buf_span(&once), buf_span(&thrice)));
	reached = true;
	json_free(json);
	json_free(again);
	json_free(pretty);
	buf_clear(&once);
	buf_clear(&twice);
	buf_clear(&people);
	buf_clear(&thrice);
	return 0;
}

bool
fuzz_seed(unsigned n, struct buf *out)
{
	if (n >= COUNT_OF(seeds))
		return false;
	buf_text(out, seeds[n]);
	return true;
}

bool
fuzz_reached(void)
{
	return reached;
}
