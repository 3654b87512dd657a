#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "exchange/courier_parts.h"
#include "node/peer_wire.h"

/* RFC 9651, 3.3.1: an integer has up to 15 digits. */
#define OFFSET_DIGITS_MAX ((size_t)15)

/* Bytes of a peer's name in a detail. */
#define PEER_SHOWN_MAX 120

/* To give a transfer up, libcurl is told a length that is not its. */
static size_t
give_up(struct transfer *transfer, const char *fault)
{
	transfer->fault = fault;
	return 0;
}

/* The value of the header ${name} in ${line}; false if it is another. */
static bool
is_header(struct span *value, struct span line, const char *name)
{
	size_t len = strlen(name);

	if (line.len <= len || line.ptr[len] != ':' ||
	    strncasecmp((const char *)line.ptr, name, len) != 0)
		return false;
	line = span_skip(line, len + 1);
	while (line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
		line = span_skip(line, 1);
	while (line.len > 0 && strchr(" \t\r\n", line.ptr[line.len - 1]))
		line.len--;
	*value = line;
	return true;
}

/* Keep printable text; false if it is not, or too long. */
static bool
keep(char *to, size_t max, struct span *kept, struct span value)
{
	if (value.len > max)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] < 0x20 || value.ptr[i] >= 0x7f)
			return false;
	if (value.len > 0)
		memcpy(to, value.ptr, value.len);
	*kept = span_of(to, value.len);
	return true;
}

static bool
read_offset(struct job_answer *answer, struct span value)
{
	uint64_t offset = 0;

	if (value.len == 0 || value.len > OFFSET_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] < '0' || value.ptr[i] > '9')
			return false;
		offset = 10 * offset + (uint64_t)(value.ptr[i] - '0');
	}
	answer->offset = offset;
	answer->has_offset = true;
	return true;
}

/* False if a header that we know has a value that makes no sense. */
static bool
read_header(struct transfer *transfer, struct span line)
{
	struct job_answer *answer = &transfer->answer;
	struct span value;

	if (is_header(&value, line, "Content-Type"))
		return keep(transfer->type, PEER_TYPE_MAX, &answer->type,
		    value);
	if (is_header(&value, line, "Demarche-Missing"))
		return keep(transfer->missing, PEER_MISSING_MAX,
		    &answer->missing, value);
	if (is_header(&value, line, "Upload-Offset"))
		return read_offset(answer, value);
	if (is_header(&value, line, "Upload-Complete")) {
		answer->is_complete = span_is_text(value, "?1");
		return answer->is_complete || span_is_text(value, "?0");
	}
	return true;
}

/* A status line begins anew: what a 1xx answer said does not count. */
size_t
transfer_header(char *ptr, size_t size, size_t n, void *ctx)
{
	struct transfer *transfer = ctx;
	struct span line = span_of(ptr, size * n);

	transfer->headers_len += line.len;
	if (transfer->headers_len > COURIER_HEADERS_MAX)
		return give_up(transfer, "headers over their limit");
	if (span_has_prefix(line, span_text("HTTP/")))
		transfer->answer = (struct job_answer){ .failure = E_NONE };
	else if (!read_header(transfer, line))
		return give_up(transfer, "a header that makes no sense");
	return line.len;
}

size_t
transfer_body(char *ptr, size_t size, size_t n, void *ctx)
{
	struct transfer *transfer = ctx;

	buf_add(&transfer->body, span_of(ptr, size * n));
	if (transfer->body.is_over)
		return give_up(transfer, "an answer over its limit");
	return size * n;
}

/*
 * The alerts of RFC 8446, 6.2 by which a server turns a certificate down, in
 * libssl's words: a peer that has not added our card sends one.
 */
static bool
is_unwanted(const char *why)
{
	static const char *const alerts[] = { "alert bad certificate",
		"alert certificate unknown", "alert unknown ca",
		"alert access denied" };

	for (size_t i = 0; i < COUNT_OF(alerts); i++)
		if (strstr(why, alerts[i]) != NULL)
			return true;
	return false;
}

/* Which of our errors libcurl's is. */
static enum error_code
code_of(CURLcode code, bool is_connected, bool has_status, const char *why)
{
	switch ((int)code) {
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
		return E_TLS_PIN;
	case CURLE_SSL_CONNECT_ERROR:
		if (is_unwanted(why))
			return E_PEER_NOT_ADDED;
		/* A reason of libssl's, or the connection broke in it. */
		return strstr(why, "error:") != NULL ? E_TLS : E_NET;
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
		return E_TLS;
	case CURLE_OPERATION_TIMEDOUT:
		return is_connected ? E_HTTP_TIMEOUT : E_NET;
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		/* A refusal of our certificate comes after the handshake. */
		if (is_unwanted(why))
			return E_PEER_NOT_ADDED;
		if (strstr(why, "alert") != NULL)
			return E_TLS;
		/* An answer that breaks off; libcurls differ on the code. */
		return has_status && code == CURLE_RECV_ERROR ? E_HTTP : E_NET;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_GOT_NOTHING:
	case CURLE_INTERFACE_FAILED:
	case CURLE_URL_MALFORMAT:
		return E_NET;
	case CURLE_OUT_OF_MEMORY:
	case CURLE_FAILED_INIT:
	case CURLE_BAD_FUNCTION_ARGUMENT:
	case CURLE_UNKNOWN_OPTION:
	case CURLE_NOT_BUILT_IN:
		return E_INTERNAL;
	default:
		return E_HTTP;
	}
}

/* What is happening, and who has to do what. */
static struct span
not_added(struct transfer *transfer)
{
	int n = snprintf(transfer->why, PEER_DETAIL_MAX + 1,
	    "%.*s answers; its operator has to run \"demarche peer add\" "
	    "with our card, then all is delivered by itself",
	    PEER_SHOWN_MAX < transfer->peer.len ? PEER_SHOWN_MAX :
						  (int)transfer->peer.len,
	    (const char *)transfer->peer.ptr);

	return span_of(transfer->why, (size_t)n);
}

/* One line of printable ASCII, whatever the peer has got into it. */
static struct span
words(struct transfer *transfer, enum error_code failure, CURLcode code)
{
	char *why = transfer->why;
	size_t len;

	if (transfer->fault != NULL)
		return span_text(transfer->fault);
	if (failure == E_PEER_NOT_ADDED)
		return not_added(transfer);
	if (why[0] == '\0')
		return span_text(curl_easy_strerror(code));
	len = strnlen(why, PEER_DETAIL_MAX);
	for (size_t i = 0; i < len; i++)
		if (why[i] < 0x20 || why[i] >= 0x7f)
			why[i] = '?';
	return span_of(why, len);
}

void
transfer_conclude(struct transfer *transfer, CURLcode code)
{
	curl_off_t connected = 0;
	enum error_code failure;
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_APPCONNECT_TIME_T,
	    &connected);
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK && (status < 200 || status > 599)) {
		transfer->fault = "no status that makes sense";
		code = CURLE_WEIRD_SERVER_REPLY;
	}
	if (code == CURLE_OK) {
		transfer->answer.status = (int)status;
		transfer->answer.body = buf_span(&transfer->body);
		return;
	}
	failure = transfer->fault != NULL ?
	    E_HTTP :
	    code_of(code, connected > 0, status > 0, transfer->why);
	transfer->answer = (struct job_answer){
		.failure = failure,
		.detail = words(transfer, failure, code),
	};
}
