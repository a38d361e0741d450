/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/camera/scan.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <libyuv.h>

#include "station/base/clock.h"
#include "station/camera/qr_read.h"

#define FOR_MS 5000
#define FOR_MS_MAX 30000
#define GAP_NS (250 * NS_PER_MS)	/* from one look to the next: twice a second in each of the two sizes */
#define GRACE_NS (2 * NS_PER_S)		/* a picture that is being read when the time is up is waited for */
#define NICE 10

/* One picture to look at; goes to the thread and comes back with what was seen. */
struct look {
	uint32_t width, height;
	struct qr_found found;
	uint8_t luma[];
};

struct scan {
	struct loop *loop;
	struct rpc_server *server;
	struct queue *out, *back;	/* struct look */
	struct loop_watch back_watch;
	struct loop_timer end;
	pthread_t thread;
	bool has_thread;

	bool asked, full, looking;	/* looking: a picture is with the thread */
	struct rpc_ticket ticket;
	uint64_t next_ns, end_ns;
	json_int_t pictures;
	uint32_t width, height;
};

/* --- thread: scan ---------------------------------------------------------------------------------- */

static void *look_at_pictures(void *arg)
{
	struct scan *scan = arg;
	struct pollfd ready = { .fd = queue_fd(scan->out), .events = POLLIN };

	setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);	/* this thread alone: pictures go before it */
	for (;;) {
		struct look *look;

		if (poll(&ready, 1, -1) < 1)
			continue;
		look = queue_take(scan->out);
		if (!look)
			return NULL;	/* closed: nothing else makes an empty queue readable */
		qr_read(&look->found, look->luma, look->width, look->height, NULL);
		queue_give(scan->back, look);
	}
}

/* --- the answer ------------------------------------------------------------------------------------ */

static void answer(struct scan *scan, const struct qr_found *found)
{
	json_t *texts = json_array();

	for (size_t i = 0; found && i < found->count; i++) {
		char text[QR_READ_BYTES_MAX + 1];

		memcpy(text, found->texts[i].bytes, found->texts[i].len_bytes);
		text[found->texts[i].len_bytes] = '\0';
		json_array_append_new(texts, rpc_text(text));
	}
	scan->asked = false;
	loop_cancel(scan->loop, &scan->end);
	rpc_server_answer(scan->server, scan->ticket,
			  json_pack("{s:o, s:I, s:i, s:i}", "texts", texts, "pictures", scan->pictures, "width",
				    (int)scan->width, "height", (int)scan->height));
}

static void looked(void *owner, uint32_t events)
{
	struct scan *scan = owner;
	CLEANUP(util_freep) struct look *look = queue_take(scan->back);

	(void)events;
	if (!look)
		return;
	scan->looking = false;
	if (!scan->asked)
		return;		/* it came after the end */
	scan->pictures++;
	scan->width = look->width;
	scan->height = look->height;
	if (look->found.count)
		answer(scan, &look->found);
	else if (clock_mono_ns() >= scan->end_ns)
		answer(scan, NULL);
}

static void time_is_up(void *owner)
{
	struct scan *scan = owner;

	if (scan->looking && clock_mono_ns() < scan->end_ns + GRACE_NS)
		loop_set(scan->loop, &scan->end, scan->end_ns + GRACE_NS);
	else
		answer(scan, NULL);
}

static int read_request(struct scan *scan, const json_t *params, json_int_t *for_ms, struct err *err)
{
	static const char *const known[] = { "for_ms", "full", NULL };
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = rpc_integer_or(for_ms, params, "for_ms", 0, FOR_MS_MAX, FOR_MS, err);
	if (rc == 0 && scan->asked)
		rc = err_set(err, ERR_STATE, "a scan is running already");
	if (rc == 0 && scan->looking)
		rc = err_set(err, ERR_STATE, "the last picture is still being read");
	return rc;
}

void scan_request(struct scan *scan, const json_t *params, struct rpc_ticket ticket)
{
	json_int_t for_ms;
	struct err err;

	if (read_request(scan, params, &for_ms, &err) < 0) {
		rpc_server_refuse(scan->server, ticket, err.code == ERR_STATE ? RPC_REFUSED : RPC_BAD_PARAMS, &err);
		return;
	}
	scan->asked = true;
	scan->full = json_is_true(json_object_get(params, "full"));
	scan->ticket = ticket;
	scan->pictures = 0;
	scan->width = scan->height = 0;
	scan->next_ns = 0;
	scan->end_ns = clock_mono_ns() + (uint64_t)for_ms * NS_PER_MS;
	loop_set(scan->loop, &scan->end, scan->end_ns);
}

/* --- pictures -------------------------------------------------------------------------------------- */

void scan_offer(struct scan *scan, const struct frame *frame)
{
	uint64_t now_ns = clock_mono_ns();
	uint32_t part = scan->full || scan->pictures % 2 ? 1 : 2;
	uint32_t width = frame->info.width / part, height = frame->info.height / part;
	struct look *look;

	if (!scan->asked || scan->looking || now_ns < scan->next_ns || now_ns >= scan->end_ns)
		return;
	look = malloc(sizeof *look + (size_t)width * height);
	if (!look)
		return;
	look->width = width;
	look->height = height;
	ScalePlane(frame->plane[0], (int)frame->info.stride[0], (int)frame->info.width, (int)frame->info.height,
		   look->luma, (int)width, (int)width, (int)height, kFilterBox);
	scan->looking = queue_give(scan->out, look) == 0;
	scan->next_ns = now_ns + GAP_NS;
}

/* --- life ------------------------------------------------------------------------------------------ */

static int start(struct scan *scan, struct err *err)
{
	int rc = queue_new(&scan->out, 1, QUEUE_REFUSE, free, err);

	if (rc == 0)
		rc = queue_new(&scan->back, 1, QUEUE_REFUSE, free, err);
	if (rc == 0)
		rc = loop_watch(scan->loop, &scan->back_watch, queue_fd(scan->back), EPOLLIN, err);
	if (rc < 0)
		return rc;
	if (pthread_create(&scan->thread, NULL, look_at_pictures, scan) != 0)
		return err_set(err, ERR_OS, "scan: no thread can be made");
	scan->has_thread = true;
	return 0;
}

int scan_new(struct scan **out, struct loop *loop, struct rpc_server *server, struct err *err)
{
	struct scan *scan = calloc(1, sizeof *scan);
	int rc;

	if (!scan)
		return err_set(err, ERR_NOMEM, "scan: out of memory");
	scan->loop = loop;
	scan->server = server;
	scan->back_watch = (struct loop_watch){ .fd = -1, .ready = looked, .owner = scan };
	scan->end = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = time_is_up, .owner = scan };
	rc = start(scan, err);
	if (rc < 0)
		scan_free(scan);
	else
		*out = scan;
	return rc;
}

struct scan *scan_free(struct scan *scan)
{
	struct err err;

	if (!scan)
		return NULL;
	if (scan->asked) {
		err_set(&err, ERR_GONE, "the camera's process ends");
		rpc_server_refuse(scan->server, scan->ticket, RPC_REFUSED, &err);
	}
	loop_cancel(scan->loop, &scan->end);
	loop_unwatch(scan->loop, &scan->back_watch);
	if (scan->has_thread) {
		queue_close(scan->out);
		pthread_join(scan->thread, NULL);
	}
	queue_free(scan->out);
	queue_free(scan->back);
	free(scan);
	return NULL;
}
