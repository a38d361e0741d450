/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The raw protocol of /dev/fuse (linux/fuse.h), for a folder with two files that come and go. */
#include "tests/camera/fusecam.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "station/base/util.h"
#include "tests/camera/fakecam.h"

#define ROOT_NODE 1
#define POLLERS 16
#define REQUEST_BYTES ((1 << 20) + 4096)

struct server {
	int fuse, timer, commands;
	struct fakecam cam;
	bool plugged;
	uint32_t generation;		/* rises with each plugging: old openings stay dead */
	int first;			/* the metadata node's number */
	uint64_t next_handle;
	int timer_rate;
	struct {
		uint64_t poll_handle;
		bool waits;
	} pollers[POLLERS];
};

/* What an opening is: its generation, whether it is of the metadata node, a number of its own. */
#define HANDLE(generation, metadata, number)                                                       \
	((uint64_t)(generation) << 32 | (uint64_t)(number) << 1 | (metadata))
#define NODE(generation, metadata) (2 + (uint64_t)(generation) * 2 + (metadata))

static void answer(struct server *server, uint64_t unique, int error, const void *bytes, size_t len)
{
	struct fuse_out_header header = { .unique = unique, .error = -error };
	struct iovec parts[2] = { { &header, sizeof header }, { (void *)(uintptr_t)bytes, len } };

	if (error)
		len = 0;
	header.len = (uint32_t)(sizeof header + len);
	parts[1].iov_len = len;
	if (writev(server->fuse, parts, 2) < 0 && errno != ENOENT)	/* ENOENT: the asker has gone */
		perror("fusecam: answer");
}

static void notify(struct server *server, int code, const void *head, size_t head_len, const void *bytes,
		   size_t len)
{
	struct fuse_out_header header = { .error = code,
					  .len = (uint32_t)(sizeof header + head_len + len) };
	struct iovec parts[3] = { { &header, sizeof header }, { (void *)(uintptr_t)head, head_len },
				  { (void *)(uintptr_t)bytes, len } };

	/* fails when nobody knows the node any more, which is no matter */
	if (writev(server->fuse, parts, len ? 3 : 2) < 0)
		return;
}

static void wake_pollers(struct server *server)
{
	for (int i = 0; i < POLLERS; i++) {
		struct fuse_notify_poll_wakeup_out out = { .kh = server->pollers[i].poll_handle };

		if (!server->pollers[i].waits)
			continue;
		server->pollers[i].waits = false;
		notify(server, FUSE_NOTIFY_POLL, &out, sizeof out, NULL, 0);
	}
}

/* The camera's clock runs while it streams, at its rate. */
static void set_timer(struct server *server)
{
	int rate = server->plugged && server->cam.streaming ? server->cam.rate : 0;
	struct itimerspec every = { 0 };

	if (rate == server->timer_rate)
		return;
	if (rate)
		every.it_interval.tv_nsec = every.it_value.tv_nsec = 1000000000L / rate;
	timerfd_settime(server->timer, 0, &every, NULL);
	server->timer_rate = rate;
}

static void tick(struct server *server)
{
	uint64_t ticks;
	int index;

	if (read(server->timer, &ticks, sizeof ticks) != sizeof ticks)
		return;
	index = fakecam_tick(&server->cam);
	if (index >= 0) {
		struct fuse_notify_store_out out = {
			.nodeid = NODE(server->generation, 0),
			.offset = (uint64_t)index * FAKECAM_SLOT,
			.size = (server->cam.buffers[index].bytesused + 8191) & ~4095u,
		};

		notify(server, FUSE_NOTIFY_STORE, &out, sizeof out, server->cam.memory + out.offset, out.size);
		wake_pollers(server);
	}
}

/* --- requests ------------------------------------------------------------------------------------ */

