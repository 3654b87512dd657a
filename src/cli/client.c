#include <curl/curl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/client.h"
#include "cli/reply.h"
#include "formats/problem.h"
#include "node/home.h"

#define CONNECT_TIMEOUT_S 10L
#define URL_MAX ((size_t)512)

struct client {
	CURL *curl;
	struct curl_slist *headers;
	char *home;   /* for what is said to people */
	char *socket; /* as connect(2) takes it */
	int folder;   /* of a socket whose path is too long; or -1 */
	char why[CURL_ERROR_SIZE];
};

/* An answer being read. */
struct answer {
	struct buf body;
	long status;
	const char *type;
};

/* A path that fits into sockaddr_un, if need be by way of /proc. */
static int
find_socket(struct client *client, const struct node_home *home,
    struct error *err)
{
	char path[64];

	if (strlen(home->socket) <
	    sizeof(((struct sockaddr_un){ 0 }).sun_path)) {
		client->socket = mem_text(home->socket);
		return 0;
	}
	client->folder = open(home->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (client->folder == -1)
		return error_set(err, E_IO, "%s cannot be opened", home->path);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", client->folder,
	    strrchr(home->socket, '/') + 1);
	client->socket = mem_text(path);
	return 0;
}

int
client_open(struct client **out, const struct node_home *home,
    struct error *err)
{
	struct client *client = mem_new(sizeof(*client));

	client->folder = -1;
	client->home = mem_text(home->path);
	if (find_socket(client, home, err) == -1) {
		client_close(client);
		return -1;
	}
	/* Without TLS: nothing but the local socket is spoken to. */
	if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK ||
	    (client->curl = curl_easy_init()) == NULL) {
		client_close(client);
		return error_set(err, E_INTERNAL, "libcurl cannot be had");
	}
	*out = client;
	return 0;
}

void
client_close(struct client *client)
{
	if (client == NULL)
		return;
	curl_slist_free_all(client->headers);
	curl_easy_cleanup(client->curl);
	if (client->folder != -1)
		close(client->folder);
	free(client->socket);
	free(client->home);
	free(client);
}

static size_t
take_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct answer *answer = ctx;

	buf_add(&answer->body, span_of(bytes, size * n));
	return answer->body.is_over ? 0 : size * n;
}

static void
set_headers(struct client *client, const char *type)
{
	char line[128];

	curl_slist_free_all(client->headers);
	snprintf(line, sizeof(line), "Content-Type: %s", type);
	client->headers = curl_slist_append(NULL, line);
	client->headers = curl_slist_append(client->headers, "Expect:");
}

/* What every request has. */
static void
prepare(struct client *client, const char *url, struct answer *answer)
{
	CURL *curl = client->curl;

	curl_easy_reset(curl);
	client->why[0] = '\0';
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->why);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	/*
	 * libcurl repeats a request, a POST too, when a connection used
	 * before dies without an answer: a letter could be sent twice.
	 */
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, CLIENT_TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, client->headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
}

/* libcurl could not: is there no node, or did it stop in the middle? */
static int
refuse_curl(const struct client *client, CURLcode code,
    const struct answer *answer, struct error *err)
{
	if (answer->body.is_over)
		return error_set(err, REPLY_BLAME, "an answer of over %zu MiB",
		    CLIENT_REPLY_MAX >> 20);
	if (code == CURLE_COULDNT_CONNECT)
		return error_set(err, E_NODE_DOWN,
		    "start it with \"demarche serve --home %s\"", client->home);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return error_set(err, E_PROC_TIMEOUT, "%s", client->why);
	return error_set(err, E_PROC,
	    "the node broke off, so look whether it was done: %s",
	    client->why[0] != '\0' ? client->why : curl_easy_strerror(code));
}

