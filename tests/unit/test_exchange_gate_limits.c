#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/clock.h"
#include "tests/support/gate_house.h"
#include "tests/support/wire.h"
#include "tests/tap.h"

/* Milliseconds until the gate has closed the connection. */
static int64_t
time_to_close(struct wire *wire, const char *slowly)
{
	int64_t start = clock_monotonic_ms();
	char said[4096];

	for (; slowly != NULL && *slowly != '\0'; slowly++) {
		if (!wire_send(wire, span_of(slowly, 1)))
			break;
		usleep(100000);
	}
	wire_read(wire, said, sizeof(said), NULL);
	return clock_monotonic_ms() - start;
}

TEST(a_byte_now_and_then_does_not_hold_a_place)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->tls;
	struct house house;
	struct wire wire;
	char said[16];
	int64_t ms;
	int fd;

	house_open(&house, &house_short);

	/* TCP and no more */
	fd = wire_tcp(house.port);
	ms = clock_monotonic_ms();
	check(read(fd, said, sizeof(said)) <= 0);
	ms = clock_monotonic_ms() - ms;
	tap_note("silent stranger: %d ms", (int)ms);
	check(ms >= 700 && ms < 1400);
	close(fd);

	/* a peer without a request */
	require(wire_connect(&wire, house.port, south));
	ms = time_to_close(&wire, NULL);
	tap_note("idle: %d ms", (int)ms);
	check(ms >= 1400 && ms < 2300);
	wire_close(&wire);

	/* a byte each 100 ms: never idle, but over the total */
	require(wire_connect(&wire, house.port, south));
	ms = time_to_close(&wire,
	    "POST /add-checkpoint HTTP/1.1\r\nContent-Length: 100\r\n"
	    "\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	tap_note("slow: %d ms", (int)ms);
	check(ms >= 2400 && ms < 3400);
	wire_close(&wire);
	house_close(&house);
}

TEST(an_answer_that_is_read_too_slowly_ends)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->tls;
	static char said[9 << 20];
	struct gate_limits limits = house_short;
	struct house house;
	struct wire wire;

	limits.idle_ms = 20000;
	house_open(&house, &limits);
	require(wire_connect(&wire, house.port, south));
	house_get(&wire, "/large", said, 1000, NULL);
	usleep(3500000);
	check(wire_read(&wire, said, sizeof(said), NULL) < 8 * MIB);
	wire_close(&wire);
	house_close(&house);
}

TEST(a_registrar_that_is_late_is_answered_for)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->tls;
	struct house house;
	struct wire wire;
	char said[4096];

	house_open(&house, &house_short);
	require(wire_connect(&wire, house.port, south));
	house_get(&wire, "/late", said, sizeof(said), "}");
	check(house_says(said, " 503 ") &&
	    house_says(said, "error/proc-timeout"));
	/* The late answer is not taken for the next one's. */
	house_get(&wire, "/next", said, sizeof(said), "-1\n");
	check(house_says(said, " 200 ") && house_says(said, "/next"));
	wire_close(&wire);
	house_close(&house);
}

TEST(one_peer_has_few_requests_and_connections)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->tls;
	struct house house;
	struct wire wires[5];
	char said[4096];

	house_open(&house, &house_short);
	for (size_t i = 0; i < 4; i++)
		require(wire_connect(&wires[i], house.port, south));
	for (size_t i = 0; i < 2; i++)
		require(wire_send(&wires[i],
		    span_text("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")));
	usleep(200000);
	house_get(&wires[2], "/a", said, sizeof(said), "}");
	check(house_says(said, " 503 ") && house_says(said, "error/busy"));
	check(house_says(said, "Retry-After: "));

	/* the fifth */
	if (wire_connect(&wires[4], house.port, south))
		house_get(&wires[4], "/a", said, sizeof(said), NULL);
	check_str(said, "");
	wire_close(&wires[4]);
	wire_read(&wires[0], said, sizeof(said), "}");
	check(house_says(said, "error/proc-timeout"));
	house_get(&wires[2], "/a", said, sizeof(said), "-1\n");
	check(house_says(said, " 200 "));
	for (size_t i = 0; i < 4; i++)
		wire_close(&wires[i]);
	house_close(&house);
}

TEST(a_client_that_vanishes_leaves_nothing_behind)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->tls;
	struct house house;
	struct wire wire;
	char said[4096];

	house_open(&house, &house_short);
	for (int i = 0; i < 6; i++) {
		require(wire_connect(&wire, house.port, south));
		wire_send(&wire,
		    i % 2 == 0 ?
			span_text("GET /never HTTP/1.1\r\nHost: a\r\n\r\n") :
			span_text("POST /a HTTP/1.1\r\nContent-Length: 9\r\n"));
		wire_close(&wire);
		usleep(600000);
	}
	usleep(1500000);
	require(wire_connect(&wire, house.port, south));
	house_get(&wire, "/a", said, sizeof(said), "-1\n");
	check(house_says(said, " 200 "));
	wire_close(&wire);
	house_close(&house);
}