static void fill_attributes(struct fuse_attr *attr, uint64_t node)
{
	*attr = (struct fuse_attr){ .ino = node, .nlink = 1, .blksize = 4096 };
	attr->mode = node == ROOT_NODE ? S_IFDIR | 0755 : S_IFREG | 0666;
	attr->size = node == ROOT_NODE ? 0 : FAKECAM_BUFFERS * FAKECAM_SLOT;
	attr->blocks = attr->size / 512;
}

static void look_up(struct server *server, uint64_t unique, const char *name)
{
	struct fuse_entry_out out = { .attr_valid = 60 };	/* names are asked for each time */
	char node[16];

	for (int metadata = 0; metadata < 2; metadata++) {
		snprintf(node, sizeof node, "video%d", server->first + !metadata);
		if (!server->plugged || strcmp(name, node) != 0)
			continue;
		out.nodeid = NODE(server->generation, metadata);
		fill_attributes(&out.attr, out.nodeid);
		answer(server, unique, 0, &out, sizeof out);
		return;
	}
	answer(server, unique, ENOENT, NULL, 0);
}

static void read_folder(struct server *server, uint64_t unique, const struct fuse_read_in *in)
{
	char bytes[128] = { 0 };
	size_t len = 0;

	for (int i = 0; i < 2 && server->plugged && in->offset == 0; i++) {
		struct fuse_dirent *entry = (struct fuse_dirent *)(bytes + len);

		entry->ino = NODE(server->generation, !i);
		entry->off = (uint64_t)i + 1;
		entry->type = S_IFREG >> 12;
		entry->namelen = (uint32_t)sprintf(entry->name, "video%d", server->first + i);
		len += FUSE_DIRENT_SIZE(entry);
	}
	answer(server, unique, 0, bytes, len);
}

static void open_node(struct server *server, const struct fuse_in_header *header)
{
	struct fuse_open_out out = { .open_flags = FOPEN_KEEP_CACHE };
	bool metadata = header->nodeid == NODE(server->generation, 1);

	if (header->opcode == FUSE_OPENDIR) {
		out.open_flags = 0;
		answer(server, header->unique, 0, &out, sizeof out);
		return;
	}
	if (!server->plugged || (!metadata && header->nodeid != NODE(server->generation, 0))) {
		answer(server, header->unique, ENODEV, NULL, 0);
		return;
	}
	out.fh = HANDLE(server->generation, metadata, ++server->next_handle & 0x3fffffff);
	answer(server, header->unique, 0, &out, sizeof out);
}

static bool is_dead(const struct server *server, uint64_t handle)
{
	return !server->plugged || handle >> 32 != server->generation;
}

static void handle_ioctl(struct server *server, uint64_t unique, const struct fuse_ioctl_in *in)
{
	struct {
		struct fuse_ioctl_out out;
		uint8_t argument[1024];
	} reply = { 0 };
	int error = ENODEV;

	memcpy(reply.argument, in + 1, MIN((size_t)in->in_size, sizeof reply.argument));
	if (!is_dead(server, in->fh))
		error = fakecam_ioctl(&server->cam, in->fh, in->fh & 1, in->cmd, reply.argument);
	set_timer(server);
	answer(server, unique, error, &reply,
	       sizeof reply.out + MIN((size_t)in->out_size, sizeof reply.argument));
}

static void remember_poller(struct server *server, uint64_t poll_handle)
{
	int free_one = 0;

	for (int i = 0; i < POLLERS; i++) {
		if (!server->pollers[i].waits)
			free_one = i;
		if (server->pollers[i].waits && server->pollers[i].poll_handle == poll_handle)
			return;
	}
	server->pollers[free_one].poll_handle = poll_handle;
	server->pollers[free_one].waits = true;
}

static void handle_poll(struct server *server, uint64_t unique, const struct fuse_poll_in *in)
{
	struct fuse_poll_out out = { 0 };

	if (is_dead(server, in->fh))
		out.revents = POLLERR | POLLHUP;
	else if (!server->cam.streaming || server->cam.owner != in->fh)
		out.revents = POLLERR;		/* as videobuf2 does */
	else if (server->cam.filled_len || server->cam.eio)
		out.revents = POLLIN | POLLRDNORM;
	if (!out.revents && in->flags & FUSE_POLL_SCHEDULE_NOTIFY)
		remember_poller(server, in->kh);
	answer(server, unique, 0, &out, sizeof out);
}