/* problem+json with a detail, as the desk writes it. */
static int
refuse_problem(const struct answer *answer, struct error *err)
{
	struct span text = buf_span(&answer->body), detail;
	enum error_code code = E_NONE;
	struct json_reader in;
	struct json *json = NULL;
	struct error why;

	if (problem_read(&code, text, &why) == -1 ||
	    json_read(&json, text, PROBLEM_MAX, REPLY_BLAME, &why) == -1)
		return error_set(err, REPLY_BLAME, "HTTP status %ld",
		    answer->status);
	in = reply_of(json);
	detail = reply_text(&in, "detail");
	if (code == E_NONE) {
		detail = reply_text(&in, "title");
		code = E_INTERNAL;
	}
	error_set(err, code, "%.*s", (int)detail.len,
	    detail.ptr == NULL ? "" : (const char *)detail.ptr);
	json_free(json);
	return -1;
}

/* Make the request that was prepared. */
static int
perform(struct client *client, struct answer *answer, struct error *err)
{
	CURLcode code = curl_easy_perform(client->curl);

	if (code != CURLE_OK)
		return refuse_curl(client, code, answer, err);
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE,
	    &answer->status);
	if (answer->status / 100 != 2)
		return refuse_problem(answer, err);
	return 0;
}

/* POST ${body} and leave the bytes that come back in ${answer}. */
static int
post(struct client *client, const char *name, const struct json *body,
    struct answer *answer, struct error *err)
{
	char url[URL_MAX];
	struct buf text;
	int rc = -1;

	buf_init(&text, CLIENT_REPLY_MAX);
	json_write(&text, body);
	if (buf_check(&text, err) == -1)
		goto out;
	snprintf(url, sizeof(url), "http://localhost/v1/%s", name);
	set_headers(client, "application/json");
	prepare(client, url, answer);
	curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)text.len);
	curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS,
	    (const char *)text.ptr);
	rc = perform(client, answer, err);
out:
	buf_clear(&text);
	return rc;
}

int
client_call(struct client *client, const char *name, const struct json *body,
    struct json **reply, struct error *err)
{
	struct answer answer = { .status = 0 };
	int rc = -1;

	buf_init(&answer.body, CLIENT_REPLY_MAX);
	if (post(client, name, body, &answer, err) == -1)
		goto out;
	rc = json_read(reply, buf_span(&answer.body), CLIENT_REPLY_MAX,
	    REPLY_BLAME, err);
out:
	buf_clear(&answer.body);
	return rc;
}

int
client_put(struct client *client, const struct client_piece *piece,
    struct error *err)
{
	struct answer answer = { .status = 0 };
	char url[URL_MAX], name[HASH_TEXT_MAX];
	int rc;

	/* A party's name needs no escaping: card_check_party(). */
	snprintf(url, sizeof(url),
	    "http://localhost/v1/documents/%s?peer=%.*s&offset=%llu&last=%d",
	    hash_write(&piece->name, name), (int)piece->peer.len,
	    (const char *)piece->peer.ptr, (unsigned long long)piece->offset,
	    piece->is_last);
	buf_init(&answer.body, CLIENT_REPLY_MAX);
	set_headers(client, "application/octet-stream");
	prepare(client, url, &answer);
	curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)piece->bytes.len);
	curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS,
	    (const char *)piece->bytes.ptr);
	curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, "PUT");
	rc = perform(client, &answer, err);
	buf_clear(&answer.body);
	return rc;
}

int
client_get(struct client *client, struct span peer, const struct hash *name,
    uint64_t offset, struct buf *out, struct error *err)
{
	struct answer answer = { .status = 0 };
	struct json *body = json_object_new();
	int rc = -1;

	buf_init(&answer.body, CLIENT_PIECE_MAX);
	json_set_text(body, "peer", peer);
	json_set_hash(body, "sha256", name);
	json_set_integer(body, "offset", (int64_t)offset);
	out->len = 0;
	if (post(client, "document", body, &answer, err) == -1)
		goto out;
	buf_add(out, buf_span(&answer.body));
	rc = buf_check(out, err);
out:
	buf_clear(&answer.body);
	json_free(body);
	return rc;
}