TEST(two_requests_sent_at_once_are_answered_in_order)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->tls;
	struct house house;
	struct wire wire;
	char said[4096];

	house_open(&house, &house_short);
	require(wire_connect(&wire, house.port, south));
	require(wire_send(&wire,
	    span_text("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
		      "\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n")));
	wire_read(&wire, said, sizeof(said), "/b 0:0:0 0 -1\n");
	check(house_says(said, "/a 0:0:0 0 -1\n") &&
	    house_says(said, "/b 0:0:0 0 -1\n"));
	wire_close(&wire);
	house_close(&house);
}

TEST(a_change_of_keys_in_mid_connection_ends_it)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->tls;
	struct house house;
	struct wire wire;
	char said[4096];

	house_open(&house, &house_short);
	require(wire_connect(&wire, house.port, south));
	house_get(&wire, "/a", said, sizeof(said), "-1\n");
	check(house_says(said, " 200 "));
	check(SSL_key_update(wire.ssl, SSL_KEY_UPDATE_REQUESTED) == 1);
	house_get(&wire, "/b", said, sizeof(said), "-1\n");
	check_str(said, "");
	wire_close(&wire);
	house_close(&house);
}

TEST(who_is_no_peer_any_more_is_cut)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->tls;
	const struct seal_key *east = identity_of(IDENTITY_EAST)->tls;
	struct house house;
	struct wire wire, other;
	char said[4096];

	house_open(&house, &house_short);
	require(wire_connect(&wire, house.port, south));
	house_get(&wire, "/a", said, sizeof(said), "-1\n");
	check(house_says(said, " 200 "));
	require(wire_send(&wire,
	    span_text("GET /pins HTTP/1.1\r\nHost: a\r\n\r\n")));
	usleep(300000);
	require(wire_connect(&other, house.port, east));
	house_get(&other, "/a", said, sizeof(said), "-1\n");
	check(house_says(said, "cert.east.example"));
	house_get(&wire, "/a", said, sizeof(said), "-1\n");
	check(strstr(said, "/a") == NULL);
	wire_close(&wire);
	if (wire_connect(&wire, house.port, south))
		house_get(&wire, "/a", said, sizeof(said), "-1\n");
	check(strstr(said, "/a") == NULL);
	wire_close(&wire);
	wire_close(&other);
	house_close(&house);
}

#define CROWD 2000

TEST(two_thousand_idle_strangers_do_not_keep_a_peer_out)
{
	const struct seal_key *south = identity_of(IDENTITY_SOUTH)->tls;
	struct rlimit limit;
	struct house house;
	struct wire kept, wire;
	char said[4096];
	int crowd[CROWD], n = 0;
	int64_t start, ms, worst = 0;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < CROWD + 100)
		skip("too few descriptors allowed");
	house_open(&house, &gate_limits_default);
	require(wire_connect(&kept, house.port, south));
	for (int i = 0; i < CROWD; i++) {
		if ((crowd[n] = wire_tcp(house.port)) != -1)
			n++;
	}
	tap_note("%d strangers", n);
	for (int i = 0; i < 5; i++) {
		start = clock_monotonic_ms();
		house_get(&kept, "/a", said, sizeof(said), "-1\n");
		check(house_says(said, " 200 "));
		require(wire_connect(&wire, house.port, south));
		house_get(&wire, "/b", said, sizeof(said), "-1\n");
		check(house_says(said, " 200 "));
		wire_close(&wire);
		ms = clock_monotonic_ms() - start;
		worst = ms > worst ? ms : worst;
	}
	tap_note("a new connection in at most %d ms", (int)worst);
	check(worst < 8000);
	while (n > 0)
		close(crowd[--n]);
	wire_close(&kept);
	house_close(&house);
}

TEST(without_its_registrar_it_ends_with_an_error)
{
	struct house house;
	int status;

	house_open(&house, &house_short);
	kill(house.registrar, SIGKILL);
	waitpid(house.registrar, &status, 0);
	check(waitpid(house.gate, &status, 0) == house.gate);
	check(WIFEXITED(status));
	check_int(WEXITSTATUS(status), 1);
	close(house.supervisor);
}

TEST(without_its_supervisor_it_ends)
{
	struct house house;
	int status;

	house_open(&house, &house_short);
	close(house.supervisor);
	check(waitpid(house.gate, &status, 0) == house.gate);
	check(WIFEXITED(status));
	check_int(WEXITSTATUS(status), 0);
	waitpid(house.registrar, &status, 0);
}
