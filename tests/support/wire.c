#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "seal/certificate.h"
#include "seal/identity.h"
#include "tests/support/wire.h"

#define SAID_MAX ((size_t)32 << 20)
#define PEM_MAX ((size_t)64 << 10)
#define READ_S 10

struct span
wire_key(struct arena *arena, const struct seal_key *key)
{
	struct error why;
	struct span pem;
	struct buf buf;

	buf_init(&buf, PEM_MAX);
	if (seal_key_write(&buf, key, &why) == -1)
		errx(1, "%s", why.detail);
	pem = arena_copy(arena, buf_span(&buf));
	buf_clear(&buf);
	return pem;
}

struct span
wire_certificate(struct arena *arena, const struct seal_key *key)
{
	struct span pem;
	struct buf buf;

	buf_init(&buf, PEM_MAX);
	certificate_write(&buf, seal_key_certificate(key));
	pem = arena_copy(arena, buf_span(&buf));
	buf_clear(&buf);
	return pem;
}

static void
use_key(SSL_CTX *context, const struct seal_key *key)
{
	struct arena *arena = arena_new();
	struct span pem = wire_key(arena, key);
	struct span der = certificate_der(seal_key_certificate(key));
	BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	EVP_PKEY *private = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	if (SSL_CTX_use_certificate_ASN1(context, (int)der.len, der.ptr) != 1 ||
	    SSL_CTX_use_PrivateKey(context, private) != 1)
		errx(1, "key of a wire");
	EVP_PKEY_free(private);
	BIO_free(bio);
	arena_free(arena);
}

static int
accept_any(int is_ok, X509_STORE_CTX *store)
{
	(void)is_ok;
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

static void
open_ssl(struct wire *wire, const SSL_METHOD *method,
    const struct seal_key *key, void (*prepare)(SSL_CTX *context))
{
	struct timeval patience = { READ_S, 0 };

	setsockopt(wire->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience));
	wire->context = SSL_CTX_new(method);
	if (key != NULL)
		use_key(wire->context, key);
	SSL_CTX_set_verify(wire->context, SSL_VERIFY_PEER, accept_any);
	if (prepare != NULL)
		prepare(wire->context);
	wire->ssl = SSL_new(wire->context);
	SSL_set_fd(wire->ssl, wire->fd);
}

int
wire_tcp(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1) {
		if (fd != -1)
			close(fd);
		return -1;
	}
	return fd;
}

bool
wire_connect(struct wire *wire, uint16_t port, const struct seal_key *key)
{
	*wire = (struct wire){ .fd = wire_tcp(port) };
	if (wire->fd == -1)
		return false;
	open_ssl(wire, TLS_client_method(), key, NULL);
	return SSL_connect(wire->ssl) == 1;
}

bool
wire_accept(struct wire *wire, int listener, const struct seal_key *key,
    void (*prepare)(SSL_CTX *context))
{
	*wire = (struct wire){ .fd = accept(listener, NULL, NULL) };
	if (wire->fd == -1)
		return false;
	open_ssl(wire, TLS_server_method(), key, prepare);
	return SSL_accept(wire->ssl) == 1;
}

void
wire_close(struct wire *wire)
{
	if (wire->fd == -1)
		return;
	SSL_free(wire->ssl);
	SSL_CTX_free(wire->context);
	close(wire->fd);
	wire->fd = -1;
}

bool
wire_send(struct wire *wire, struct span bytes)
{
	return SSL_write(wire->ssl, bytes.ptr, (int)bytes.len) ==
	    (int)bytes.len;
}

size_t
wire_read(struct wire *wire, char *out, size_t max, const char *end)
{
	size_t len = 0;
	int n;

	out[0] = '\0';
	while (len < max - 1 && (end == NULL || strstr(out, end) == NULL)) {
		n = SSL_read(wire->ssl, out + len, (int)(max - 1 - len));
		if (n <= 0)
			break;
		len += (size_t)n;
		out[len] = '\0';
	}
	return len;
}

/* In the child: read ${in}, write ${out}, become the command. */
static void
become(int in, int out, const char *const argv[])
{
	if (dup2(in, STDIN_FILENO) != -1 && dup2(out, STDOUT_FILENO) != -1 &&
	    dup2(out, STDERR_FILENO) != -1)
		execvp(argv[0], (char *const *)(void *)argv);
	_exit(127);
}

/* The input goes by a file, so that neither side waits for the other. */
static int
input_file(struct span input)
{
	char path[] = "/tmp/demarche-input-XXXXXX";
	int fd = mkstemp(path);

	if (fd == -1 || unlink(path) == -1 ||
	    write(fd, input.ptr, input.len) != (ssize_t)input.len ||
	    lseek(fd, 0, SEEK_SET) == -1)
		err(1, "%s", path);
	return fd;
}

int
wire_run(char **said, struct arena *arena, struct span input,
    const char *const argv[])
{
	struct buf buf;
	char chunk[4096];
	int ends[2], status, in = input_file(input);
	ssize_t n;
	pid_t pid;

	if (pipe(ends) == -1 || (pid = fork()) == -1)
		err(1, "%s", argv[0]);
	if (pid == 0)
		become(in, ends[1], argv);
	close(ends[1]);
	close(in);
	buf_init(&buf, SAID_MAX);
	while ((n = read(ends[0], chunk, sizeof(chunk))) > 0)
		buf_add(&buf, span_of(chunk, (size_t)n));
	close(ends[0]);
	*said = arena_text(arena, buf_span(&buf));
	buf_clear(&buf);
	if (waitpid(pid, &status, 0) == -1)
		err(1, "%s", argv[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

uint16_t
wire_port(int listener)
{
	struct sockaddr_in6 at = { .sin6_port = 0 };
	socklen_t len = sizeof(at);

	if (getsockname(listener, (struct sockaddr *)&at, &len) == -1)
		err(1, "getsockname");
	return ntohs(at.sin6_port);
}