static void read_memory(struct server *server, uint64_t unique, const struct fuse_read_in *in)
{
	size_t size = FAKECAM_BUFFERS * FAKECAM_SLOT;
	size_t at = MIN((size_t)in->offset, size);

	answer(server, unique, 0, server->cam.memory + at, MIN((size_t)in->size, size - at));
}

static void begin(struct server *server, uint64_t unique, const struct fuse_init_in *in)
{
	struct fuse_init_out out = { .major = 7, .minor = 31, .max_readahead = in->max_readahead,
				     .max_write = 1 << 20, .max_background = 16,
				     .congestion_threshold = 12, .max_pages = 256,
				     .flags = in->flags & (FUSE_BIG_WRITES | FUSE_MAX_PAGES) };

	answer(server, unique, 0, &out, sizeof out);
}

static void handle(struct server *server, const struct fuse_in_header *header)
{
	const void *body = header + 1;
	struct fuse_attr_out attr = { .attr_valid = 60 };
	struct fuse_statfs_out statistics = { 0 };

	switch (header->opcode) {
	case FUSE_INIT:
		begin(server, header->unique, body);
		break;
	case FUSE_LOOKUP:
		look_up(server, header->unique, body);
		break;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		fill_attributes(&attr.attr, header->nodeid);
		answer(server, header->unique, 0, &attr, sizeof attr);
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		open_node(server, header);
		break;
	case FUSE_READDIR:
		read_folder(server, header->unique, body);
		break;
	case FUSE_READ:
		read_memory(server, header->unique, body);
		break;
	case FUSE_IOCTL:
		handle_ioctl(server, header->unique, body);
		break;
	case FUSE_POLL:
		handle_poll(server, header->unique, body);
		break;
	case FUSE_RELEASE:
		fakecam_release(&server->cam, ((const struct fuse_release_in *)body)->fh);
		set_timer(server);
		answer(server, header->unique, 0, NULL, 0);
		break;
	case FUSE_STATFS:
		answer(server, header->unique, 0, &statistics, sizeof statistics);
		break;
	case FUSE_RELEASEDIR:
	case FUSE_FLUSH:
	case FUSE_FSYNC:
		answer(server, header->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:	/* nothing here waits */
		break;
	default:
		answer(server, header->unique, ENOSYS, NULL, 0);
	}
}

/* --- commands ------------------------------------------------------------------------------------ */

static int32_t obey(struct server *server, const char *text)
{
	struct fakecam *cam = &server->cam;
	struct {
		const char *word;
		int *count;
	} faults[] = { { "stall", &cam->stall }, { "drop", &cam->drop }, { "error", &cam->error },
		       { "cut", &cam->cut }, { "eio", &cam->eio } };
	int number = 0, skip = 0;

	if (strcmp(text, "left") == 0)
		return cam->stall + cam->drop + cam->error + cam->cut + cam->eio;
	if (strcmp(text, "unplug") == 0) {
		server->plugged = false;
		fakecam_reset(cam);
	} else if (sscanf(text, "plug %d %n", &number, &skip) == 1) {
		server->plugged = true;
		server->generation++;
		server->first = number;
		fakecam_init(cam, text + skip);
	}
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		if (strncmp(text, faults[i].word, strlen(faults[i].word)) == 0)
			*faults[i].count = atoi(text + strlen(faults[i].word));
	set_timer(server);
	wake_pollers(server);
	return 0;
}

/* --- the server's process ------------------------------------------------------------------------ */

static void serve(struct server *server)
{
	static uint8_t request[REQUEST_BYTES] __attribute__((aligned(8)));
	char text[128];

	for (;;) {
		struct pollfd ready[3] = { { server->fuse, POLLIN, 0 }, { server->timer, POLLIN, 0 },
					   { server->commands, POLLIN, 0 } };
		ssize_t len;

		if (poll(ready, 3, -1) < 0 && errno != EINTR)
			return;
		if (ready[0].revents) {
			len = read(server->fuse, request, sizeof request);
			if (len < 0 && errno != EINTR && errno != EAGAIN && errno != ENOENT)
				return;
			if (len > 0)
				handle(server, (const struct fuse_in_header *)request);
		}
		if (ready[1].revents)
			tick(server);
		if (ready[2].revents) {
			int32_t result;

			len = recv(server->commands, text, sizeof text - 1, 0);
			if (len <= 0)
				return;		/* the test has ended */
			text[len] = '\0';
			result = obey(server, text);
			send(server->commands, &result, sizeof result, MSG_NOSIGNAL);
		}
	}
}

static int open_mount(const char *folder)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[96];

	if (fuse < 0) {
		perror("fusecam: /dev/fuse");
		return -1;
	}
	snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=%d,group_id=%d", fuse,
		 (int)geteuid(), (int)getegid());
	if (mount("fusecam", folder, "fuse.fusecam", MS_NOSUID | MS_NODEV, options) == 0)
		return fuse;
	perror("fusecam: mount");
	close(fuse);
	return -1;
}

