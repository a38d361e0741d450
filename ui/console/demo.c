/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "ui/console/print.h"
#include "ui/console/reach.h"

enum { READY_S = 60, STOP_S = 10 };

static int make_folders(const char *path, struct err *err)
{
	char part[256];

	for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof part, "%.*s", slash == path ? 1 : (int)(slash - path), path);
		if (slash != path && mkdir(part, 0700) < 0 && errno != EEXIST)
			return err_os(err, "%s", part);
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_os(err, "%s", path);
	return 0;
}

/* Beside this program, as built or as installed (bin/ostend, sbin/ostendd); else by PATH. */
static void find_station(char *path, size_t size)
{
	static const char *const places[] = { "%s/ostendd", "%s/../sbin/ostendd" };
	char self[256];
	ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
	char *slash;

	self[len > 0 ? len : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash) {
		*slash = '\0';
		for (size_t i = 0; i < ARRAY_LEN(places); i++) {
			snprintf(path, size, places[i], self);
			if (access(path, X_OK) == 0)
				return;
		}
	}
	snprintf(path, size, "ostendd");
}

static void run_station(const char *program, const struct demo *demo,
			const struct demo_options *options, int ready_fd, int log_fd, pid_t parent)
{
	const char *argv[12] = { program, "--demo", "--state", demo->state };
	sigset_t none;
	size_t count = 4;

	if (options->listen) {
		argv[count++] = "--listen";
		argv[count++] = options->listen;
	}
	if (options->media) {
		argv[count++] = "--media";
		argv[count++] = options->media;
	}
	if (parent) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(127);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);	/* Ctrl-C at the terminal is for this program alone */
	dup2(ready_fd, STDOUT_FILENO);
	dup2(log_fd, STDERR_FILENO);
	execvp(program, (char *const *)argv);
	dprintf(STDERR_FILENO, "%s: %s\n", program, strerror(errno));
	_exit(127);
}

static void block_signals(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, before);
}

