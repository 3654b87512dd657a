#include <err.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tests/support/openssl.h"

#define ARGUMENTS_MAX 40
#define SAID_MAX ((size_t)1 << 20)

/* What is to come after a fork(2) in the child. */
static void
become(int out, const char *const argv[])
{
	const char *all[ARGUMENTS_MAX + 2] = { "openssl" };
	size_t n = 1;

	while (n <= ARGUMENTS_MAX && argv[n - 1] != NULL) {
		all[n] = argv[n - 1];
		n++;
	}
	if (dup2(out, STDOUT_FILENO) != -1 && dup2(out, STDERR_FILENO) != -1)
		execvp(all[0], (char *const *)(void *)all);
	_exit(127);
}

int
openssl_run(char **said, struct arena *arena, const char *const argv[])
{
	struct buf buf;
	char chunk[4096];
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe(ends) == -1 || (pid = fork()) == -1)
		err(1, "openssl");
	if (pid == 0)
		become(ends[1], argv);
	close(ends[1]);

	buf_init(&buf, SAID_MAX);
	while ((n = read(ends[0], chunk, sizeof(chunk))) > 0)
		buf_add(&buf, span_of(chunk, (size_t)n));
	close(ends[0]);
	*said = arena_text(arena, buf_span(&buf));
	buf_clear(&buf);

	if (waitpid(pid, &status, 0) == -1)
		err(1, "openssl");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool
openssl_is_here(void)
{
	struct arena *arena = arena_new();
	char *said;
	bool is_here = openssl_run(&said, arena,
			   (const char *const[]){ "version", NULL }) == 0;

	arena_free(arena);
	return is_here;
}
