/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The front: what other threads call. A picture is refused when the thread is more than four seconds behind;
 * from then on everything is, up to a keyframe that finds room, and in front of that goes a note of the gap.
 */
#include "station/evidence/recorder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "station/evidence/recorder_private.h"

#define BEHIND_MAX_NS (4 * NS_PER_S)
#define BEHIND_MAX_BYTES (64 << 20)
#define ITEMS_MAX 2048		/* pictures of 4 s at 120 a second, and room for all that is said beside */

static void item_free(void *owner)
{
	struct item *item = owner;

	access_unit_unref(item->au);
	free(item);
}

static struct item *item_new(enum item_kind kind, const char *text)
{
	struct item *item = calloc(1, sizeof *item + strlen(text) + 1);

	if (item) {
		item->kind = kind;
		strcpy(item->text, text);
	}
	return item;
}

static void give(struct recorder *recorder, struct item *item)
{
	if (!item || queue_give(recorder->queue, item) < 0)
		log_error("recording: no room for what is to be noted");
}

/* --- pictures ------------------------------------------------------------------------------------ */

static bool is_behind(struct recorder *recorder, const struct access_unit *au)
{
	if (!atomic_load(&recorder->waiting))
		return false;
	return atomic_load(&recorder->waiting_bytes) + au->len_bytes > BEHIND_MAX_BYTES ||
	       au->captured_ns > atomic_load(&recorder->taken_ns) + BEHIND_MAX_NS;
}

static void lose(struct recorder *recorder, const struct access_unit *au)
{
	if (!recorder->dropping) {
		recorder->dropping = true;
		recorder->gap_from_ns = au->captured_ns;
		recorder->gap_count = 0;
	}
	recorder->gap_to_ns = au->captured_ns;
	recorder->gap_count++;
	atomic_fetch_add(&recorder->counters.lost_frames, 1);
	recorder->config.request_keyframe(recorder->config.owner);
}

static void end_gap(struct recorder *recorder, uint64_t until_ns)
{
	struct item *item = item_new(ITEM_GAP, "the disk was too slow");

	recorder->dropping = false;
	if (item) {
		item->mono_ns = recorder->gap_from_ns;
		item->until_ns = until_ns;
		item->count = recorder->gap_count;
	}
	give(recorder, item);
}

static bool give_picture(struct recorder *recorder, struct access_unit *au)
{
	struct item *item = item_new(ITEM_PICTURE, "");

	if (!item)
		return false;
	if (atomic_load(&recorder->waiting) == 0 && au->captured_ns)
		atomic_store(&recorder->taken_ns, au->captured_ns);
	item->au = access_unit_ref(au);
	atomic_fetch_add(&recorder->waiting, 1);
	atomic_fetch_add(&recorder->waiting_bytes, au->len_bytes);
	if (queue_give(recorder->queue, item) == 0)
		return true;
	atomic_fetch_sub(&recorder->waiting, 1);
	atomic_fetch_sub(&recorder->waiting_bytes, au->len_bytes);
	return false;
}

void recorder_give(struct recorder *recorder, struct access_unit *au)
{
	bool fits = !is_behind(recorder, au) && (!recorder->dropping || au->keyframe);

	if (!recorder->begun)
		return;
	if (fits && recorder->dropping)
		end_gap(recorder, au->captured_ns);
	if (!fits || !give_picture(recorder, au))
		lose(recorder, au);
}

void recorder_begin(struct recorder *recorder, int64_t showing)
{
	struct item *item = item_new(ITEM_BEGIN, "");

	if (item)
		item->showing = showing;
	give(recorder, item);
	recorder->begun = true;
	recorder->dropping = false;
}

void recorder_end(struct recorder *recorder, const char *reason)
{
	if (recorder->begun && recorder->dropping)
		end_gap(recorder, recorder->gap_to_ns);
	give(recorder, item_new(ITEM_END, reason));
	recorder->begun = false;
}

/* --- texts --------------------------------------------------------------------------------------- */

void recorder_mark(struct recorder *recorder, uint64_t mono_ns, const char *json)
{
	struct item *item = item_new(ITEM_TEXT, json);

	if (item)
		item->mono_ns = mono_ns;
	give(recorder, item);
}

