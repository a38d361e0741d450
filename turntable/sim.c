/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim.c - the pty around a simulated controller.
 *
 * The slave side is not held open here: its last close must be seen, as a real board sees DTR fall,
 * and bytes said while nobody listens are lost. While it is closed the master reports a hang-up all
 * the time, so it is not watched but looked at 50 times a second.
 */
#include "turntable/sim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/loop.h"
#include "station/base/util.h"
#include "turntable/sim_board.h"
#include "turntable/world.h"

#define BUSY_NS NS_PER_MS
#define LOOK_NS (20 * NS_PER_MS)

struct sim {
	const struct sim_options *options;
	struct loop *loop;
	struct sim_board *board;
	struct world *world;
	int master;			/* -1: unplugged */
	char slave_path[64];
	char link[PATH_MAX];		/* to the line; another one once it was plugged in elsewhere */
	bool open;			/* somebody has the other end */
	bool ending;			/* the commands have ended: stay only while there is a table to stop */
	struct loop_watch line, commands, signals;
	struct loop_timer timer, end;
	char command[PATH_MAX];
	size_t command_len;
};

/* --- the line ------------------------------------------------------------------------------------ */

static int make_raw(const char *slave_path, struct err *err)
{
	CLEANUP(util_closep) int slave = open(slave_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios tio;

	if (slave < 0 || tcgetattr(slave, &tio) < 0)
		return err_os(err, "%s", slave_path);
	cfmakeraw(&tio);
	return tcsetattr(slave, TCSANOW, &tio) < 0 ? err_os(err, "%s", slave_path) : 0;
}

/* Only a link is ever replaced, and in one step: who opens it finds the old line or the new one. */
static int make_link(const char *target, const char *link, struct err *err)
{
	char part[PATH_MAX];
	struct stat st;

	if (lstat(link, &st) == 0 && !S_ISLNK(st.st_mode))
		return err_set(err, ERR_STATE, _("%s exists and is no link"), link);
	snprintf(part, sizeof part, "%s.part", link);
	unlink(part);
	if (symlink(target, part) < 0 || rename(part, link) < 0)
		return err_os(err, "%s", link);
	return 0;
}

static int plug(struct sim *sim, const char *link, struct err *err)
{
	int rc;

	if (*link)
		snprintf(sim->link, sizeof sim->link, "%s", link);
	sim->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (sim->master < 0 || grantpt(sim->master) < 0 || unlockpt(sim->master) < 0 ||
	    ptsname_r(sim->master, sim->slave_path, sizeof sim->slave_path) != 0)
		return err_os(err, "simulated table: pty");
	rc = make_raw(sim->slave_path, err);
	return rc < 0 ? rc : make_link(sim->slave_path, sim->link, err);
}

/* Another simulator may have taken the link over meanwhile: then it is not ours to remove. */
static bool owns_link(const struct sim *sim)
{
	char target[sizeof sim->slave_path];
	ssize_t len = readlink(sim->link, target, sizeof target);

	return len >= 0 && (size_t)len == strlen(sim->slave_path) &&
	       memcmp(target, sim->slave_path, (size_t)len) == 0;
}

static void unplug(struct sim *sim)
{
	if (sim->master < 0)
		return;
	if (owns_link(sim))
		unlink(sim->link);
	loop_unwatch(sim->loop, &sim->line);
	close(sim->master);
	sim->master = -1;
	sim->open = false;
}

static void look_at_line(struct sim *sim)
{
	struct pollfd poll_fd = { .fd = sim->master, .events = POLLIN };
	struct err err;
	bool open;

	if (sim->master < 0)
		return;
	open = poll(&poll_fd, 1, 0) >= 0 && !(poll_fd.revents & POLLHUP);
	if (open == sim->open)
		return;
	sim->open = open;
	if (!open)
		loop_unwatch(sim->loop, &sim->line);
	else if (loop_watch(sim->loop, &sim->line, sim->master, EPOLLIN, &err) == 0 &&
		 sim->options->reset_on_open)
		sim_board_fault(sim->board, "power", 0);
}

static void say(struct sim *sim)
{
	uint8_t bytes[512];
	size_t len;

	while ((len = sim_board_tx(sim->board, bytes, sizeof bytes)) > 0)
		if (sim->open && write(sim->master, bytes, len) < 0 && errno != EAGAIN)
			return;		/* the next look finds out why */
}

static void step(void *owner)
{
	struct sim *sim = owner;
	uint64_t now_ns = clock_mono_ns();

	sim_board_advance(sim->board, now_ns);
	say(sim);
	if (sim->world && (!sim->ending || owns_link(sim)))
		world_set(sim->world, sim_board_true_mdeg(sim->board), now_ns);
	look_at_line(sim);
	if (sim->ending && !sim->open && sim_board_speed_mdeg_s(sim->board) == 0)
		loop_stop(sim->loop);
	loop_set(sim->loop, &sim->timer, now_ns + (sim_board_busy(sim->board) ? BUSY_NS : LOOK_NS));
}

static void line_ready(void *owner, uint32_t events)
{
	struct sim *sim = owner;
	uint8_t bytes[256];
	ssize_t count = 0;

	if (events & EPOLLIN)
		count = read(sim->master, bytes, sizeof bytes);
	if (count > 0)
		sim_board_rx(sim->board, bytes, (size_t)count, clock_mono_ns());
	step(sim);
}

/* --- commands ------------------------------------------------------------------------------------ */

static void print_name(void *owner, const char *name)
{
	(void)owner;
	printf(" %s", name);
}

/* What is asked, not done: its answer is a line of its own. */
static bool answer(const struct sim *sim, const char *name)
{
	if (strcmp(name, "state") == 0) {
		printf("state %lld %lld %.0f\n", (long long)sim_board_true_mdeg(sim->board),
		       (long long)sim_board_counted_mdeg(sim->board), sim_board_speed_mdeg_s(sim->board));
		return true;
	}
	if (strcmp(name, "faults") != 0)
		return false;
	printf("faults unplug plug");
	sim_board_faults(sim->board, print_name, NULL);
	putchar('\n');
	return true;
}

static bool obey(struct sim *sim, const char *name, const char *text, struct err *err)
{
	long long value = 0;
	char end;
	bool good = !*text || sscanf(text, "%lld%c", &value, &end) == 1;

	if (strcmp(name, "unplug") == 0)
		unplug(sim);
	else if (strcmp(name, "plug") == 0)
		return sim->master < 0 && plug(sim, text, err) == 0;
	else if (strcmp(name, "quit") == 0)
		loop_stop(sim->loop);
	else
		return good && sim_board_fault(sim->board, name, value);
	return true;
}

static void carry_out(struct sim *sim, const char *text)
{
	struct err err = { .code = 0 };
	char name[32] = "";
	int len = 0;

	sscanf(text, "%31s %n", name, &len);
	sim_board_advance(sim->board, clock_mono_ns());
	if (!answer(sim, name))
		printf("%s %s\n", obey(sim, name, text + (len ? (size_t)len : strlen(text)), &err) ? "done" : "unknown",
		       name);
	if (err.code)
		fprintf(stderr, "ostend-table: %s\n", err.text);
	fflush(stdout);
	step(sim);
}

static void stop_now(void *owner)
{
	struct sim *sim = owner;

	loop_stop(sim->loop);
}

static void commands_ready(void *owner, uint32_t events)
{
	struct sim *sim = owner;
	char bytes[256];
	ssize_t count = read(sim->commands.fd, bytes, sizeof bytes);

	(void)events;
	if (count <= 0) {
		loop_unwatch(sim->loop, &sim->commands);
		sim->ending = true;
		loop_set(sim->loop, &sim->end, clock_mono_ns() + sim->options->linger_ms * NS_PER_MS);
		return;
	}
	for (ssize_t i = 0; i < count; i++) {
		if (bytes[i] != '\n') {
			if (sim->command_len < sizeof sim->command - 1)
				sim->command[sim->command_len++] = bytes[i];
			continue;
		}
		sim->command[sim->command_len] = '\0';
		sim->command_len = 0;
		carry_out(sim, sim->command);
	}
}

static void signal_came(void *owner, uint32_t events)
{
	(void)events;
	stop_now(owner);
}

/* --- start --------------------------------------------------------------------------------------- */

static int set_up(struct sim *sim, struct err *err)
{
	const struct sim_options *options = sim->options;
	struct sim_config config = {
		.no_homing = options->no_homing, .true_mdeg = options->true_mdeg,
		.backlash_mdeg = options->backlash_mdeg, .grip_mdeg_s2 = options->grip_mdeg_s2,
		.variant = options->variant,
	};
	int rc;

	rc = loop_new(&sim->loop, err);
	if (rc == 0 && options->world)
		rc = world_create(&sim->world, options->world, err);
	if (rc == 0 && sim->world && sim->world->updated_ns)
		config.true_mdeg = sim->world->true_angle_mdeg;
	if (rc == 0)
		rc = sim_board_new(&sim->board, options->driver, &config, clock_mono_ns(), err);
	if (rc == 0)
		rc = loop_watch_signals(sim->loop, &sim->signals, 0, err);
	if (rc == 0 && options->commands_fd >= 0)
		rc = loop_watch(sim->loop, &sim->commands, options->commands_fd, EPOLLIN, err);
	return rc < 0 ? rc : plug(sim, options->link, err);
}

int sim_main(const struct sim_options *options)
{
	struct sim sim = {
		.options = options, .master = -1,
		.line = { .fd = -1, .ready = line_ready, .owner = &sim },
		.commands = { .fd = -1, .ready = commands_ready, .owner = &sim },
		.signals = { .fd = -1, .ready = signal_came, .owner = &sim },
		.timer = { .due_ns = UINT64_MAX, .fire = step, .owner = &sim },
		.end = { .due_ns = UINT64_MAX, .fire = stop_now, .owner = &sim },
	};
	struct err err;
	int rc;

	util_hurry();		/* a controller of its own waits for nobody's processor */
	util_realtime(1);
	rc = set_up(&sim, &err);

	if (rc < 0) {
		fprintf(stderr, "ostend-table: %s\n", err.text);
	} else {
		printf("ready %s\n", options->link);
		fflush(stdout);
		step(&sim);
		loop_run(sim.loop);
	}
	unplug(&sim);
	if (sim.signals.fd >= 0)
		close(sim.signals.fd);
	sim_board_free(sim.board);
	world_close(sim.world);
	loop_free(sim.loop);
	return rc < 0;
}
