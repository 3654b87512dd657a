#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "tests/support/measure.h"

uint64_t
measure_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void
measure_begin(struct measure *measure, const char *name)
{
	*measure = (struct measure){ .name = name, .begun_ns = measure_now() };
}

void
measure_sample(struct measure *measure, uint64_t since_ns)
{
	if (measure->n == measure->cap) {
		measure->cap = measure->cap == 0 ? 1024 : 2 * measure->cap;
		measure->samples_ns = mem_resize(measure->samples_ns,
		    measure->cap, sizeof(*measure->samples_ns));
	}
	measure->samples_ns[measure->n++] = measure_now() - since_ns;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

unsigned long
measure_pss_kib(const char *pid)
{
	unsigned long kib = 0;
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/smaps_rollup", pid);
	file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "Pss: %lu kB", &kib) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return kib;
}

void
measure_end(struct measure *measure)
{
	measure_end_of(measure, measure_pss_kib("self"));
}

void
measure_end_of(struct measure *measure, unsigned long pss_kib)
{
	double seconds = (double)(measure_now() - measure->begun_ns) / 1e9;
	size_t n = measure->n;

	qsort(measure->samples_ns, n, sizeof(*measure->samples_ns), compare);
	if (n > 0)
		printf("%s per_s=%.0f p50us=%.1f p99us=%.1f pss_kib=%lu\n",
		    measure->name, (double)n / seconds,
		    (double)measure->samples_ns[n / 2] / 1e3,
		    (double)measure->samples_ns[n - 1 - n / 100] / 1e3,
		    pss_kib);
	free(measure->samples_ns);
	*measure = (struct measure){ .name = measure->name };
}
