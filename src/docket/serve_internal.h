#pragma once

/*
 * serve_internal: what serve.c and the files that answer its calls share.
 */

#include "base/attr.h"
#include "base/instant.h"

struct arena;
struct docket;
struct error;
struct serve_reply;
struct serve_request;

struct serve_call {
	const struct serve_request *request;
	struct serve_reply *reply;
	struct instant now;
	struct arena *arena;
};
NODISCARD int serve_add_checkpoint(struct docket *docket,
    struct serve_call *call, struct error *err);
NODISCARD int serve_add_entries(struct docket *docket, struct serve_call *call,
    struct error *err);
NODISCARD int serve_documents(struct docket *docket, struct serve_call *call,
    struct error *err);
NODISCARD int serve_document(struct docket *docket, struct serve_call *call,
    struct error *err);
NODISCARD int serve_card(struct docket *docket, struct serve_call *call,
    struct error *err);
NODISCARD int serve_log_file(struct docket *docket, struct serve_call *call,
    struct error *err);
