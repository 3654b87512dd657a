#pragma once

/*
 * measure: what all benchmarks print.
 */

#include <stddef.h>
#include <stdint.h>

struct measure {
	const char *name;
	uint64_t *samples_ns;
	size_t n, cap;
	uint64_t begun_ns;
};

/* Monotonic nanoseconds. */
uint64_t measure_now(void);

/* Owns: measure_end() frees the samples. */
void measure_begin(struct measure *measure, const char *name);

/* One more, that began at ${since_ns}. */
void measure_sample(struct measure *measure, uint64_t since_ns);

/* One line: name, per_s=, p50us=, p99us= and pss_kib= of this process. */
void measure_end(struct measure *measure);

/* The same with the ${pss_kib} of whatever was measured. */
void measure_end_of(struct measure *measure, unsigned long pss_kib);

/* Proportional set size of the process, in KiB. */
unsigned long measure_pss_kib(const char *pid);
