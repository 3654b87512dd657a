#pragma once

/*
 * courier_parts: what the files of the courier share.  Not for others.
 */

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/deliver.h"
#include "exchange/courier.h"
#include "node/peer_wire.h"

struct arena;
struct channel;
struct courier;
struct event;
struct event_base;
struct transfers;

/* A request under way.  Used again for the next, to keep its connection. */
struct transfer {
	CURL *easy;
	struct span peer;           /* the job's */
	struct curl_slist *headers; /* sent */
	struct job_answer answer;
	struct buf body;
	size_t headers_len;             /* bytes received */
	const char *fault;              /* why we gave it up, or NULL */
	char why[CURL_ERROR_SIZE];      /* libcurl's words */
	char type[PEER_TYPE_MAX];       /* where answer.type points */
	char missing[PEER_MISSING_MAX]; /* and answer.missing */
	char pins[256], url[800];
	void (*done)(void *ctx);
	void *ctx;
};

/* courier.c: the registrar's side; courier_transfer.c: libcurl's */

/* The one object of libcurl that makes all transfers, in ${base}. */
NODISCARD int transfers_new(struct transfers **out, struct event_base *base,
    const struct courier_parts *parts, struct error *err);

/* All its transfers have to be cleared before. */
void transfers_free(struct transfers *transfers);

/* Owns: the caller, until transfer_clear(), which also breaks it off. */
void transfer_init(struct transfer *transfer, void (*done)(void *ctx),
    void *ctx);
void transfer_clear(struct transfer *transfer, struct transfers *transfers);

/*
 * Make the request of ${job}, which lasts until then, and call
 * transfer->done() with transfer->answer set.
 *
 * Fails: E_NET if the job's endpoint cannot be called at all.
 */
NODISCARD int transfer_start(struct transfer *transfer,
    struct transfers *transfers, const struct job *job, struct error *err);

/* courier_answer.c: reading an answer, hostile to the last byte */

/* For libcurl: a line of the headers, a piece of the body. */
size_t transfer_header(char *ptr, size_t size, size_t n, void *transfer);
size_t transfer_body(char *ptr, size_t size, size_t n, void *transfer);

/* What libcurl's ${code} and what was read add up to. */
void transfer_conclude(struct transfer *transfer, CURLcode code);
