/*
 * Whole exchanges between two nodes on this machine: a record is sealed,
 * delivered, verified, stored durably on both sides, and the mirror line is
 * stored by the sender.  Once more with a disk each sync of which takes 5 ms
 * longer.
 *
 * DEMARCHE names the program (build/release/demarche).
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>
#include <jansson.h>

#include "base/mem.h"
#include "tests/support/benchnode.h"
#include "tests/support/measure.h"

#define IN_FLIGHT 64
#define ALONE 200
#define ALONE_PAUSE_US 30000 /* until its receipt has gone the other way */
#define TOGETHER 10000
#define WARM_UP_MAX 600
#define REPLY_MAX ((size_t)1 << 20)

/* Each has another due: the same letter twice in a second is one. */
#define LETTER                                                              \
	"{\"peer\":\"cert.south.example\",\"draft\":{\"kind\":\"request\"," \
	"\"by\":\"duty-officer\",\"exercise\":true,\"request\":{"           \
	"\"purpose\":\"mitigation\",\"actions\":[\"block-host\"],"          \
	"\"topic\":\"ddos\",\"urgency\":\"routine\","                       \
	"\"due\":\"2030-%02u-%02uT%02u:%02u:%02uZ\"}}}"
#define LETTER_MAX 512

struct nodes {
	int stdin_fd;
	pid_t pid;
	char dir[64], socket[96];
	struct bench_process ends[2];
	const char *alone, *together; /* what is measured is called */
};

struct reply {
	char bytes[REPLY_MAX];
	size_t len;
};

static size_t
take(char *bytes, size_t size, size_t n, void *ctx)
{
	struct reply *reply = ctx;

	if (reply == NULL || n > REPLY_MAX - 1 - reply->len)
		return size * n;
	memcpy(reply->bytes + reply->len, bytes, n);
	reply->len += n;
	reply->bytes[reply->len] = '\0';
	return size * n;
}

static CURL *
call_new(const struct nodes *nodes, const char *path, const char *body,
    struct reply *reply)
{
	CURL *call = curl_easy_init();
	char url[128];

