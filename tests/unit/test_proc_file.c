#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/span.h"
#include "proc/file.h"
#include "proc/home.h"
#include "tests/lab.h"
#include "tests/tap.h"

/* The files in ${directory}. */
static int
count_files(const char *directory)
{
	DIR *d = opendir(directory);
	int n = 0;

	if (d == NULL)
		return -1;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

TEST(what_was_written_is_read_and_nothing_is_left_beside_it)
{
	struct arena *arena = lab_arena();
	const char *home = lab_directory();
	const char *path = arena_printf(arena, "%s/state", home);
	struct stat st;
	struct span got;
	struct error err;

	umask(077);
	require(file_write_durable(path, span_text("old and long"), 0600,
		    &err) == 0);
	require(file_write_durable(path, span_text("new"), 0644, &err) == 0);
	require(file_read(path, 3, arena, &got, &err) == 0);
	check(span_is_text(got, "new"));
	check(stat(path, &st) == 0);
	check_int(st.st_mode & 07777, 0644);
	check_int(count_files(home), 1);
}

TEST(an_empty_file_can_be_written_and_read)
{
	struct arena *arena = lab_arena();
	const char *path = arena_printf(arena, "%s/empty", lab_directory());
	struct span got;
	struct error err;

	require(file_write_durable(path, span_text(""), 0600, &err) == 0);
	require(file_read(path, 0, arena, &got, &err) == 0);
	check_int((long long)got.len, 0);
}

/* Write as much as the limit on the size of files does not let. */
static int
write_over_the_limit(const char *path)
{
	struct rlimit small = { 4, 4 };
	struct error err;
	int status = -1;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &small);
		_exit(file_write_durable(path, span_text("too long"), 0600,
			  &err) == -1);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST(a_write_that_fails_leaves_the_old_content_and_no_remains)
{
	struct arena *arena = lab_arena();
	const char *home = lab_directory();
	const char *path = arena_printf(arena, "%s/state", home);
	struct span got;
	struct error err;

	require(file_write_durable(path, span_text("old"), 0600, &err) == 0);
	check_int(write_over_the_limit(path), 1);
	require(file_read(path, 100, arena, &got, &err) == 0);
	check(span_is_text(got, "old"));
	check_int(count_files(home), 1);
}

TEST(what_cannot_be_read_is_told_apart)
{
	struct arena *arena = lab_arena();
	const char *home = lab_directory();
	const char *path = arena_printf(arena, "%s/four", home);
	const char *fifo = arena_printf(arena, "%s/fifo", home);
	struct span got;
	struct error err;

	lab_write(path, span_text("1234"));
	check(mkfifo(fifo, 0600) == 0);
	check(file_read(path, 3, arena, &got, &err) == -1);
	check_int(err.code, E_TOO_LARGE);
	check(file_read(arena_printf(arena, "%s/none", home), 3, arena, &got,
		  &err) == -1);
	check_int(err.code, E_NOT_FOUND);
	check(file_read(home, 3, arena, &got, &err) == -1);
	check_int(err.code, E_IO);
	check(file_read(fifo, 3, arena, &got, &err) == -1);
	check_int(err.code, E_IO);
	check(file_write_durable("/nonexistent/file", span_text(""), 0600,
		  &err) == -1);
	check_int(err.code, E_NOT_FOUND);
}

/* Where the home is with these; NULL unsets. */
static const char *
home_with(const char *option, const char *demarche, const char *xdg,
    const char *home)
{
	const char *names[] = { "DEMARCHE_HOME", "XDG_DATA_HOME", "HOME" };
	const char *values[] = { demarche, xdg, home };
	const char *out = NULL;
	struct error err;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (values[i] == NULL)
			unsetenv(names[i]);
		else
			setenv(names[i], values[i], 1);
	}
	if (home_path(&out, lab_arena(), option, &err) == -1)
		return error_name(err.code);
	return out;
}

TEST(the_home_is_the_first_that_is_said)
{
	check_str(home_with("/o", "/d", "/x", "/h"), "/o");
	check_str(home_with(NULL, "/d", "/x", "/h"), "/d");
	check_str(home_with(NULL, NULL, "/x", "/h"), "/x/demarche");
	check_str(home_with(NULL, "", "/x", "/h"), "/x/demarche");
	check_str(home_with(NULL, NULL, NULL, "/h"),
	    "/h/.local/share/demarche");
	check_str(home_with(NULL, NULL, "relative", "/h"),
	    "/h/.local/share/demarche");
	check_str(home_with(NULL, NULL, NULL, NULL), "usage");
	check_str(home_with("", "/d", "/x", "/h"), "usage");
}

TEST(a_relative_home_is_made_absolute)
{
	char here[HOME_PATH_MAX];
	char want[HOME_PATH_MAX + 8];

	require(getcwd(here, sizeof(here)) != NULL);
	snprintf(want, sizeof(want), "%s/alfa", here);
	check_str(home_with("alfa", NULL, NULL, NULL), want);
}

TEST(a_home_of_any_length_is_refused_or_fits)
{
	char path[HOME_PATH_MAX + 1];

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[HOME_PATH_MAX - 1] = '\0';
	check_str(home_with(path, NULL, NULL, NULL), path);
	path[HOME_PATH_MAX - 1] = 'a';
	path[HOME_PATH_MAX] = '\0';
	check_str(home_with(path, NULL, NULL, NULL), "usage");
}

TEST(a_home_is_made_private_with_what_is_above_it)
{
	struct arena *arena = lab_arena();
	const char *top = lab_directory();
	const char *path = arena_printf(arena, "%s/a/b/c", top);
	struct stat st;
	struct error err;

	require(home_make(path, &err) == 0);
	check(stat(path, &st) == 0 && S_ISDIR(st.st_mode));
	check_int(st.st_mode & 0777, 0700);
	check(home_make(path, &err) == 0);
	lab_write(arena_printf(arena, "%s/file", top), span_text(""));
	check(home_make(arena_printf(arena, "%s/file/x", top), &err) == -1);
	check_int(err.code, E_IO);
}
