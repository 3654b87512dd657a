#include <arpa/inet.h>
#include <dirent.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/attr.h"
#include "base/mem.h"
#include "tests/support/benchnode.h"
#include "tests/support/measure.h"

/* Processes of one node, at the most. */
#define FAMILY_MAX 16

/* Until a peer's node was heard. */
#define WAIT_S 90

unsigned
bench_free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || bind(fd, (struct sockaddr *)&at, len) == -1 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) == -1)
		mem_die("no port");
	close(fd);
	return ntohs(at.sin_port);
}

static void
become_node(const char *home, int out)
{
	const char *program = getenv("DEMARCHE");

	if (program == NULL)
		program = "build/release/demarche";
	dup2(out, STDOUT_FILENO);
	execl(program, program, "serve", "--home", home, (char *)NULL);
	_exit(127);
}

void
bench_process_start(struct bench_process *node, const char *home)
{
	char line[512] = "";
	size_t len = 0;
	int out[2];

	snprintf(node->home, sizeof(node->home), "%s", home);
	snprintf(node->socket, sizeof(node->socket), "%s/node.socket", home);
	fflush(stdout);
	if (pipe(out) == -1 || (node->pid = fork()) == -1)
		mem_die("no process");
	if (node->pid == 0)
		become_node(home, out[1]);
	close(out[1]);
	while (strstr(line, "ready") == NULL) {
		ssize_t n = read(out[0], line + len, sizeof(line) - 1 - len);

		if (n <= 0 || len + (size_t)n == sizeof(line) - 1)
			mem_die("the node did not start");
		len += (size_t)n;
		line[len] = '\0';
	}
	close(out[0]);
}

void
bench_process_stop(struct bench_process *node)
{
	kill(node->pid, SIGTERM);
	waitpid(node->pid, NULL, 0);
}

static size_t
swallow(char *bytes UNUSED, size_t size, size_t n, void *ctx UNUSED)
{
	return size * n;
}

static long
call(const struct bench_process *node, const char *path, const char *body)
{
	CURL *easy = curl_easy_init();
	long status = 0;
	char url[128];

	snprintf(url, sizeof(url), "http://node/v1/%s", path);
	curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, node->socket);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
	if (curl_easy_perform(easy) == CURLE_OK)
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(easy);
	return status;
}

void
bench_process_call(const struct bench_process *node, const char *path,
    const char *body)
{
	long status = call(node, path, body);

	if (status == 200)
		return;
	fprintf(stderr, "%s: %ld\n", path, status);
	kill(node->pid, SIGTERM);
	mem_die("a call failed");
}

/* Each has another due: the same letter twice in a second is one. */
static long
write_letter(const struct bench_process *node)
{
	static unsigned n;
	char body[512];

	n++;
	snprintf(body, sizeof(body),
	    "{\"peer\":\"cert.south.example\",\"draft\":{"
	    "\"kind\":\"request\",\"by\":\"duty-officer\",\"request\":{"
	    "\"purpose\":\"mitigation\",\"actions\":[\"block-host\"],"
	    "\"topic\":\"ddos\",\"urgency\":\"routine\","
	    "\"due\":\"2030-01-%02uT%02u:%02u:%02uZ\"}}}",
	    n / 86400 % 28 + 1, n / 3600 % 24, n / 60 % 60, n % 60);
	return call(node, "letter", body);
}

/* A node that started signs nothing before its peer was asked. */
void
bench_process_wait(const struct bench_process *node)
{
	for (int i = 0; i < WAIT_S * 10 && write_letter(node) != 200; i++)
		usleep(100000);
}

void
bench_process_letter(const struct bench_process *node)
{
	if (write_letter(node) == 200)
		return;
	kill(node->pid, SIGTERM);
	mem_die("a letter was refused");
}

/* "PID (name) S PPID ..."; utime and stime are the 12th and 13th after it. */
static bool
read_stat(const char *pid, long *parent, uint64_t *ticks)
{
	unsigned long user = 0, system = 0;
	char path[300], line[1024] = "";
	const char *rest;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	file = fopen(path, "r");
	if (file == NULL)
		return false;
	rest =
	    fgets(line, sizeof(line), file) == NULL ? NULL : strrchr(line, ')');
	fclose(file);
	if (rest == NULL ||
	    sscanf(rest,
		") %*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", parent,
		&user, &system) != 3)
		return false;
	*ticks = user + system;
	return true;
}

/* The supervisor and its children, as text. */
static size_t
family(const struct bench_process *node, char pids[FAMILY_MAX][16],
    uint64_t *ticks)
{
	DIR *proc = opendir("/proc");
	struct dirent *one;
	size_t n = 0;

	*ticks = 0;
	while (
	    proc != NULL && n < FAMILY_MAX && (one = readdir(proc)) != NULL) {
		uint64_t spent;
		long parent;

		if (strspn(one->d_name, "0123456789") != strlen(one->d_name) ||
		    strlen(one->d_name) >= 16 ||
		    !read_stat(one->d_name, &parent, &spent) ||
		    (parent != node->pid &&
			strtol(one->d_name, NULL, 10) != node->pid))
			continue;
		snprintf(pids[n++], 16, "%.15s", one->d_name);
		*ticks += spent;
	}
	if (proc != NULL)
		closedir(proc);
	return n;
}

unsigned long
bench_process_pss_kib(const struct bench_process *node)
{
	char pids[FAMILY_MAX][16];
	unsigned long kib = 0;
	uint64_t ticks;
	size_t n = family(node, pids, &ticks);

	for (size_t i = 0; i < n; i++)
		kib += measure_pss_kib(pids[i]);
	return kib;
}

uint64_t
bench_process_cpu_ms(const struct bench_process *node)
{
	char pids[FAMILY_MAX][16];
	uint64_t ticks;

	(void)family(node, pids, &ticks);
	return ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

void
bench_directory_make(char *out, size_t size)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(out, size, "%s/demarche-bench.XXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(out) == NULL)
		mem_die("no directory");
}

static int
remove_one(const char *path, const struct stat *status UNUSED, int type UNUSED,
    struct FTW *place UNUSED)
{
	return remove(path);
}

void
bench_directory_remove(const char *dir)
{
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
