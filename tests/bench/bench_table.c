/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long until a command, or a stop, is on the wire: from before the request is written to when the line's
 * driver has taken the first byte of it.
 *
 *	this program --table.sock or control.sock--> ... table process --pty--> this program, a simulated Grbl
 *
 * When the driver took them the table process says itself, in its trace. Their arrival here is measured too, but
 * it is no figure of the station: between the two ends of a pty the kernel puts a worker of ordinary priority,
 * which a busy machine lets wait for tens of milliseconds, and which no real line has.
 *
 * Beside it the floor: a process that does nothing but read a byte from a socket and write it into a pty. Lines
 * in, lines out, for tests/bench/table.mjs, each figure as a JSON object:
 *
 *	floor COUNT			-> measured floor-taken, floor-arrived
 *	table COUNT NAME SOCKET TRACE	-> measured NAME-command-taken, NAME-command-arrived, the same of NAME-stop
 *
 * Both this and the floor's process run as the table process does, as far as they may.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/rpc_client.h"
#include "turntable/sim_board.h"

#define SAMPLES_MAX 5000
#define PATIENCE_NS (20 * NS_PER_S)
#define HALTS_MAX 10
#define AT_SPEED_NS (60 * NS_PER_MS)

struct samples {
	double ms[SAMPLES_MAX];
	size_t count;
};

/* What was asked, and when; what is to be found of it in the trace. */
struct asked {
	const char *bytes, *traced;
	uint64_t from_ns[SAMPLES_MAX];
	struct samples taken, arrived;
};

struct bench {
	int master;
	struct sim_board *board;
	const char *wanted;		/* the bytes that are waited for; NULL: none */
	size_t wanted_len;
	uint64_t seen_ns;		/* when they came */
	struct rpc_client *client;
	bool still;			/* as last heard */
	bool refused;			/* what was last asked */
	int halts;
};

static void die(const char *what)
{
	fprintf(stderr, "bench-table: %s\n", what);
	exit(1);
}

static void hurry(int priority)
{
	util_hurry();
	util_realtime(priority);
}

/* --- figures --------------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void add(struct samples *samples, uint64_t from_ns, uint64_t to_ns)
{
	if (samples->count < SAMPLES_MAX)
		samples->ms[samples->count++] = (double)(to_ns - from_ns) / 1e6;
}

static void print(const char *name, struct samples *samples)
{
	size_t count = samples->count;

	if (!count)
		die("nothing was measured");
	qsort(samples->ms, count, sizeof samples->ms[0], by_size);
	printf("measured %s {\"p50\": %.3f, \"p99\": %.3f, \"max\": %.3f, \"count\": %zu}\n", name, samples->ms[count / 2],
	       samples->ms[MIN(count - 1, count * 99 / 100)], samples->ms[count - 1], count);
	fflush(stdout);
}

/* --- the line -------------------------------------------------------------------------------------- */

static int open_line(char *path, size_t size)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), slave;
	struct termios tio;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 || ptsname_r(master, path, size) != 0)
		die("no pty");
	slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &tio) < 0)
		die("no pty");
	cfmakeraw(&tio);
	tcsetattr(slave, TCSANOW, &tio);
	close(slave);
	return master;
}

/* --- the floor ------------------------------------------------------------------------------------- */

static void be_floor(int fd, const char *path)
{
	int line = open(path, O_RDWR | O_NOCTTY);
	char byte;

	hurry(10);
	for (;;) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

		uint64_t now_ns;

		poll(&poll_fd, 1, -1);
		if (read(fd, &byte, 1) != 1 || write(line, &byte, 1) != 1)
			_exit(0);
		now_ns = clock_mono_ns();
		if (write(fd, &now_ns, sizeof now_ns) != sizeof now_ns)
			_exit(0);
	}
}

static void pause_ms(long ms)
{
	poll(NULL, 0, (int)ms);
}