/* Readable when one of the signals above has come. */
static int signal_descriptor(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* The station's last line on standard error, for the sentence that says why it ended. */
static void last_words(const char *path, char *text, size_t size)
{
	char line[512] = "", *end;
	FILE *file = fopen(path, "re");

	*text = '\0';
	while (file && fgets(line, sizeof line, file))
		if (line[0] != '\n')
			snprintf(text, size, "%s", line);
	if (file)
		fclose(file);
	end = strchr(text, '\n');
	if (end)
		*end = '\0';
}

static int explain_end(struct demo *demo, struct err *err)
{
	char text[160];

	waitpid(demo->pid, NULL, 0);
	demo->pid = 0;
	last_words(demo->log, text, sizeof text);
	return err_set(err, ERR_GONE, _("the demo station ended: %s"), *text ? text : demo->log);
}

static int wait_ready(struct demo *demo, int fd, int signal_fd, struct err *err)
{
	uint64_t deadline_ns = clock_mono_ns() + READY_S * NS_PER_S;
	char text[512];
	size_t used = 0;

	for (;;) {
		struct pollfd ready[2] = { { .fd = fd, .events = POLLIN },
					   { .fd = signal_fd, .events = POLLIN } };
		ssize_t got;
		char *line;

		if (poll(ready, 2, clock_poll_ms(deadline_ns)) == 0)
			return err_set(err, ERR_TIMEOUT,
				       _("the demo station is not ready after %d s; see %s"),
				       READY_S, demo->log);
		if (ready[1].revents)
			return err_set(err, ERR_STATE,
				       _("interrupted while the demo station was starting"));
		got = read(fd, text + used, sizeof text - 1 - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return explain_end(demo, err);
		used += (size_t)got;
		text[used] = '\0';
		line = strstr(text, "ready https");
		if (line && strchr(line, '\n')) {
			snprintf(demo->url, sizeof demo->url, "%.*s", (int)strcspn(line + 6, "\n"),
				 line + 6);
			return 0;
		}
		if (used == sizeof text - 1)
			used = 0;
	}
}

static int launch(struct demo *demo, const struct demo_options *options, bool ends_with_us,
		  int fds[2], int log_fd, struct err *err)
{
	char program[320];
	pid_t self = getpid();

	find_station(program, sizeof program);
	demo->pid = fork();
	if (demo->pid < 0)
		return err_os(err, "fork");
	if (demo->pid == 0)
		run_station(program, demo, options, fds[1], log_fd, ends_with_us ? self : 0);
	return 0;
}

int demo_start(struct demo *out, const struct demo_options *options, bool ends_with_us,
	       struct err *err)
{
	CLEANUP(util_closep) int log_fd = -1;
	CLEANUP(util_closep) int signal_fd = -1;
	sigset_t before;
	struct demo demo = { .ready_fd = -1 };
	int fds[2], rc;

	if (options->state_dir && strlen(options->state_dir) >= sizeof demo.state)
		return err_set(err, ERR_RANGE, _("%s: the path is too long for a socket in it"),
			       options->state_dir);
	if (options->state_dir)
		snprintf(demo.state, sizeof demo.state, "%s", options->state_dir);
	else
		reach_demo_folder(demo.state, sizeof demo.state);
	rc = make_folders(demo.state, err);
	if (rc < 0)
		return rc;
	snprintf(demo.log, sizeof demo.log, "%s/station.log", demo.state);
	log_fd = open(demo.log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		      0600);
	if (log_fd < 0)
		return err_os(err, "%s", demo.log);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_os(err, "pipe");
	block_signals(&before);
	signal_fd = signal_descriptor();
	rc = launch(&demo, options, ends_with_us, fds, log_fd, err);
	close(fds[1]);
	if (rc == 0)
		rc = wait_ready(&demo, fds[0], signal_fd, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	demo.ready_fd = fds[0];	/* stays open: the station or a child may print more */
	if (rc < 0)
		demo_stop(&demo);
	else
		*out = demo;
	return rc;
}

void demo_stop(struct demo *demo)
{
	struct pollfd ended = { .fd = -1, .events = POLLIN };

	util_closep(&demo->ready_fd);
	if (demo->pid <= 0)
		return;
	ended.fd = (int)syscall(SYS_pidfd_open, demo->pid, 0);
	kill(demo->pid, SIGTERM);
	if (ended.fd >= 0 && poll(&ended, 1, STOP_S * 1000) == 0)
		kill(demo->pid, SIGKILL);
	waitpid(demo->pid, NULL, 0);
	util_closep(&ended.fd);
	demo->pid = 0;
}

static void print_passes(const struct demo *demo)
{
	char path[320];
	json_t *root, *pass;
	const char *role;

	snprintf(path, sizeof path, "%s/demo.json", demo->state);
	root = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	json_object_foreach(json_object_get(root, "passes"), role, pass) {
		char line[256];

		snprintf(line, sizeof line, "  %-12s %s", role,
			 json_is_string(pass) ? json_string_value(pass) : "");
		print_sentence(stdout, line);
	}
	json_decref(root);
}

static void print_where(const struct demo *demo)
{
	char line[512];

	snprintf(line, sizeof line, _("The demo station is running: %s"), demo->url);
	print_sentence(stdout, line);
	print_sentence(stdout, _("Passes for the page:"));
	print_passes(demo);
	snprintf(line, sizeof line, _("Its console: ostend --state %s"), demo->state);
	print_sentence(stdout, line);
	snprintf(line, sizeof line, _("Its messages: %s"), demo->log);
	print_sentence(stdout, line);
	print_sentence(stdout, _("Ctrl-C, or SIGTERM, stops it."));
	fflush(stdout);
}

int demo_headless(struct demo *demo, struct err *err)
{
	struct pollfd wait[2] = { { .fd = -1, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
	bool ended;

	block_signals(NULL);
	print_where(demo);
	wait[0].fd = signal_descriptor();
	wait[1].fd = (int)syscall(SYS_pidfd_open, demo->pid, 0);
	while (poll(wait, 2, -1) < 0 && errno == EINTR)
		;
	ended = wait[1].revents != 0 && wait[0].revents == 0;
	util_closep(&wait[0].fd);
	util_closep(&wait[1].fd);
	if (ended)
		return explain_end(demo, err);
	demo_stop(demo);
	print_sentence(stdout, _("The demo station has stopped."));
	return 0;
}
