#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "exchange/tls.h"
#include "seal/digest.h"

/* Reads of what a refused client sent. */
#define WASTE_READS 8

struct tls_server {
	const struct tls_pair *pairs;
	size_t n, shown;
	SSL_CTX *contexts[TLS_PAIRS_MAX];
};

/* Where an SSL keeps its guest; -1 before the first server. */
static int guest_index = -1;

static int
tls_error(struct error *err, enum error_code code, const char *doing)
{
	char why[120] = "no reason given";
	unsigned long e = ERR_peek_error();

	if (e != 0)
		ERR_error_string_n(e, why, sizeof(why));
	ERR_clear_error();
	return error_set(err, code, "%s: %s", doing, why);
}

struct tls_guest *
tls_guest_of(const SSL *ssl)
{
	return SSL_get_ex_data(ssl, guest_index);
}

static void
on_free(void *parent UNUSED, void *ptr, CRYPTO_EX_DATA *data UNUSED,
    int index UNUSED, long number UNUSED, void *arg UNUSED)
{
	struct tls_guest *guest = ptr;

	if (guest != NULL)
		guest->events->left(guest);
}

/* The DER of the SubjectPublicKeyInfo, hashed.  False if there is none. */
static bool
pin_of(struct hash *out, const X509 *certificate)
{
	unsigned char *der = NULL;
	int len = -1;

	if (certificate != NULL)
		len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
	if (len > 0)
		*out = digest_of(span_of(der, (size_t)len));
	OPENSSL_free(der);
	return len > 0;
}

/* A key that asks for a passphrase is refused. */
static int
no_passphrase(char *text UNUSED, int size UNUSED, int is_writing UNUSED,
    void *ctx UNUSED)
{
	return -1;
}

int
tls_pair_pin(struct tls_pair *pair, struct error *err)
{
	struct span pem = pair->certificate;
	X509 *x509 = NULL;
	BIO *bio = NULL;
	int rc = -1;

	if (pem.len == 0 || pem.len > TLS_PEM_MAX)
		return error_set(err, E_KEY, "no TLS certificate");
	if ((bio = BIO_new_mem_buf(pem.ptr, (int)pem.len)) == NULL)
		mem_die("out of memory");
	x509 = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	if (!pin_of(&pair->pin, x509)) {
		tls_error(err, E_KEY, "TLS certificate");
		goto out;
	}
	rc = 0;
out:
	X509_free(x509);
	BIO_free(bio);
	return rc;
}

const struct tls_pair *
tls_pair_find(const struct tls_pair *pairs, size_t n, const struct hash *pin)
{
	char hex[HASH_TEXT_MAX];

	for (size_t i = 0; i < n; i++)
		if (hash_is_equal(&pairs[i].pin, pin))
			return &pairs[i];
	log_line(LOG_LEVEL_WARNING, "the TLS key with the pin %s is not here",
	    hash_write(pin, hex));
	return &pairs[n - 1];
}

/* In place of all of X.509's verification. */
static int
on_certificate(X509_STORE_CTX *store, void *arg UNUSED)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store,
	    SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_guest *guest = tls_guest_of(ssl);

	if (pin_of(&guest->pin, X509_STORE_CTX_get0_cert(store)) &&
	    guest->events->admits(guest, &guest->pin)) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return 0;
}

static void
on_state(const SSL *ssl, int where, int value UNUSED)
{
	struct tls_guest *guest = tls_guest_of(ssl);

	if (guest == NULL || (where & SSL_CB_HANDSHAKE_DONE) == 0 ||
	    guest->has_joined)
		return;
	guest->has_joined = true;
	guest->events->joined(guest);
}

/*
 * What a refused client has sent already is of no more use, and left unread
 * it would make the kernel throw away the alert that tells the client why.
 */
static void
drain(const SSL *ssl)
{
	uint8_t waste[4096];
	int fd = SSL_get_fd(ssl);

	for (int i = 0; i < WASTE_READS && fd != -1; i++)
		if (recv(fd, waste, sizeof(waste), MSG_DONTWAIT) <= 0)
			break;
}

static void
on_message(int is_written, int version UNUSED, int type,
    const void *bytes UNUSED, size_t len UNUSED, SSL *ssl, void *arg UNUSED)
{
	struct tls_guest *guest = tls_guest_of(ssl);

	if (guest == NULL)
		return;
	if (is_written && type == SSL3_RT_ALERT && !guest->has_joined)
		drain(ssl);
	if (is_written || type != SSL3_RT_HANDSHAKE)
		return;
	if (guest->has_joined)
		guest->events->strayed(guest);
	guest->has_spoken = true;
}