static void measure_floor(size_t count)
{
	static struct samples taken, arrived;
	char path[64], byte;
	int master = open_line(path, sizeof path), pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		die("socketpair");
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		be_floor(pair[1], path);
	}
	close(pair[1]);
	pause_ms(100);
	for (size_t i = 0; i < count; i++) {
		struct pollfd poll_fd = { .fd = master, .events = POLLIN };
		uint64_t from_ns = clock_mono_ns(), taken_ns;

		if (write(pair[0], "x", 1) != 1 || poll(&poll_fd, 1, 5000) != 1)
			die("the floor's process does not answer");
		add(&arrived, from_ns, clock_mono_ns());
		if (read(master, &byte, 1) != 1 || read(pair[0], &taken_ns, sizeof taken_ns) != sizeof taken_ns)
			die("the floor's line is silent");
		add(&taken, from_ns, taken_ns);
		pause_ms(15 + (long)(i % 7));	/* not in step with the pictures */
	}
	close(pair[0]);
	waitpid(pid, NULL, 0);
	close(master);
	print("floor-taken", &taken);
	print("floor-arrived", &arrived);
	taken.count = arrived.count = 0;
}

/* --- the table ------------------------------------------------------------------------------------- */

static void look_at_line(struct bench *bench, int wait_ms)
{
	struct pollfd poll_fds[2] = { { .fd = bench->master, .events = POLLIN },
				      { .fd = bench->client ? rpc_client_fd(bench->client) : -1, .events = POLLIN } };
	uint8_t bytes[512];
	ssize_t count = 0;

	if (poll(poll_fds, 2, wait_ms) > 0 && poll_fds[0].revents & POLLIN)
		count = read(bench->master, bytes, sizeof bytes);
	if (count > 0) {
		if (bench->wanted && !bench->seen_ns &&
		    memmem(bytes, (size_t)count, bench->wanted, bench->wanted_len))
			bench->seen_ns = clock_mono_ns();
		sim_board_rx(bench->board, bytes, (size_t)count, clock_mono_ns());
	}
	sim_board_advance(bench->board, clock_mono_ns());
	count = (ssize_t)sim_board_tx(bench->board, bytes, sizeof bytes);
	if (count > 0)
		(void)!write(bench->master, bytes, (size_t)count);
}

/* 1 when the answer to @id has come. */
static int hear(struct bench *bench, json_int_t id)
{
	struct rpc_message message;
	struct err err = { .text = "" };
	int rc, answered = 0;

	while ((rc = rpc_client_receive(bench->client, &message, NULL, &err)) > 0) {
		const json_t *state = message.method ? message.params : NULL;

		if (state && strcmp(message.method, "table") == 0)
			bench->still = strcmp(json_string_value(json_object_get(state, "motion")), "still") == 0;
		if (!message.method && json_integer_value(message.id) == id)
			answered = 1;
		if (message.error) {
			fprintf(stderr, "%s\n", json_string_value(json_object_get(message.error, "message")));
			bench->refused = true;
		}
		rpc_message_clear(&message);
	}
	if (rc < 0)
		die(err.text);
	return answered;
}

static void live(struct bench *bench, uint64_t for_ns)
{
	for (uint64_t until_ns = clock_mono_ns() + for_ns; clock_mono_ns() < until_ns;) {
		look_at_line(bench, 1);
		hear(bench, 0);
	}
}

/* Ask, and live until it is answered. @asked NULL: how long the bytes take does not matter. */
static void ask(struct bench *bench, const char *method, json_t *params, struct asked *asked)
{
	uint64_t until_ns = clock_mono_ns() + PATIENCE_NS, from_ns;
	struct err err = { .text = "" };
	bool answered = false;
	json_int_t id;

	bench->wanted = asked ? asked->bytes : NULL;
	bench->wanted_len = asked ? strlen(asked->bytes) : 0;
	bench->seen_ns = 0;
	from_ns = clock_mono_ns();
	if (rpc_client_send(bench->client, method, params, &id, &err) < 0)
		die(err.text);
	bench->refused = false;
	while (!answered || (asked && !bench->seen_ns && !bench->refused)) {
		look_at_line(bench, 1);
		answered |= hear(bench, id);
		if (clock_mono_ns() > until_ns)
			die("no answer, or no bytes");
	}
	bench->wanted = NULL;
	if (!asked || bench->refused || asked->arrived.count == SAMPLES_MAX)
		return;
	asked->from_ns[asked->arrived.count] = from_ns;
	add(&asked->arrived, from_ns, bench->seen_ns);
}

