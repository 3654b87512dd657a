#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "proc/http_head.h"

/* Digits of a Content-Length; and of a chunk's length, in hex. */
#define LENGTH_DIGITS_MAX ((size_t)15)
#define CHUNK_DIGITS_MAX ((size_t)8)

/* RFC 9110, 9.1 and RFC 5789. */
static const struct {
	const char *name;
	enum http_method method;
} methods[] = {
	{ "GET", HTTP_GET },
	{ "HEAD", HTTP_HEAD },
	{ "POST", HTTP_POST },
	{ "PUT", HTTP_PUT },
	{ "PATCH", HTTP_PATCH },
	{ "DELETE", HTTP_OTHER },
	{ "OPTIONS", HTTP_OTHER },
	{ "TRACE", HTTP_OTHER },
	{ "CONNECT", HTTP_OTHER },
};

static int
malformed(struct error *err, const char *what)
{
	return error_set(err, E_HTTP_REQUEST, "%s", what);
}

/* RFC 9110, 5.6.2 */
static bool
is_token(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (c <= 0x20 || c >= 0x7f ||
		    strchr("\"(),/:;<=>?@[\\]{}", c) != NULL)
			return false;
	}
	return text.len > 0;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* The same letters, whatever their case. */
static bool
is_word(struct span text, const char *word)
{
	return text.len == strlen(word) &&
	    strncasecmp((const char *)text.ptr, word, text.len) == 0;
}

