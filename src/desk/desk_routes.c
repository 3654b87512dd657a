#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/error.h"
#include "desk/desk_parts.h"
#include "formats/card.h"
#include "node/keeper_ask.h"

#define DOCUMENTS "/v1/documents/"

static void
card_reply(struct visit *v)
{
	const struct hash *hash = &v->desk->self->fingerprint;
	char text[CARD_FINGERPRINT_TEXT_MAX];
	struct json *out = json_object_new();

	json_set_text(out, "card", v->desk->card);
	json_set_hash(out, "fingerprint", hash);
	json_set_word(out, "fingerprint-text",
	    card_fingerprint_write(hash, text));
	visit_reply_json(v, out);
	json_free(out);
}

/* What a card says, before it is believed. */
static void
peer_preview(struct visit *v)
{
	char text[CARD_FINGERPRINT_TEXT_MAX];
	struct json *out, *endpoints;
	struct card *card;
	struct error err;
	struct span file;

	if (json_get_text(&file, &v->body, "card", JSON_REQUIRED, CARD_FILE_MAX,
		&err) == -1 ||
	    card_open(&card, file, v->arena, &err) == -1) {
		visit_fail(v, &err);
		return;
	}
	out = json_object_new();
	endpoints = json_array_new();
	for (unsigned i = 0; i < card->endpoints_n; i++)
		json_add_text(endpoints, card->endpoints[i]);
	json_set_text(out, "party", card->party);
	json_set_text(out, "country", card->country);
	json_set_json(out, "endpoints", endpoints);
	json_set_hash(out, "fingerprint", &card->fingerprint);
	json_set_word(out, "fingerprint-text",
	    card_fingerprint_write(&card->fingerprint, text));
	json_set_flag(out, "exercise", card->is_exercise);
	visit_reply_json(v, out);
	json_free(out);
}

static void
confirm_clock(struct visit *v)
{
	struct error err;

	if (keeper_ask_confirm_clock(v->desk->parts->keeper, &err) == -1)
		visit_fail(v, &err);
	else
		visit_reply(v, span_text("{}"));
}

static void
got_document(struct visit *v, const struct call_reply *reply,
    const struct error *why)
{
	struct json_reader in;
	struct json *json = NULL;
	bool is_complete = false;
	struct error err;

	if (why != NULL) {
		visit_fail(v, why);
		return;
	}
	if (json_read(&json, reply->json, CALL_JSON_MAX, E_PROC_MESSAGE,
		&err) == -1 ||
	    json_reader_of(&in, json, "", E_PROC_MESSAGE, &err) == -1 ||
	    json_get_flag(&is_complete, &in, "complete", JSON_REQUIRED, &err) ==
		-1)
		visit_fail(v, &err);
	else
		visit_reply_bytes(v, reply->bytes, is_complete);
	json_free(json);
}

static void
document(struct visit *v)
{
	visit_call(v, "document-get", v->raw, span_of(NULL, 0), got_document);
}

/* The registrar answers as it is asked. */
#define PASS(call)                      \
	{                               \
		"/v1/" call, call, NULL \
	}

static const struct route {
	const char *path;
	const char *call; /* of the registrar, passed on; or */
	void (*act)(struct visit *v);
} routes[] = {
	/* clang-format off */
	PASS("status"),
	PASS("peers"),
	PASS("cases"),
	PASS("show"),
	PASS("log"),
	PASS("wait"),
	PASS("statement"),
	PASS("heads"),
	PASS("bundle"),
	PASS("erase"),
	PASS("backup"),
	PASS("rebuild"),
	{ "/v1/card", NULL, card_reply },
	{ "/v1/peer-preview", NULL, peer_preview },
	{ "/v1/peer-add", NULL, desk_peer_add },
	{ "/v1/peer-reopen", NULL, desk_peer_reopen },
	{ "/v1/letter", NULL, desk_letter },
	{ "/v1/credential", NULL, desk_credential },
	{ "/v1/document", NULL, document },
	{ "/v1/confirm-clock", NULL, confirm_clock },
	/* clang-format on */
};