/* For each that was asked the first line of the trace with its bytes that is not older. */
static void read_trace(struct asked *asked, const char *path)
{
	FILE *file = fopen(path, "re");
	char row[512];

	while (file && asked->taken.count < asked->arrived.count && fgets(row, sizeof row, file)) {
		uint64_t from_ns = asked->from_ns[asked->taken.count], taken_ns;
		unsigned long long seconds, micros;

		if (sscanf(row, "%llu.%llu >", &seconds, &micros) != 2 || !strstr(row, " > ") || !strstr(row, asked->traced))
			continue;
		taken_ns = seconds * NS_PER_S + micros * 1000 + 999;	/* the clock's last digits are cut off */
		if (taken_ns >= from_ns)
			add(&asked->taken, from_ns, taken_ns);
	}
	if (file)
		fclose(file);
	if (asked->taken.count < asked->arrived.count)
		die("the trace does not have all that was asked");
}

static void report(const char *name, const char *what, struct asked *asked, const char *trace)
{
	char text[80];

	read_trace(asked, trace);
	snprintf(text, sizeof text, "%s-%s-taken", name, what);
	print(text, &asked->taken);
	snprintf(text, sizeof text, "%s-%s-arrived", name, what);
	print(text, &asked->arrived);
	asked->taken.count = asked->arrived.count = 0;
}

static void rest(struct bench *bench)
{
	uint64_t until_ns = clock_mono_ns() + PATIENCE_NS;

	bench->still = false;
	do {
		live(bench, 20 * NS_PER_MS);
		if (clock_mono_ns() > until_ns)
			die("the table does not come to rest");
	} while (!bench->still);
}

static void clear(struct bench *bench)
{
	if (++bench->halts > HALTS_MAX)
		die("the table halts again and again");
	ask(bench, "table.clear", NULL, NULL);
	ask(bench, "table.clear", json_pack("{s:s}", "confirm", "clear"), NULL);
}

static void measure_table(struct bench *bench, size_t count, const char *name, const char *path, const char *trace)
{
	static struct asked command = { .bytes = "$J=", .traced = "$J=" }, stop = { .bytes = "\x85", .traced = "\\x85" };
	struct err err = { .text = "" };

	if (rpc_client_connect(&bench->client, path, &err) < 0)
		die(err.text);
	ask(bench, "subscribe", json_pack("{s:[s]}", "topics", "table"), NULL);
	while (stop.arrived.count < count) {
		size_t i = stop.arrived.count;

		rest(bench);
		ask(bench, "table.turn", json_pack("{s:i, s:b}", "by_mdeg", i % 2 ? 90000 : -90000, "wait", 0), &command);
		if (bench->refused) {	/* so busy a machine that the controller seemed silent */
			clear(bench);
			continue;
		}
		live(bench, AT_SPEED_NS + i % 11 * NS_PER_MS);
		ask(bench, "table.stop", NULL, &stop);
	}
	rest(bench);		/* meanwhile the trace is written */
	bench->client = rpc_client_free(bench->client);
	report(name, "command", &command, trace);
	report(name, "stop", &stop, trace);
}

static void carry_out(struct bench *bench, const char *line)
{
	char name[32], path[256], trace[256];
	size_t count;

	if (sscanf(line, "floor %zu", &count) == 1)
		measure_floor(count);
	else if (sscanf(line, "table %zu %31s %255s %255s", &count, name, path, trace) == 4)
		measure_table(bench, count, name, path, trace);
	else
		die("unknown command");
}

int main(void)
{
	const struct sim_config config = { .no_homing = true };
	struct bench bench = { .master = -1 };
	char line[640], path[64];
	size_t len = 0;
	struct err err;

	signal(SIGPIPE, SIG_IGN);
	bench.master = open_line(path, sizeof path);
	if (sim_board_new(&bench.board, "grbl", &config, clock_mono_ns(), &err) < 0)
		die(err.text);
	hurry(20);	/* who is late in looking measures himself */
	fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	printf("line %s\n", path);
	fflush(stdout);
	for (;;) {
		ssize_t count = read(STDIN_FILENO, line + len, 1);

		if (count == 0)
			return 0;
		if (count < 0) {
			look_at_line(&bench, 1);
		} else if (line[len] == '\n') {
			line[len] = '\0';
			len = 0;
			carry_out(&bench, line);
		} else if (len < sizeof line - 2) {
			len++;
		}
	}
}