static void run(int commands, const char *folder, const char *card)
{
	static struct server server;
	int32_t result = 0;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGTERM, SIG_DFL);
	server.commands = commands;
	server.fuse = open_mount(folder);
	if (server.fuse < 0)
		_exit(1);
	server.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	server.cam.memory = mmap(NULL, FAKECAM_BUFFERS * FAKECAM_SLOT + 8192, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (server.cam.memory == MAP_FAILED)
		_exit(1);
	server.plugged = true;
	fakecam_init(&server.cam, card);
	send(commands, &result, sizeof result, MSG_NOSIGNAL);
	serve(&server);
	umount2(folder, MNT_DETACH);
	_exit(0);
}

/* --- the test's side ----------------------------------------------------------------------------- */

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

bool fusecam_prepare(const char **why)
{
	char map[32];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	*why = "/dev/fuse is missing";
	if (access("/dev/fuse", F_OK) != 0)
		return false;
	*why = "this user may not open /dev/fuse";
	if (access("/dev/fuse", R_OK | W_OK) != 0)
		return false;
	if (uid == 0)
		return true;
	*why = "neither root nor a user namespace to mount in";
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return false;
	snprintf(map, sizeof map, "0 %u 1", (unsigned int)uid);
	if (!write_text("/proc/self/uid_map", map) || !write_text("/proc/self/setgroups", "deny"))
		return false;
	snprintf(map, sizeof map, "0 %u 1", (unsigned int)gid);
	return write_text("/proc/self/gid_map", map);
}

bool fusecam_start(struct fusecam *cam, const char *folder, const char *card)
{
	int pair[2];
	int32_t ready;

	snprintf(cam->mount, sizeof cam->mount, "%s", folder);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	cam->socket = pair[0];
	cam->pid = fork();
	if (cam->pid == 0) {
		close(pair[0]);
		run(pair[1], folder, card);
	}
	close(pair[1]);
	return recv(cam->socket, &ready, sizeof ready, 0) == sizeof ready;
}

int fusecam_do(struct fusecam *cam, const char *format, ...)
{
	char text[128];
	int32_t result;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (send(cam->socket, text, strlen(text), MSG_NOSIGNAL) < 0 ||
	    recv(cam->socket, &result, sizeof result, 0) != sizeof result)
		return -1;
	return result;
}

/* Not by closing the socket: a child of the test that is still alive has a copy of it. */
void fusecam_stop(struct fusecam *cam)
{
	umount2(cam->mount, MNT_DETACH);
	fusecam_kill(cam);
}

void fusecam_kill(struct fusecam *cam)
{
	kill(cam->pid, SIGKILL);
	waitpid(cam->pid, NULL, 0);
	close(cam->socket);
}