void recorder_pose(struct recorder *recorder, const struct pose *pose)
{
	struct item *item = item_new(ITEM_POSE, "");

	if (item)
		item->pose = *pose;
	give(recorder, item);
}

/* --- figures ------------------------------------------------------------------------------------- */

int recorder_space(uint64_t *free_bytes, const char *folder, struct err *err)
{
	struct statvfs info;

	if (statvfs(folder, &info) < 0)
		return err_os(err, "%s: its free space cannot be told", folder);
	*free_bytes = (uint64_t)info.f_bavail * info.f_frsize;
	return 0;
}

int recorder_room(struct recorder *recorder, struct err *err)
{
	uint64_t free_bytes = 0, floor = recorder->config.floor_bytes;
	int rc = recorder_space(&free_bytes, recorder->folder, err);

	if (rc == 0 && free_bytes < floor)
		rc = err_set(err, ERR_FULL, _("the disk has %llu MB left, below the floor of %llu MB: nothing can "
			     "be recorded until files were moved away"),
			     (unsigned long long)(free_bytes >> 20), (unsigned long long)(floor >> 20));
	return rc;
}

void recorder_stats(struct recorder *recorder, struct recorder_stats *out)
{
	struct recorder_counters *counters = &recorder->counters;
	uint64_t free_bytes = atomic_load(&counters->free_bytes);

	*out = (struct recorder_stats){
		.recording = atomic_load(&counters->recording),
		.number = atomic_load(&counters->number),
		.bytes = atomic_load(&counters->bytes),
		.frames = atomic_load(&counters->frames),
		.begun_utc_us = atomic_load(&counters->begun_utc_us),
		.synced_ns = atomic_load(&counters->synced_ns),
		.free_bytes = free_bytes,
		.room_bytes = free_bytes - MIN(free_bytes, recorder->config.floor_bytes),
		.rate_bps = atomic_load(&counters->rate_bps),
		.files = atomic_load(&counters->files),
		.gaps = atomic_load(&counters->gaps),
		.lost_frames = atomic_load(&counters->lost_frames),
		.syncs = atomic_load(&counters->syncs),
		.sync_us_max = atomic_load(&counters->sync_us_max),
		.cpu_ns = atomic_load(&counters->cpu_ns),
	};
	if (out->number)
		snprintf(out->file, sizeof out->file, "media/%lld/recording-%03u.mp4",
			 (long long)atomic_load(&counters->showing), out->number);
}

/* --- start and stop ------------------------------------------------------------------------------ */

static struct recorder *destroy(struct recorder *recorder)
{
	if (!recorder)
		return NULL;
	recorder_shut(recorder);
	queue_free(recorder->queue);
	free(recorder->folder);
	free(recorder->station);
	free(recorder);
	return NULL;
}

static void destroyp(struct recorder **recorder)
{
	destroy(*recorder);
}

int recorder_start(struct recorder **out, const struct recorder_config *config, struct err *err)
{
	CLEANUP(destroyp) struct recorder *recorder = calloc(1, sizeof *recorder);
	sigset_t all, before;
	int rc;

	if (!recorder)
		return err_set(err, ERR_NOMEM, _("recorder: out of memory"));
	recorder->config = *config;
	recorder->folder = strdup(config->folder);
	recorder->station = strdup(config->station);
	if (!recorder->folder || !recorder->station)
		return err_set(err, ERR_NOMEM, _("recorder: out of memory"));
	rc = queue_new(&recorder->queue, ITEMS_MAX, QUEUE_REFUSE, item_free, err);
	if (rc == 0)
		rc = recorder_prepare(recorder, err);
	if (rc < 0)
		return rc;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&recorder->thread, NULL, recorder_run, recorder);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc)
		return err_set(err, ERR_OS, _("recorder: cannot start a thread: %s"), strerror(rc));
	*out = MOVE(recorder);
	return 0;
}

struct recorder *recorder_stop(struct recorder *recorder)
{
	if (!recorder)
		return NULL;
	if (recorder->begun)
		recorder_end(recorder, "the station is being stopped");
	queue_close(recorder->queue);
	loop_stop(recorder->loop);
	pthread_join(recorder->thread, NULL);
	return destroy(recorder);
}
