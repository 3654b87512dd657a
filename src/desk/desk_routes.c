#include "base/arena.h"
#include "base/error.h"
#include "desk/desk_parts.h"
#include "formats/card.h"
#include "node/keeper_ask.h"
#include "proc/http.h"

#define DOCUMENTS "/v1/documents/"

/* Digits of a number in a query. */
#define OFFSET_DIGITS_MAX ((size_t)15)

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

/* The target without its query, which has the "?" in front or is empty. */
static struct span
path_of(struct span target, struct span *query)
{
	size_t at = span_find(target, '?');

	*query = span_skip(target, at);
	return span_of(target.ptr, at);
}

static const struct route *
find_route(struct span path)
{
	for (size_t i = 0; i < COUNT_OF(routes); i++)
		if (span_is_text(path, routes[i].path))
			return &routes[i];
	return NULL;
}

static bool
is_document(struct span path)
{
	return span_has_prefix(path, span_text(DOCUMENTS));
}

static void
post(struct visit *v, const struct route *route)
{
	struct error err;

	if (visit_read(v, &err) == -1)
		visit_fail(v, &err);
	else if (route->act != NULL)
		route->act(v);
	else
		visit_call(v, route->call, v->raw, span_of(NULL, 0),
		    visit_pass);
}

/* The value of ${name} in "?a=b&c=d"; false if it is not there. */
static bool
query_find(struct span *value, struct span query, const char *name)
{
	while (query.len > 0) {
		struct span one = span_skip(query, 1);
		size_t end = span_find(one, '&'), at;

		query = span_skip(one, end);
		one.len = end;
		at = span_find(one, '=');
		if (at < one.len && span_is_text(span_of(one.ptr, at), name)) {
			*value = span_skip(one, at + 1);
			return true;
		}
	}
	return false;
}

/* A decimal number of a query; absent is 0. */
static int
query_number(struct span query, const char *name, int64_t *out,
    struct error *err)
{
	struct span text;

	*out = 0;
	if (!query_find(&text, query, name))
		return 0;
	if (text.len == 0 || text.len > OFFSET_DIGITS_MAX)
		return error_set(err, E_USAGE, "%s: not a number", name);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return error_set(err, E_USAGE, "%s: not a number",
			    name);
		*out = 10 * *out + (text.ptr[i] - '0');
	}
	return 0;
}

static int
put_body(struct visit *v, struct span name, struct span query, struct span *out,
    struct error *err)
{
	int64_t offset, last;
	struct json *json;
	struct span peer;

	if (query_number(query, "offset", &offset, err) == -1 ||
	    query_number(query, "last", &last, err) == -1)
		return -1;
	json = json_object_new();
	if (query_find(&peer, query, "peer"))
		json_set_text(json, "peer", peer);
	json_set_text(json, "sha256", name);
	json_set_integer(json, "offset", offset);
	json_set_flag(json, "last", last != 0);
	*out = visit_json(v, json);
	return 0;
}

/* PUT /v1/documents/<sha256>?peer=P&offset=N&last=1 */
static void
put(struct visit *v, struct span path, struct span query)
{
	struct span json, name = span_skip(path, sizeof(DOCUMENTS) - 1);
	struct error err;

	if (put_body(v, name, query, &json, &err) == -1)
		visit_fail(v, &err);
	else
		visit_call(v, "document-put", json, v->raw, visit_pass);
}

/* Who asks, for what, and whether there is room. */
int
desk_head(void *ctx, const struct http_head *head, size_t *max,
    struct error *err)
{
	struct caller *caller = ctx;
	struct desk *desk = caller->desk;
	struct span query, path = path_of(head->target, &query);
	bool is_put = is_document(path);

	if (caller->is_stranger)
		return error_set(err, E_DESK_STRANGER, "another user");
	if (desk->visits_n >= DESK_VISITS_MAX)
		return error_set(err, E_BUSY, "%u requests at a time",
		    desk->visits_n);
	if (!is_put && find_route(path) == NULL)
		return error_set(err, E_ROUTE, "no such call");
	if (head->method != (is_put ? HTTP_PUT : HTTP_POST)) {
		http_add_field(caller->http, "Allow", is_put ? "PUT" : "POST");
		return error_set(err, E_METHOD, "%s",
		    is_put ? "PUT alone" : "POST alone");
	}
	*max = DESK_BODY_MAX;
	return 0;
}

void
desk_request(void *ctx, const struct http_head *head, struct span body)
{
	struct span query, path = path_of(head->target, &query);
	struct visit *v = visit_new(ctx, body);

	if (is_document(path))
		put(v, path, query);
	else
		post(v, find_route(path));
}