static struct span
trim(struct span text)
{
	while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
		text = span_skip(text, 1);
	while (text.len > 0 &&
	    (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
		text.len--;
	return text;
}

/* What stands before ${byte}; ${rest} is what follows it. */
static bool
cut(struct span *part, struct span *rest, struct span text, uint8_t byte)
{
	size_t at = span_find(text, byte);

	*part = span_of(text.ptr, at);
	*rest = span_skip(text, at + 1);
	return at < text.len;
}

/* The next line, without its CRLF. */
static int
next_line(struct span *line, struct span *rest, struct error *err)
{
	if (!cut(line, rest, *rest, '\n') || line->len == 0 ||
	    line->ptr[line->len - 1] != '\r')
		return malformed(err, "a line that does not end with CRLF");
	line->len--;
	return 0;
}

static int
read_method(enum http_method *out, struct span name, struct error *err)
{
	if (!is_token(name))
		return malformed(err, "no method");
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		if (span_is_text(name, methods[i].name)) {
			*out = methods[i].method;
			return 0;
		}
	}
	return error_set(err, E_HTTP_METHOD, "the method");
}

/* HTTP/1.0 closes after each answer. */
static int
read_version(bool *is_old, struct span text, struct error *err)
{
	if (text.len != 8 || !span_has_prefix(text, span_text("HTTP/")) ||
	    !is_digit(text.ptr[5]) || text.ptr[6] != '.' ||
	    !is_digit(text.ptr[7]))
		return malformed(err, "no version of HTTP");
	if (text.ptr[5] != '1')
		return error_set(err, E_HTTP_VERSION, "HTTP/%c", text.ptr[5]);
	*is_old = text.ptr[7] == '0';
	return 0;
}

/* METHOD SP TARGET SP VERSION, RFC 9112, 3 */
static int
read_start(struct http_head *out, struct span line, bool *is_old,
    struct error *err)
{
	struct span method, version;

	if (!cut(&method, &line, line, ' ') ||
	    !cut(&out->target, &version, line, ' '))
		return malformed(err, "not a request line");
	if (read_version(is_old, version, err) == -1 ||
	    read_method(&out->method, method, err) == -1)
		return -1;
	for (size_t i = 0; i < out->target.len; i++)
		if (out->target.ptr[i] <= 0x20 || out->target.ptr[i] >= 0x7f)
			return malformed(err, "not a request target");
	if (out->target.len == 0)
		return malformed(err, "no request target");
	return 0;
}

int
http_line_check(struct span line, struct error *err)
{
	struct span rest = line;
	struct http_head head;
	bool is_old;

	if (next_line(&line, &rest, err) == -1)
		return -1;
	return read_start(&head, line, &is_old, err);
}

/* Name, colon, value: RFC 9112, 5.  No line is folded: no name begins blank. */
static int
read_field(struct http_field *out, struct span line, struct error *err)
{
	if (!cut(&out->name, &out->value, line, ':') || !is_token(out->name))
		return malformed(err, "not a field");
	out->value = trim(out->value);
	for (size_t i = 0; i < out->value.len; i++) {
		uint8_t c = out->value.ptr[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return malformed(err, "a control character");
	}
	return 0;
}

static int
read_fields(struct http_head *out, struct span rest, struct error *err)
{
	struct span line;

	for (;;) {
		if (next_line(&line, &rest, err) == -1)
			return -1;
		if (line.len == 0)
			break;
		if (out->fields_n == HTTP_FIELDS_MAX)
			return error_set(err, E_HTTP_HEAD,
			    "more than %zu fields", HTTP_FIELDS_MAX);
		if (read_field(&out->fields[out->fields_n], line, err) == -1)
			return -1;
		out->fields_n++;
	}
	return rest.len == 0 ? 0 : malformed(err, "bytes after the head");
}

int
http_head_find(const struct span **out, const struct http_head *head,
    const char *name, struct error *err)
{
	*out = NULL;
	for (size_t i = 0; i < head->fields_n; i++) {
		if (!is_word(head->fields[i].name, name))
			continue;
		if (*out != NULL)
			return error_set(err, E_HTTP_REQUEST, "%s twice", name);
		*out = &head->fields[i].value;
	}
	return 0;
}

static int
read_length(struct http_head *out, struct span digits, struct error *err)
{
	if (digits.len == 0 || digits.len > LENGTH_DIGITS_MAX)
		return malformed(err, "Content-Length");
	for (size_t i = 0; i < digits.len; i++) {
		if (!is_digit(digits.ptr[i]))
			return malformed(err, "Content-Length");
		out->length =
		    10 * out->length + (uint64_t)(digits.ptr[i] - '0');
	}
	return 0;
}

/* How the body is framed, RFC 9112, 6.3: by one way, not two. */
static int
read_framing(struct http_head *out, bool is_old, struct error *err)
{
	const struct span *length, *coding;

	if (http_head_find(&length, out, "Content-Length", err) == -1 ||
	    http_head_find(&coding, out, "Transfer-Encoding", err) == -1)
		return -1;
	if (coding != NULL && (length != NULL || is_old))
		return malformed(err, "a length told in two ways");
	if (coding != NULL && !is_word(*coding, "chunked"))
		return error_set(err, E_HTTP_TRANSFER, "Transfer-Encoding");
	out->is_chunked = coding != NULL;
	return length == NULL ? 0 : read_length(out, *length, err);
}

/* RFC 9110, 10.1.1: what HTTP/1.0 expects does not count. */
static int
read_expectation(struct http_head *out, bool is_old, struct error *err)
{
	const struct span *expect;

	if (http_head_find(&expect, out, "Expect", err) == -1)
		return -1;
	if (expect == NULL || is_old)
		return 0;
	if (!is_word(*expect, "100-continue"))
		return error_set(err, E_HTTP_EXPECT, "Expect");
	out->expects_answer = true;
	return 0;
}

/* RFC 9112, 9.6: "close" among the words of all Connection fields. */
static bool
says_close(const struct http_head *head)
{
	for (size_t i = 0; i < head->fields_n; i++) {
		struct span word, rest = head->fields[i].value;

		if (!is_word(head->fields[i].name, "Connection"))
			continue;
		while (rest.len > 0) {
			cut(&word, &rest, rest, ',');
			if (is_word(trim(word), "close"))
				return true;
		}
	}
	return false;
}

int
http_head_parse(struct http_head *out, struct span bytes, struct error *err)
{
	const struct span *host;
	struct span line;
	bool is_old;

	memset(out, 0, sizeof(*out));
	if (bytes.len > HTTP_HEAD_MAX)
		return error_set(err, E_HTTP_HEAD, "%zu bytes", bytes.len);
	if (next_line(&line, &bytes, err) == -1 ||
	    read_start(out, line, &is_old, err) == -1 ||
	    read_fields(out, bytes, err) == -1 ||
	    read_framing(out, is_old, err) == -1 ||
	    read_expectation(out, is_old, err) == -1 ||
	    http_head_find(&host, out, "Host", err) == -1)
		return -1;
	if (host == NULL && !is_old) /* RFC 9112, 3.2 */
		return malformed(err, "no Host");
	out->is_last = is_old || says_close(out);
	return 0;
}

static int
hex_digit(uint8_t c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int
http_chunk_parse(size_t *out, struct span line, struct error *err)
{
	struct span digits, extension, rest = line;
	size_t size = 0;

	if (next_line(&line, &rest, err) == -1)
		return -1;
	cut(&digits, &extension, line, ';');
	digits = trim(digits);
	if (digits.len == 0 || digits.len > CHUNK_DIGITS_MAX)
		return malformed(err, "a chunk's length");
	for (size_t i = 0; i < digits.len; i++) {
		int digit = hex_digit(digits.ptr[i]);

		if (digit == -1)
			return malformed(err, "a chunk's length");
		size = size << 4 | (size_t)digit;
	}
	*out = size;
	return 0;
}