/* RFC 7301.  A client that asks for nothing gets HTTP/1.1 too. */
static int
on_alpn(SSL *ssl UNUSED, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned int in_len, void *arg UNUSED)
{
	static const unsigned char http[] = "\x08http/1.1";
	unsigned char *chosen;

	if (SSL_select_next_proto(&chosen, out_len, http, sizeof(http) - 1, in,
		in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static int
use_key(SSL_CTX *context, struct span key, struct span certificate,
    struct error *err)
{
	BIO *key_bio = NULL, *certificate_bio = NULL;
	EVP_PKEY *private = NULL;
	X509 *x509 = NULL;
	int rc = -1;

	if (key.len == 0 || key.len > TLS_PEM_MAX || certificate.len == 0 ||
	    certificate.len > TLS_PEM_MAX)
		return error_set(err, E_KEY, "no TLS key and certificate");
	key_bio = BIO_new_mem_buf(key.ptr, (int)key.len);
	certificate_bio =
	    BIO_new_mem_buf(certificate.ptr, (int)certificate.len);
	if (key_bio == NULL || certificate_bio == NULL)
		mem_die("out of memory");
	private = PEM_read_bio_PrivateKey(key_bio, NULL, no_passphrase, NULL);
	x509 = PEM_read_bio_X509(certificate_bio, NULL, no_passphrase, NULL);
	if (private == NULL || x509 == NULL ||
	    SSL_CTX_use_certificate(context, x509) != 1 ||
	    SSL_CTX_use_PrivateKey(context, private) != 1 ||
	    SSL_CTX_check_private_key(context) != 1) {
		tls_error(err, E_KEY, "TLS key and certificate");
		goto out;
	}
	rc = 0;
out:
	X509_free(x509);
	EVP_PKEY_free(private);
	BIO_free(certificate_bio);
	BIO_free(key_bio);
	return rc;
}

/* No tickets, no cache: every handshake shows a certificate. */
static bool
configure(SSL_CTX *context)
{
	SSL_CTX_set_options(context,
	    SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
		SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_cert_list(context, TLS_CHAIN_MAX);
	SSL_CTX_set_verify(context,
	    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(context, on_certificate, NULL);
	SSL_CTX_set_info_callback(context, on_state);
	SSL_CTX_set_msg_callback(context, on_message);
	SSL_CTX_set_alpn_select_cb(context, on_alpn, NULL);
	return SSL_CTX_set_num_tickets(context, 0) == 1 &&
	    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
	    SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1;
}

static int
add_context(struct tls_server *server, const struct tls_pair *pair,
    struct error *err)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (context != NULL)
		server->contexts[server->n++] = context;
	if (context == NULL || !configure(context))
		return tls_error(err, E_KEY, "setting up TLS");
	return use_key(context, pair->key, pair->certificate, err);
}

int
tls_server_new(struct tls_server **out, const struct tls_pair *pairs, size_t n,
    struct error *err)
{
	struct tls_server *server = mem_new(sizeof(*server));
	int rc = -1;

	ERR_clear_error();
	server->pairs = pairs;
	if (guest_index == -1)
		guest_index =
		    SSL_get_ex_new_index(0, NULL, NULL, NULL, on_free);
	if (guest_index == -1) {
		tls_error(err, E_KEY, "setting up TLS");
		goto out;
	}
	if (n == 0 || n > TLS_PAIRS_MAX) {
		error_set(err, E_KEY, "%zu TLS keys", n);
		goto out;
	}
	for (size_t i = 0; i < n; i++)
		if (add_context(server, &pairs[i], err) == -1)
			goto out;
	server->shown = n - 1;
	*out = server;
	server = NULL;
	rc = 0;
out:
	tls_server_free(server);
	return rc;
}

void
tls_server_free(struct tls_server *server)
{
	if (server == NULL)
		return;
	for (size_t i = 0; i < server->n; i++)
		SSL_CTX_free(server->contexts[i]);
	free(server);
}

void
tls_server_show(struct tls_server *server, const struct hash *pin)
{
	server->shown = (size_t)(tls_pair_find(server->pairs, server->n, pin) -
	    server->pairs);
}

int
tls_server_accept(struct ssl_st **out, struct tls_server *server,
    struct tls_guest *guest, struct error *err)
{
	SSL *ssl;

	ERR_clear_error();
	if ((ssl = SSL_new(server->contexts[server->shown])) == NULL)
		return tls_error(err, E_TLS, "a new connection");
	if (SSL_set_ex_data(ssl, guest_index, guest) != 1) {
		SSL_free(ssl);
		return tls_error(err, E_TLS, "a new connection");
	}
	SSL_set_accept_state(ssl);
	*out = ssl;
	return 0;
}