static void
post(struct visit *v, const char *path)
{
	struct error err;

	for (size_t i = 0; i < COUNT_OF(routes); i++) {
		if (strcmp(path, routes[i].path) != 0)
			continue;
		if (visit_read(v, &err) == -1)
			visit_fail(v, &err);
		else if (routes[i].act != NULL)
			routes[i].act(v);
		else
			visit_call(v, routes[i].call, v->raw, span_of(NULL, 0),
			    visit_pass);
		return;
	}
	error_set(&err, E_ROUTE, "no such call");
	visit_fail(v, &err);
}

/* A decimal number of a query; absent is 0. */
static int
query_number(const struct evkeyvalq *query, const char *name, int64_t *out,
    struct error *err)
{
	const char *text = evhttp_find_header(query, name);
	char *end;

	*out = 0;
	if (text == NULL)
		return 0;
	if (strspn(text, "0123456789") != strlen(text) || *text == '\0' ||
	    strlen(text) > 15)
		return error_set(err, E_USAGE, "%s: not a number", name);
	*out = strtoll(text, &end, 10);
	return 0;
}

static int
put_body(struct visit *v, const char *name, const struct evkeyvalq *query,
    struct span *out, struct error *err)
{
	const char *peer = evhttp_find_header(query, "peer");
	int64_t offset, last;
	struct json *json;

	if (query_number(query, "offset", &offset, err) == -1 ||
	    query_number(query, "last", &last, err) == -1)
		return -1;
	json = json_object_new();
	if (peer != NULL)
		json_set_word(json, "peer", peer);
	json_set_word(json, "sha256", name);
	json_set_integer(json, "offset", offset);
	json_set_flag(json, "last", last != 0);
	*out = visit_json(v, json);
	return 0;
}

/* PUT /v1/documents/<sha256>?peer=P&offset=N&last=1 */
static void
put(struct visit *v, const char *path, const char *query_text)
{
	struct evkeyvalq query = { NULL, NULL };
	struct error err;
	struct span json;
	int rc = -1;

	if (strncmp(path, DOCUMENTS, sizeof(DOCUMENTS) - 1) != 0) {
		error_set(&err, E_ROUTE, "no such address");
	} else if (evhttp_parse_query_str(query_text == NULL ? "" : query_text,
		       &query) == -1) {
		error_set(&err, E_USAGE, "the query");
	} else {
		rc = put_body(v, path + sizeof(DOCUMENTS) - 1, &query, &json,
		    &err);
		evhttp_clear_headers(&query);
	}
	if (rc == -1)
		visit_fail(v, &err);
	else
		visit_call(v, "document-put", json, v->raw, visit_pass);
}

/* Only the owner of the home, and root. */
static int
check_caller(const struct desk *desk, struct evhttp_request *http,
    struct error *err)
{
	struct evhttp_connection *connection =
	    evhttp_request_get_connection(http);
	struct ucred who;
	socklen_t len = sizeof(who);
	int fd =
	    bufferevent_getfd(evhttp_connection_get_bufferevent(connection));

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == -1 ||
	    (who.uid != desk->parts->owner && who.uid != 0))
		return error_set(err, E_DESK_STRANGER, "another user");
	if (desk->visits_n > DESK_VISITS_MAX)
		return error_set(err, E_BUSY, "%u requests at a time",
		    desk->visits_n);
	return 0;
}

void
desk_request(struct evhttp_request *http, void *ctx)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(http);
	const char *path = uri == NULL ? NULL : evhttp_uri_get_path(uri);
	enum evhttp_cmd_type method = evhttp_request_get_command(http);
	struct visit *v = visit_new(ctx, http);
	struct error err;

	if (check_caller(ctx, http, &err) == -1) {
		visit_fail(v, &err);
	} else if (path == NULL) {
		error_set(&err, E_ROUTE, "no path");
		visit_fail(v, &err);
	} else if (method == EVHTTP_REQ_POST) {
		post(v, path);
	} else if (method == EVHTTP_REQ_PUT) {
		put(v, path, evhttp_uri_get_query(uri));
	} else {
		error_set(&err, E_METHOD, "POST, or PUT for documents");
		visit_fail(v, &err);
	}
}