	snprintf(url, sizeof(url), "http://node/v1/%s", path);
	curl_easy_setopt(call, CURLOPT_UNIX_SOCKET_PATH, nodes->socket);
	curl_easy_setopt(call, CURLOPT_URL, url);
	curl_easy_setopt(call, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(call, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(call, CURLOPT_WRITEDATA, reply);
	return call;
}

/* False if the node is busy for the moment. */
static bool
is_taken(CURL *call)
{
	long code = 0;

	curl_easy_getinfo(call, CURLINFO_RESPONSE_CODE, &code);
	if (code != 200 && code != 503) {
		fprintf(stderr, "a letter was refused: %ld\n", code);
		exit(1);
	}
	return code == 200;
}

/* The next letter, on its way. */
static void
write_letter(CURL *call)
{
	static unsigned n;
	char body[LETTER_MAX];

	n++;
	snprintf(body, sizeof(body), LETTER, n / 2073600 % 12 + 1,
	    n / 86400 % 24 + 1, n / 3600 % 24, n / 60 % 60, n % 60);
	curl_easy_setopt(call, CURLOPT_COPYPOSTFIELDS, body);
}

static void
nodes_start(struct nodes *nodes)
{
	char line[128] = "";
	int in[2], out[2];
	ssize_t n;

	snprintf(nodes->dir, sizeof(nodes->dir), "/tmp/demarche-bench.%ld",
	    (long)getpid());
	snprintf(nodes->socket, sizeof(nodes->socket), "%s/north/node.socket",
	    nodes->dir);
	if (pipe(in) == -1 || pipe(out) == -1)
		mem_die("no pipes");
	nodes->pid = fork();
	if (nodes->pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[1]);
		close(out[0]);
		execl("/bin/bash", "bash", "bench/nodes.sh", "up", nodes->dir,
		    (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	nodes->stdin_fd = in[1];
	n = read(out[0], line, sizeof(line) - 1);
	if (n <= 0 || strncmp(line, "ready ", 6) != 0)
		mem_die("the nodes did not start");
	if (sscanf(line, "ready %d %d", &nodes->ends[0].pid,
		&nodes->ends[1].pid) != 2)
		mem_die("no process ids");
	close(out[0]);
}

static unsigned long
pss_kib(const struct nodes *nodes)
{
	return bench_process_pss_kib(&nodes->ends[0]) +
	    bench_process_pss_kib(&nodes->ends[1]);
}

static void
nodes_stop(struct nodes *nodes)
{
	close(nodes->stdin_fd);
	waitpid(nodes->pid, NULL, 0);
}

/* A number of our log: "size" or "mirrored". */
static long long
log_number(CURL *call, struct reply *reply, const char *name)
{
	json_t *json;
	long long value;

	reply->len = 0;
	if (curl_easy_perform(call) != CURLE_OK)
		mem_die("no log");
	json = json_loads(reply->bytes, 0, NULL);
	value = json_integer_value(json_object_get(json, name));
	json_decref(json);
	return value;
}

static void
wait_delivered(CURL *call, struct reply *reply, long long entries)
{
	while (log_number(call, reply, "mirrored") < entries)
		usleep(500);
}

/* The nodes have just started: each first asks the other what it holds. */
static void
warm_up(const struct nodes *nodes)
{
	CURL *letter = call_new(nodes, "letter", "", NULL);
	bool is_warm = false;

	for (int i = 0; i < WARM_UP_MAX && !is_warm; i++) {
		usleep(i > 0 ? ALONE_PAUSE_US : 0);
		write_letter(letter);
		if (curl_easy_perform(letter) != CURLE_OK)
			mem_die("no answer");
		is_warm = is_taken(letter);
	}
	curl_easy_cleanup(letter);
}

/* One at a time: until the sender holds the mirror line. */
static void
alone(const struct nodes *nodes, CURL *log, struct reply *reply)
{
	CURL *letter = call_new(nodes, "letter", "", NULL);
	struct measure measure;

	measure_begin(&measure, nodes->alone);
	for (int i = 0; i < ALONE; i++) {
		long long before = log_number(log, reply, "size");
		uint64_t begun = measure_now();

		write_letter(letter);
		do
			if (curl_easy_perform(letter) != CURLE_OK)
				mem_die("no answer");
		while (!is_taken(letter));
		wait_delivered(log, reply, before + 1);
		measure_sample(&measure, begun);
		usleep(ALONE_PAUSE_US);
	}
	measure_end_of(&measure, pss_kib(nodes));
	curl_easy_cleanup(letter);
}

/* 64 in flight; the rate counts until the last mirror line is held. */
static double
together(const struct nodes *nodes, CURL *log, struct reply *reply)
{
	static uint64_t begun[IN_FLIGHT];
	CURLM *all = curl_multi_init();
	long long before = log_number(log, reply, "size");
	struct measure measure;
	int sent = 0, done = 0, running;
	double rate;

	measure_begin(&measure, nodes->together);
	for (uintptr_t i = 0; i < IN_FLIGHT; i++, sent++) {
		CURL *call = call_new(nodes, "letter", "", NULL);

		curl_easy_setopt(call, CURLOPT_PRIVATE, (void *)i);
		write_letter(call);
		begun[i] = measure_now();
		curl_multi_add_handle(all, call);
	}
	while (done < TOGETHER) {
		CURLMsg *message;
		int left;

		curl_multi_perform(all, &running);
		while ((message = curl_multi_info_read(all, &left)) != NULL) {
			CURL *call = message->easy_handle;
			char *place;

			curl_easy_getinfo(call, CURLINFO_PRIVATE, &place);
			curl_multi_remove_handle(all, call);
			if (!is_taken(call)) {
				curl_multi_add_handle(all, call);
				continue;
			}
			measure_sample(&measure, begun[(uintptr_t)place]);
			done++;
			if (sent++ < TOGETHER) {
				write_letter(call);
				begun[(uintptr_t)place] = measure_now();
				curl_multi_add_handle(all, call);
			} else {
				curl_easy_cleanup(call);
			}
		}
		curl_multi_poll(all, NULL, 0, 10, NULL);
	}
	wait_delivered(log, reply, before + done);
	rate = (double)done * 1e9 / (double)(measure_now() - measure.begun_ns);
	measure_end_of(&measure, pss_kib(nodes));
	curl_multi_cleanup(all);
	return rate;
}

/* Two nodes, used and stopped.  Returns how many a second. */
static double
run(const char *alone_name, const char *together_name)
{
	static struct reply reply;
	struct nodes nodes = { .alone = alone_name, .together = together_name };
	double rate;
	CURL *log;

	nodes_start(&nodes);
	log = call_new(&nodes, "log",
	    "{\"peer\":\"cert.south.example\",\"side\":\"own\",\"limit\":1}",
	    &reply);
	warm_up(&nodes);
	alone(&nodes, log, &reply);
	rate = together(&nodes, log, &reply);
	curl_easy_cleanup(log);
	nodes_stop(&nodes);
	return rate;
}

int
main(void)
{
	double rate, slow;

	if (getenv("DEMARCHE") == NULL)
		setenv("DEMARCHE", "build/release/demarche", 1);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	setvbuf(stdout, NULL, _IOLBF, 0);
	rate = run("exchange_alone", "exchange_64_in_flight");
	/* For the nodes alone: this process has been loaded. */
	setenv("LD_PRELOAD", "build/release/bench/slowsync.so", 1);
	slow = run("exchange_alone_slow_syncs",
	    "exchange_64_in_flight_slow_syncs");
	printf("exchange_slow_syncs of_own_rate=%.2f\n", slow / rate);
	return 0;
}
