#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/docket.h"
#include "formats/card.h"
#include "keeper/keeper.h"
#include "node/home.h"
#include "node/home_request.h"
#include "node/keeper_files.h"
#include "proc/file.h"
#include "proc/home.h"
#include "seal/certificate.h"
#include "seal/identity.h"
#include "seal/random.h"
#include "store/store.h"

#define DAY_S ((int64_t)86400)
#define YEAR_S (365 * DAY_S)

/* A home being made beside its place. */
struct making {
	const struct node_init *init;
	struct instant now, not_before, not_after;
	struct span seal_key; /* that an authority certified; or empty */
	struct node_home home;
	struct arena *arena;
};

static int
remove_one(const char *path, const struct stat *st UNUSED, int kind UNUSED,
    struct FTW *ftw UNUSED)
{
	return remove(path);
}

static int
make_folders(const struct making *m, struct error *err)
{
	const char *const folders[] = { m->home.data, m->home.documents,
		m->home.keys, m->home.journals, m->home.tls };

	for (size_t i = 0; i < COUNT_OF(folders); i++)
		if (home_make(folders[i], err) == -1)
			return -1;
	if (!m->init->is_exercise)
		return 0;
	return file_write_durable(m->home.exercise,
	    span_text("all that is recorded here is an exercise\n"), 0600, err);
}

int
node_home_make_tls(const struct node_home *home, unsigned number,
    const struct seal_holder *holder, struct hash *pin, struct error *err)
{
	struct arena *arena = arena_new();
	struct seal_key *key = NULL;
	struct buf secret, certificate;
	int rc = -1;

	buf_init(&secret, IDENTITY_KEY_MAX);
	buf_init(&certificate, CARD_FILE_MAX);
	if (seal_key_generate(&key, SEAL_ROLE_TLS, holder, err) == -1 ||
	    seal_key_write(&secret, key, err) == -1)
		goto out;
	certificate_write(&certificate, seal_key_certificate(key));
	*pin = certificate_spki(seal_key_certificate(key));
	/* What has no certificate was never there. */
	if (file_write_durable(node_home_tls_key(home, number, arena),
		buf_span(&secret), 0600, err) == -1 ||
	    file_write_durable(node_home_tls_certificate(home, number, arena),
		buf_span(&certificate), 0600, err) == -1)
		goto out;
	rc = 0;
out:
	seal_key_free(key);
	secret_clear(&secret);
	buf_clear(&certificate);
	arena_free(arena);
	return rc;
}

static void
fill_card(struct card *card, const struct making *m,
    const struct keeper_public *keys)
{
	*card = (struct card){ .party = span_text(m->init->party),
		.country = span_text(m->init->country),
		.is_exercise = m->init->is_exercise,
		.at = m->now };
	for (size_t i = 0; i < m->init->endpoints_n && i < CARD_ENDPOINTS_MAX;
	     i++)
		card->endpoints[card->endpoints_n++] =
		    span_text(m->init->endpoints[i]);
	for (size_t i = 1; i < m->init->certificates_n; i++)
		card->anchors[card->anchors_n++] = m->init->certificates[i];
	memcpy(card->log, keys->log, sizeof(card->log));
	card->mirror = keeper_key_current(keys, KEEPER_MIRROR)->bytes;
	card->seal = keeper_key_current(keys, KEEPER_SEAL)->bytes;
	card->encryption = keeper_key_current(keys, KEEPER_ENCRYPTION)->bytes;
}

/* The card, sealed by its own key. */
static int
make_card(const struct making *m, struct keeper *keeper, struct error *err)
{
	struct keeper_public *keys = arena_alloc(m->arena, sizeof(*keys));
	struct card *card = arena_alloc(m->arena, sizeof(*card));
	struct seal_holder holder = { m->init->party, m->init->country,
		m->not_before, m->not_after, { NULL, 0 } };
	struct buf content, file;
	struct span cms;
	int rc = -1;

	buf_init(&content, CARD_CONTENT_MAX);
	buf_init(&file, CARD_FILE_MAX);
	keeper_public(keeper, keys, m->arena);
	fill_card(card, m, keys);
	if (node_home_make_tls(&m->home, 1, &holder, &card->tls[0], err) == -1)
		goto out;
	card->tls_n = 1;
	if (card_write(&content, card, err) == -1 ||
	    keeper_seal_card(keeper, buf_span(&content), m->now, &cms, m->arena,
		err) == -1)
		goto out;
	card_armour(&file, card->seal, cms);
	if (buf_check(&file, err) == -1 ||
	    file_write_durable(m->home.card, buf_span(&file), 0644, err) == -1)
		goto out;
	rc = 0;
out:
	buf_clear(&content);
	buf_clear(&file);
	return rc;
}

static int
make_keys(const struct making *m, struct error *err)
{
	struct keeper_holder holder = { .party = m->init->party,
		.country = m->init->country,
		.is_exercise = m->init->is_exercise,
		.not_before = m->not_before,
		.not_after = m->not_after,
		.seal_key = m->seal_key };
	struct keeper *keeper = NULL;
	struct keeper_files files;
	struct keeper_ops ops;
	int rc = -1;

	if (m->init->certificates_n > 0)
		holder.seal_certificate = m->init->certificates[0];
	if (keeper_files_open(&files, m->home.path, m->home.journal, err) == -1)
		return -1;
	ops = keeper_files_ops(&files);
	if (keeper_create(&ops, &holder, err) == -1 ||
	    keeper_open(&keeper, &ops, m->init->party, err) == -1)
		goto out;
	rc = make_card(m, keeper, err);
out:
	keeper_free(keeper);
	keeper_files_close(&files);
	return rc;
}

