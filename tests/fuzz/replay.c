#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lab.h"

/*
 * The main() of a fuzzer that is a test.
 *
 * fuzz_NAME [DIR]: the seeds go all the way, cut and flipped ones do no harm,
 * nor does any file in DIR.  fuzz_NAME --write DIR puts the seeds there.
 */

/* Cuts and flips of all seeds; so many milliseconds, no more. */
#define DAMAGES_MAX 2000
#define DAMAGES_MS 8000

static int tests, failures;

static void
tell(bool passed, const char *what, size_t n)
{
	failures += !passed;
	printf("%sok %d - %s (%zu)\n", passed ? "" : "not ", ++tests, what, n);
}

static bool
run(struct span bytes)
{
	/* Its own size to the byte, so that ASan sees a read past the end. */
	uint8_t *copy = mem_new(bytes.len > 0 ? bytes.len : 1);

	if (bytes.len > 0)
		memcpy(copy, bytes.ptr, bytes.len);
	LLVMFuzzerTestOneInput(copy, bytes.len);
	free(copy);
	return fuzz_reached();
}

static struct span
seed(unsigned n, struct arena *arena)
{
	struct span bytes = { NULL, 0 };
	struct buf buf;

	buf_init(&buf, FUZZ_SEED_MAX);
	if (fuzz_seed(n, &buf) && !buf.is_over && buf.len > 0)
		bytes = arena_copy(arena, buf_span(&buf));
	buf_clear(&buf);
	return bytes;
}

static void
run_seeds(struct arena *arena)
{
	struct span bytes;
	unsigned n, good = 0;

	for (n = 0; (bytes = seed(n, arena)).len > 0; n++) {
		if (run(bytes))
			good++;
		else
			printf("# seed %u stops on its way\n", n);
	}
	tell(n > 0 && good == n, "every seed goes all the way", n);
}

static bool
is_time_over(struct timespec began)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (at.tv_sec - began.tv_sec) * 1000 +
	    (at.tv_nsec - began.tv_nsec) / 1000000 >
	    DAMAGES_MS;
}

/* Cut at, and flipped in, places all over the seeds. */
static void
run_damaged(struct arena *arena)
{
	struct timespec began;
	struct span bytes;
	size_t done = 0;
	unsigned n = 0;

	clock_gettime(CLOCK_MONOTONIC, &began);
	while (seed(n, arena).len > 0)
		n++;
	for (unsigned i = 0; i < n; i++) {
		size_t places = DAMAGES_MAX / n / 2, step;
		uint8_t *copy;

		bytes = seed(i, arena);
		if (bytes.len == 0)
			break;
		step = bytes.len / places + 1;
		copy = mem_new(bytes.len);
		memcpy(copy, bytes.ptr, bytes.len);
		for (size_t k = 0; k < bytes.len; k += step) {
			if (is_time_over(began))
				break;
			run(span_of(bytes.ptr, k));
			copy[k] ^= (uint8_t)(1 << done % 8);
			run(span_of(copy, bytes.len));
			copy[k] = bytes.ptr[k];
			done += 2;
		}
		free(copy);
	}
	tell(done > 0, "damaged seeds do no harm", done);
}

static int
is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void
run_corpus(const char *dir, struct arena *arena)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_shown, alphasort), reached = 0;

	for (int i = 0; i < n; i++) {
		printf("# %s\n", names[i]->d_name);
		fflush(stdout);
		reached += run(lab_file(arena,
		    arena_printf(arena, "%s/%s", dir, names[i]->d_name)));
		free(names[i]);
	}
	free(names);
	printf("# %d of them go all the way\n", reached);
	tell(n > 0, "the corpus does no harm", n > 0 ? (size_t)n : 0);
}

static int
write_seeds(const char *dir, struct arena *arena)
{
	struct span bytes;

	for (unsigned n = 0; (bytes = seed(n, arena)).len > 0; n++)
		lab_write(arena_printf(arena, "%s/seed-%u", dir, n), bytes);
	return 0;
}

int
main(int argc, char *argv[])
{
	struct arena *arena = arena_new();

	setvbuf(stdout, NULL, _IOLBF, 0);
	fuzz_begin();
	if (argc == 3 && strcmp(argv[1], "--write") == 0) {
		write_seeds(argv[2], arena);
	} else if (argc > 2) {
		errx(2, "usage: %s [DIR | --write DIR]", argv[0]);
	} else {
		run_seeds(arena);
		run_damaged(arena);
		if (argc == 2)
			run_corpus(argv[1], arena);
		printf("1..%d\n", tests);
	}
	arena_free(arena);
	return failures > 0;
}
