/*
 * What a node with many records costs: from exec to the line that says it is
 * ready, the operator's calls, and its memory while it exchanges more.
 *
 *   start [RECORDS [DIR]]    10^6 unless told, which takes some minutes to
 *                            make; homes in DIR are made if they are not
 *                            there, and stay
 *
 * DEMARCHE names the program (build/release/demarche).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/benchnode.h"
#include "tests/support/fillhome.h"
#include "tests/support/measure.h"

#define RECORDS 1000000
#define STARTS 5
#define CALLS 20
#define LOAD_S 90 /* the first third warms up */

/* Each as it is typed; the home is added. */
static const struct {
	const char *name, *path, *body;
	int times;
} calls[] = {
	{ "status", "status", "{}", CALLS },
	{ "cases_1000", "cases", "{}", CALLS },
	{ "cases_open", "cases", "{\"open\":true}", CALLS },
	{ "cases_of_a_rare_class", "cases", "{\"class\":\"denied\"}", 3 },
	{ "statement_of_a_year", "statement",
	    "{\"from\":\"2026-01-01T00:00:00Z\",\"to\":\"2027-01-01T00:00:00Z\""
	    ",\"as-of\":\"2027-01-01T00:00:00Z\"}",
	    3 },
};

/* Kibibytes a minute, by least squares over samples a second apart. */
static double
slope(const unsigned long *kib, int n)
{
	double mean = 0, middle = (n - 1) / 2.0, above = 0, below = 0;

	for (int i = 0; i < n; i++)
		mean += (double)kib[i] / n;
	for (int i = 0; i < n; i++) {
		above += (i - middle) * ((double)kib[i] - mean);
		below += (i - middle) * (i - middle);
	}
	return below > 0 ? 60 * above / below : 0;
}

/* Letters one after the other, delivered to the other node. */
static void
time_load(const struct bench_process *north)
{
	static unsigned long kib[LOAD_S];
	uint64_t begun = measure_now(), next = begun;
	struct measure measure;
	int n = 0;

	measure_begin(&measure, "letters_under_load");
	while (n < LOAD_S) {
		uint64_t letter = measure_now();

		if (letter >= next) {
			kib[n++] = bench_process_pss_kib(north);
			next = begun + (uint64_t)n * 1000000000u;
		}
		bench_process_letter(north);
		measure_sample(&measure, letter);
	}
	measure_end_of(&measure, kib[n - 1]);
	printf("memory_under_load begin_kib=%lu end_kib=%lu "
	       "slope_kib_per_min=%.0f\n",
	    kib[n / 3], kib[n - 1], slope(kib + n / 3, n - n / 3));
}

static void
time_calls(const struct bench_process *node)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		uint64_t spent = bench_process_cpu_ms(node);
		struct measure measure;

		measure_begin(&measure, calls[i].name);
		for (int k = 0; k < calls[i].times; k++) {
			uint64_t begun = measure_now();

			bench_process_call(node, calls[i].path, calls[i].body);
			measure_sample(&measure, begun);
		}
		measure_end_of(&measure, bench_process_pss_kib(node));
		spent = bench_process_cpu_ms(node) - spent;
		printf("%s cpu_ms_per_call=%.1f\n", calls[i].name,
		    (double)spent / calls[i].times);
	}
}

/* Several times; the last one is left running. */
static void
time_starts(struct bench_process *node, const char *home)
{
	struct measure measure;

	measure_begin(&measure, "start");
	for (int i = 0; i < STARTS; i++) {
		uint64_t begun;

		if (i > 0)
			bench_process_stop(node);
		begun = measure_now();
		bench_process_start(node, home);
		measure_sample(&measure, begun);
	}
	measure_end_of(&measure, bench_process_pss_kib(node));
	printf("start cpu_ms=%llu\n",
	    (unsigned long long)bench_process_cpu_ms(node));
}

int
main(int argc, char *argv[])
{
	char own[64] = "", homes[2][256];
	const char *dir = argc > 2 ? argv[2] : own;
	uint64_t records =
	    argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)RECORDS;
	struct bench_process north, south;
	struct stat there;

	if (argc <= 2)
		bench_directory_make(own, sizeof(own));
	if (mkdir(dir, 0700) == -1 && errno != EEXIST)
		return 1;
	snprintf(homes[0], sizeof(homes[0]), "%s/north", dir);
	snprintf(homes[1], sizeof(homes[1]), "%s/south", dir);
	if (stat(homes[0], &there) == -1)
		fill_homes(dir, records);
	time_starts(&north, homes[0]);
	time_calls(&north);
	bench_process_start(&south, homes[1]);
	bench_process_wait(&north);
	time_load(&north);
	bench_process_stop(&south);
	bench_process_stop(&north);
	if (argc <= 2)
		bench_directory_remove(own);
	return 0;
}