static int
make_database(const struct making *m, struct error *err)
{
	struct store *store = NULL;
	struct span card;
	int rc = -1;

	if (file_read(m->home.card, CARD_FILE_MAX, m->arena, &card, err) ==
		-1 ||
	    store_open(&store, m->home.database, NULL, STORE_CREATE, err) ==
		-1 ||
	    store_begin(store, err) == -1)
		goto out;
	if (docket_create(store, card, m->now, err) == -1) {
		store_rollback(store);
		goto out;
	}
	rc = store_commit(store, err);
out:
	store_close(store);
	return rc;
}

/* The key that waits, and whether the certificate is for sealing with it. */
static int
take_issued(struct making *m, struct error *err)
{
	const struct node_init *init = m->init;
	struct certificate *certificate = NULL;
	size_t above;
	int rc = -1;

	if (init->certificates_n == 0)
		return 0;
	above = init->certificates_n - 1;
	if (certificate_parse(&certificate, init->certificates[0], err) == -1)
		return -1;
	/* A story begins when all its certificates are good. */
	if (init->is_exercise &&
	    instant_is_before(m->now, certificate_not_before(certificate)))
		m->now = certificate_not_before(certificate);
	if (above > CARD_ANCHORS_MAX ||
	    (certificate_is_self_signed(certificate) && above > 0)) {
		error_set(err, E_CERTIFICATE,
		    above > CARD_ANCHORS_MAX ? "a chain too long" :
					       "a chain above a self-signed "
					       "certificate");
		goto out;
	}
	if (certificate_check_sealing(certificate, init->certificates + 1,
		above, m->now, err) == -1 ||
	    node_request_key(init->path, &m->seal_key, m->arena, err) == -1)
		goto out;
	rc = 0;
out:
	certificate_free(certificate);
	return rc;
}

/* Only when the key is safe in its new place does the old one go. */
static int
end_request(const struct making *m, struct error *err)
{
	struct node_home home;

	if (m->seal_key.len == 0)
		return 0;
	node_home_of(&home, m->init->path, m->arena);
	if (file_sync_above(home.card, err) == -1 ||
	    file_sync_above(home.path, err) == -1)
		return -1;
	return node_request_end(home.path, err);
}

/* Everything in the folder ${temporary}, then the folder in its place. */
static int
make_all(struct making *m, char *temporary, struct error *err)
{
	node_home_of(&m->home, temporary, m->arena);
	if (take_issued(m, err) == -1 || make_folders(m, err) == -1 ||
	    make_keys(m, err) == -1 || make_database(m, err) == -1)
		return -1;
	/* An empty folder gives way; anything else does not. */
	if (rename(temporary, m->init->path) == 0)
		return end_request(m, err);
	if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
		return error_set(err, E_USAGE, "there is something at %s",
		    m->init->path);
	return error_set(err, E_IO, "%s: %s", m->init->path, strerror(errno));
}

/* What the operator did not say. */
static void
settle_times(struct making *m)
{
	const struct node_init *init = m->init;
	int64_t before = init->is_exercise ? 10 * YEAR_S : DAY_S;
	int64_t after = (init->is_exercise ? 10 : NODE_INIT_YEARS) * YEAR_S;

	m->now = init->now;
	m->not_before = init->not_before;
	m->not_after = init->not_after;
	if (m->not_before.s == 0)
		m->not_before = instant_add(m->now, period_of(-before));
	if (m->not_after.s == 0)
		m->not_after = instant_add(m->now, period_of(after));
	/* The story may begin at any time: nothing is signed after it. */
	if (init->is_exercise)
		m->now = m->not_before;
}

static int
check_init(const struct node_init *init, struct error *err)
{
	struct stat st;

	if (card_check_party(span_text(init->party), err) == -1)
		return -1;
	if (init->endpoints_n == 0 || init->endpoints_n > CARD_ENDPOINTS_MAX)
		return error_set(err, E_USAGE, "1 to %d endpoints",
		    CARD_ENDPOINTS_MAX);
	if (strlen(init->path) >= HOME_PATH_MAX - 64)
		return error_set(err, E_USAGE, "the path of the home is long");
	if (stat(init->path, &st) == 0 && rmdir(init->path) == -1)
		return error_set(err, E_USAGE, "there is something at %s",
		    init->path);
	return home_make(init->path, err);
}

int
node_init(const struct node_init *init, struct error *err)
{
	struct making m = { .init = init };
	char *temporary;
	int rc = -1;

	/* Makes those above it too, and sees that it is empty. */
	if (check_init(init, err) == -1)
		return -1;
	m.arena = arena_new();
	settle_times(&m);
	temporary = arena_printf(m.arena, "%s.new-XXXXXX", init->path);
	if (mkdtemp(temporary) == NULL) {
		error_set(err, E_IO, "%s: %s", temporary, strerror(errno));
		goto out;
	}
	rc = make_all(&m, temporary, err);
	if (rc == -1) {
		nftw(temporary, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		rmdir(init->path);
	}
out:
	secret_wipe((void *)(uintptr_t)m.seal_key.ptr, m.seal_key.len);
	arena_free(m.arena);
	return rc;
}
