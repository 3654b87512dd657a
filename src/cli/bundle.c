#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/reply.h"
#include "proc/bundle_file.h"
#include "proc/file.h"
#include "proof/bundle.h"
#include "proof/claim.h"
#include "proof/make.h"
#include "seal/crl.h"

struct bundle_values {
	struct cli_common common;
	const char *peer, *out;
	struct option_texts claims, crls;
	struct option_instant until;
	bool with_documents, with_text, is_fork;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "claim", "CLAIM", "taken, record, reacted, no-reaction, not-earlier "
	    "or fork; else all that can be shown",
	    option_texts, offsetof(struct bundle_values, claims),
	    OPTION_REPEATS, VOCABULARY_NONE },
	{ "until", "T", "no reaction up to then",
	    option_instant, offsetof(struct bundle_values, until),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "text", NULL, "with the texts of the records shown",
	    option_flag, offsetof(struct bundle_values, with_text),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "documents", NULL, "with the texts and all documents that are held",
	    option_flag, offsetof(struct bundle_values, with_documents),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "crl", "FILE", "a list of revoked certificates, PEM or DER, of the "
	    "time of the records, by an authority above a seal certificate",
	    option_texts, offsetof(struct bundle_values, crls),
	    OPTION_REPEATS, VOCABULARY_NONE },
	{ "peer", "PARTY", "with whom; needed only for a fork",
	    option_text, offsetof(struct bundle_values, peer),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "out", "PATH", "where to: a new directory, or a new file that ends "
	    "in .tar; else proof-CASE",
	    option_text, offsetof(struct bundle_values, out),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};
/* clang-format on */

/* The claims that were asked for, as the node knows them. */
static int
set_claims(struct json *body, const struct option_texts *claims,
    struct error *err)
{
	struct json *list = json_array_new();
	enum proof_claim claim;

	json_set_json(body, "claims", list);
	for (size_t i = 0; i < claims->n; i++) {
		if (proof_claim_find(&claim, span_text(claims->items[i]),
			err) == -1)
			return -1;
		json_add_word(list, claims->items[i]);
	}
	return 0;
}

static int
make_body(const struct cli *cli, struct json *body, struct error *err)
{
	const struct bundle_values *values = cli->values;

	if (cli->operands_n > 0)
		json_set_word(body, "case", cli->operands[0]);
	else if (values->peer == NULL)
		return error_set(err, E_USAGE,
		    "of which case, or with --peer "
		    "and --claim fork");
	if (values->peer != NULL)
		json_set_word(body, "peer", values->peer);
	if (values->until.has)
		json_set_instant(body, "until", values->until.at);
	json_set_flag(body, "text",
	    values->with_text || values->with_documents);
	json_set_flag(body, "documents", values->with_documents);
	return set_claims(body, &values->claims, err);
}

/* What the node sent, as a bundle; names are checked there. */
static int
take_files(struct cli *cli, struct bundle *bundle, const struct json *reply,
    struct error *err)
{
	struct json_reader in = reply_of(reply);
	struct json_list list = reply_list(&in, "files");

	bundle_init(bundle, cli->arena);
	for (size_t i = 0; i < list.n; i++) {
		struct json_reader one = reply_item(&list, i);
		struct span bytes = { NULL, 0 };

		if (one.object == NULL ||
		    json_get_base64(&bytes, &one, "base64", JSON_REQUIRED,
			cli->arena, err) == -1)
			return error_set(err, REPLY_BLAME, "files");
		if (bundle_add(bundle, reply_text(&one, "name"), bytes, err) ==
		    -1)
			return -1;
	}
	return bundle->n == 0 ? error_set(err, REPLY_BLAME, "no files") : 0;
}

/* The node knows of no lists: they are what this operator has. */
static int
add_crls(struct cli *cli, struct bundle *bundle, struct error *err)
{
	const struct bundle_values *values = cli->values;
	struct bundle bare = *bundle;
	struct span file, *ders;

	if (values->crls.n == 0)
		return 0;
	ders = arena_array(cli->arena, values->crls.n, sizeof(*ders));
	for (size_t i = 0; i < values->crls.n; i++)
		if (file_read(values->crls.items[i], CRL_FILE_MAX, cli->arena,
			&file, err) == -1 ||
		    crl_read(&ders[i], file, cli->arena, err) == -1)
			return -1;
	return proof_add_crls(bundle, &bare, ders, values->crls.n, cli->arena,
	    err);
}

static int
write_files(const struct bundle *bundle, const char *path, struct error *err)
{
	size_t len = strlen(path);

	if (len > 4 && strcmp(path + len - 4, ".tar") == 0)
		return bundle_write_tar(bundle, path, err);
	return bundle_write_directory(bundle, path, err);
}

static void
print_made(const struct bundle *bundle, const char *path, bool is_json)
{
	struct json *json, *files;

	if (!is_json) {
		printf("%s: %zu files; \"demarche verify %s\" says what they "
		       "prove\n",
		    path, bundle->n, path);
		return;
	}
	json = json_object_new();
	files = json_array_new();
	json_set_word(json, "path", path);
	json_set_json(json, "files", files);
	for (size_t i = 0; i < bundle->n; i++)
		json_add_text(files, bundle->files[i].name);
	cli_print_json(stdout, json);
	json_free(json);
}

static int
run(struct cli *cli, struct error *err)
{
	const struct bundle_values *values = cli->values;
	struct json *body = json_object_new(), *reply = NULL;
	const char *path = values->out;
	struct bundle bundle;
	int rc = -1;

	if (path == NULL)
		path = arena_printf(cli->arena, "proof-%s",
		    cli->operands_n > 0 ? cli->operands[0] : "fork");
	if (make_body(cli, body, err) == -1) {
		json_free(body);
		return -1;
	}
	if (cli_call(cli, "bundle", body, &reply, err) == -1)
		return -1;
	if (take_files(cli, &bundle, reply, err) == -1 ||
	    add_crls(cli, &bundle, err) == -1 ||
	    write_files(&bundle, path, err) == -1)
		goto out;
	print_made(&bundle, path, values->common.is_json);
	rc = 0;
out:
	json_free(reply);
	return rc;
}

const struct command command_bundle = {
	.name = "bundle",
	.operands = "[CASE]",
	.operands_max = 1,
	.summary = "Export the proof of a case or a record",
	CLI_TABLE(rows),
	.values_size = sizeof(struct bundle_values),
	.run = run,
};
