/*
 * A node with many peers that have nothing to say: what it takes to add them,
 * its memory, and its processor time while nothing happens.
 *
 *   idle [PEERS]    1000 unless told
 *
 * DEMARCHE names the program (build/release/demarche).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "formats/card.h"
#include "proc/file.h"
#include "tests/support/benchnode.h"
#include "tests/support/fillhome.h"
#include "tests/support/measure.h"

#define PEERS 1000
#define SETTLE_S 70 /* until all have been tried and wait for the longest */
#define IDLE_S 30
#define CALLS 20

/* As an operator adds a peer. */
static void
add_peer(const struct bench_process *node, const char *card,
    const char *fingerprint)
{
	const char *program = getenv("DEMARCHE");
	int status;
	pid_t pid;

	if (program == NULL)
		program = "build/release/demarche";
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (freopen("/dev/null", "w", stdout) == NULL)
			_exit(127);
		execl(program, program, "peer", "add", "--home", node->home,
		    card, "--fingerprint", fingerprint, (char *)NULL);
		_exit(127);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1 || status != 0)
		mem_die("a peer was not added");
}

/* A card of a party of its own.  Its node is not there. */
static void
make_card(const char *dir, unsigned i, char *path, size_t size,
    char fingerprint[HASH_TEXT_MAX])
{
	struct arena *arena = arena_new();
	const char *name = arena_printf(arena, "peer%u", i);
	struct card *card;
	struct error err;
	struct span file;

	fill_home(dir, name, arena_printf(arena, "cert.%s.example", name),
	    "https://127.0.0.1:1");
	snprintf(path, size, "%s/%s/card.pem", dir, name);
	if (file_read(path, CARD_FILE_MAX, arena, &file, &err) == -1 ||
	    card_open(&card, file, arena, &err) == -1)
		mem_die("no card");
	hash_write(&card->fingerprint, fingerprint);
	arena_free(arena);
}

static void
add_peers(const struct bench_process *node, const char *dir, unsigned n)
{
	struct measure measure;
	uint64_t spent;

	spent = bench_process_cpu_ms(node);
	measure_begin(&measure, "peer_add");
	for (unsigned i = 0; i < n; i++) {
		char path[256], fingerprint[HASH_TEXT_MAX];
		uint64_t begun;

		make_card(dir, i, path, sizeof(path), fingerprint);
		begun = measure_now();
		add_peer(node, path, fingerprint);
		measure_sample(&measure, begun);
	}
	measure_end_of(&measure, bench_process_pss_kib(node));
	spent = bench_process_cpu_ms(node) - spent;
	printf("peer_add cpu_ms_per_peer=%.1f\n", (double)spent / n);
}

static void
time_status(const struct bench_process *node)
{
	uint64_t spent = bench_process_cpu_ms(node);
	struct measure measure;

	measure_begin(&measure, "status");
	for (int i = 0; i < CALLS; i++) {
		uint64_t begun = measure_now();

		bench_process_call(node, "status", "{}");
		measure_sample(&measure, begun);
	}
	measure_end_of(&measure, bench_process_pss_kib(node));
	spent = bench_process_cpu_ms(node) - spent;
	printf("status cpu_ms_per_call=%.1f\n", (double)spent / CALLS);
}

int
main(int argc, char *argv[])
{
	unsigned peers =
	    argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : PEERS;
	struct bench_process node;
	char dir[64], home[128], endpoint[64];
	uint64_t spent;

	bench_directory_make(dir, sizeof(dir));
	snprintf(home, sizeof(home), "%s/node", dir);
	snprintf(endpoint, sizeof(endpoint), "https://127.0.0.1:%u",
	    bench_free_port());
	fill_home(dir, "node", "cert.north.example", endpoint);
	bench_process_start(&node, home);
	add_peers(&node, dir, peers);
	sleep(SETTLE_S);
	spent = bench_process_cpu_ms(&node);
	sleep(IDLE_S);
	spent = bench_process_cpu_ms(&node) - spent;
	printf("idle peers=%u cpu_ms_per_s=%.1f pss_kib=%lu\n", peers,
	    (double)spent / IDLE_S, bench_process_pss_kib(&node));
	time_status(&node);
	bench_process_stop(&node);
	bench_directory_remove(dir);
	return 0;
}
