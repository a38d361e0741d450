/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a room costs the web thread: memory of an idle TLS connection, the time of a request and of a
 * handshake, also in a crowd of idle connections. The clients live in a process of their own, so that
 * the memory is the station's alone. The kernel's socket buffers are not in the figure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "tests/web/client.h"

#define CROWD 1000
#define REQUESTS 2000
#define HANDSHAKES 300

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void print_times(const char *what, uint64_t *ns, size_t count)
{
	qsort(ns, count, sizeof *ns, compare);
	printf("%-44s p50 %7.1f us   p95 %7.1f us\n", what, (double)ns[count / 2] / 1e3,
	       (double)ns[count * 95 / 100] / 1e3);
	fflush(stdout);
}

static void time_requests(struct station *station, SSL_CTX *ctx, const char *what)
{
	struct client *client = client_new(station, ctx);
	static uint64_t ns[REQUESTS];

	for (int i = 0; i < REQUESTS; i++) {
		uint64_t from_ns = clock_mono_ns();

		client_print(client, "GET /no HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n",
			     station->host, station->judge);
		if (client_status(client) != 404)
			abort();
		ns[i] = clock_mono_ns() - from_ns;
	}
	print_times(what, ns, REQUESTS);
	client_free(client);
}

static void time_handshakes(struct station *station, SSL_CTX *ctx)
{
	static uint64_t ns[HANDSHAKES];

	for (int i = 0; i < HANDSHAKES; i++) {
		uint64_t from_ns = clock_mono_ns();
		struct client *client = client_new(station, ctx);

		client_print(client, "GET /no HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n",
			     station->host, station->judge);
		if (client_status(client) != 404)
			abort();
		ns[i] = clock_mono_ns() - from_ns;
		client_free(client);
	}
	print_times("connect, handshake, one request", ns, HANDSHAKES);
}

static void tell(int fd)
{
	if (write(fd, "x", 1) != 1)
		abort();
}

static void await(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		exit(1);
}

static void be_the_clients(int from_station, int to_station)
{
	static struct client *crowd[CROWD];
	struct station station;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (read(from_station, &station, sizeof station) != sizeof station)
		exit(1);
	time_handshakes(&station, ctx);
	time_requests(&station, ctx, "request");
	tell(to_station);
	await(from_station);
	for (int i = 0; i < CROWD; i++)
		crowd[i] = client_try(&station, ctx, i % 100);
	tell(to_station);
	await(from_station);
	time_requests(&station, ctx, "request beside 1000 idle connections");
	for (int i = 0; i < CROWD; i++)
		client_free(crowd[i]);
	exit(0);
}

static long resident_kib(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[128];
	long kib = 0;

	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

static void measure(void **state)
{
	struct web_limits limits = web_limits_default;
	struct rlimit files = { 4096, 4096 };
	int down[2], up[2], status = 0;
	struct station *station;
	long before;
	pid_t child;

	(void)state;
	setrlimit(RLIMIT_NOFILE, &files);
	assert_int_equal(pipe(down) + pipe(up), 0);
	fflush(stdout);
	child = fork();
	if (child == 0)
		be_the_clients(down[0], up[1]);
	limits.connections_max = CROWD + 100;
	limits.head_ms = 60000;
	station = station_new(&limits);
	assert_int_equal(write(down[1], station, sizeof *station), sizeof *station);
	await(up[0]);
	before = resident_kib();
	tell(down[1]);
	await(up[0]);
	printf("%-44s %11.1f KiB\n", "memory of an idle TLS connection",
	       (double)(resident_kib() - before) / CROWD);
	fflush(stdout);
	tell(down[1]);
	waitpid(child, &status, 0);
	station_free(station);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(measure) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
