#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "formats/json.h"
#include "proc/clock.h"
#include "proc/home.h"

#define NAME_LEN_MAX ((size_t)100)
#define ANSWER_MAX 16

/* How long, and how often, a node is asked that is not ready to sign. */
#define UNASKED_MS 30000
#define UNASKED_PAUSE_NS 100000000L

int
cli_home(const struct cli *cli, struct node_home *out, struct error *err)
{
	const struct cli_common *common = cli->values;
	const char *path;

	if (home_path(&path, cli->arena, common->home, err) == -1)
		return -1;
	node_home_of(out, path, cli->arena);
	return node_home_check(out, err);
}

int
cli_absolute(const struct cli *cli, const char **out, const char *path,
    struct error *err)
{
	char here[HOME_PATH_MAX];

	*out = path;
	if (path == NULL || path[0] == '/')
		return 0;
	if (getcwd(here, sizeof(here)) == NULL)
		return error_set(err, E_USAGE, "the current directory: %s",
		    strerror(errno));
	*out = arena_printf(cli->arena, "%s/%s", here, path);
	return 0;
}

/* A node that has just started asks its peers first; that takes seconds. */
static int
call_patiently(struct cli *cli, const char *name, struct json *body,
    struct json **reply, struct error *err)
{
	const struct timespec pause = { 0, UNASKED_PAUSE_NS };
	int64_t end = clock_monotonic_ms() + UNASKED_MS;

	for (;;) {
		if (client_call(cli->client, name, body, reply, err) == 0)
			return 0;
		if (err->code != E_UNASKED || clock_monotonic_ms() > end)
			return -1;
		nanosleep(&pause, NULL);
	}
}

int
cli_call(struct cli *cli, const char *name, struct json *body,
    struct json **reply, struct error *err)
{
	struct node_home home;
	int rc = -1;

	if (body == NULL)
		body = json_object_new();
	if (cli->client == NULL &&
	    (cli_home(cli, &home, err) == -1 ||
		client_open(&cli->client, &home, err) == -1))
		goto out;
	rc = call_patiently(cli, name, body, reply, err);
out:
	json_free(body);
	return rc;
}

int
cli_confirm(const char *question, struct error *err)
{
	char answer[ANSWER_MAX] = "";
	FILE *terminal;

	if ((terminal = fopen("/dev/tty", "r+")) == NULL)
		return error_set(err, E_USAGE,
		    "there is no terminal to ask on");
	fprintf(terminal, "%s [yes/no] ", question);
	fflush(terminal);
	if (fgets(answer, sizeof(answer), terminal) == NULL)
		answer[0] = '\0';
	fclose(terminal);
	answer[strcspn(answer, "\n")] = '\0';
	if (strcmp(answer, "yes") != 0)
		return error_set(err, E_USAGE, "not confirmed");
	return 0;
}

bool
cli_name_is_safe(struct span name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";

	if (name.len == 0 || name.len > NAME_LEN_MAX || name.ptr[0] == '.')
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (memchr(letters, name.ptr[i], sizeof(letters) - 1) == NULL)
			return false;
	return true;
}

static int
write_all(int fd, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0)
			bytes = span_skip(bytes, (size_t)n);
	}
	return 0;
}

int
cli_write_new(const char *dir, const char *name, struct span bytes,
    struct error *err)
{
	int at = -1, fd = -1, rc = -1;

	at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at == -1 || !cli_name_is_safe(span_text(name)))
		goto out;
	fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 || write_all(fd, bytes) == -1)
		goto out;
	rc = 0;
out:
	if (rc == -1)
		error_set(err, E_IO, "%s/%s: %s", dir, name, strerror(errno));
	if (fd != -1 && close(fd) == -1 && rc == 0)
		rc = error_set(err, E_IO, "%s/%s: %s", dir, name,
		    strerror(errno));
	if (at != -1)
		close(at);
	return rc;
}

int
cli_flush(struct error *err)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		return error_set(err, E_IO, "standard output: %s",
		    strerror(errno));
	return 0;
}
