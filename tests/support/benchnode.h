#pragma once

/*
 * benchnode: a node as an operator runs it, for benchmarks: `demarche serve`
 * of one home, with all of its processes.  Failures end the program.
 *
 * DEMARCHE names the program (build/release/demarche).
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bench_process {
	pid_t pid; /* of the supervisor */
	char home[256];
	char socket[288];
};

/* Blocks: until it says that it is ready. */
void bench_process_start(struct bench_process *node, const char *home);
void bench_process_stop(struct bench_process *node);

/* POST ${body} to the operator's call ${path}; 200 is expected. */
void bench_process_call(const struct bench_process *node, const char *path,
    const char *body);

/* Blocks: until a letter to cert.south.example is taken. */
void bench_process_wait(const struct bench_process *node);

/* A request to cert.south.example, as an operator lodges it. */
void bench_process_letter(const struct bench_process *node);

/* Of all its processes: proportional set size; processor time, in ms. */
unsigned long bench_process_pss_kib(const struct bench_process *node);
uint64_t bench_process_cpu_ms(const struct bench_process *node);

/* On loopback; free when it was asked for. */
unsigned bench_free_port(void);

/* A new directory below /tmp, or $TMPDIR. */
void bench_directory_make(char *out, size_t size);
void bench_directory_remove(const char *dir);
