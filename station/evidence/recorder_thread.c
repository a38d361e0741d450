/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thread: one item after the other into the file, and once a second to the disk.
 *
 * The signature over a file's last pictures comes when the next file has begun. So the file before stays open
 * (`closing`) until an SEI has come that can be that signature, at most a second; both files get it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/evidence/media_sei.h"
#include "station/evidence/recorder_private.h"

#define FILE_MAX_NS (600 * NS_PER_S)
#define KEYFRAME_EVERY_NS (4 * NS_PER_S)
#define KEYFRAME_LATE_NS (300 * NS_PER_MS)	/* from asking to having one */
#define CLOSING_NS NS_PER_S
#define SYNC_EVERY_NS NS_PER_S
#define POSE_MOVING_NS (250 * NS_PER_MS)
#define POSE_STILL_NS NS_PER_S
#define POSE_SOONEST_NS (40 * NS_PER_MS)	/* once a picture is enough */
#define LOW_S 3600
#define NOT_LOW_S 5400

/* --- telling ------------------------------------------------------------------------------------- */

static void tell(struct recorder *recorder, struct recorder_event *event)
{
	event->showing = recorder->showing;
	recorder->config.event(recorder->config.owner, event);
}

static void describe(struct recorder_event *event, const struct recorder_file *file)
{
	struct recorder_file_state state;

	recorder_file_state(file, &state);
	event->number = state.number;
	memcpy(event->file, state.name, sizeof event->file);
	event->bytes = state.bytes;
	event->frames = state.frames;
	event->begun_utc_us = state.begun_utc_us;
	event->ended_utc_us = state.begun_utc_us + (state.written_ns - state.begun_ns) / 1000;
	event->first_section = state.first_section;
	event->last_section = state.last_section;
	memcpy(event->parameters_sha256, state.parameters_sha256, sizeof event->parameters_sha256);
}

static void count_file(struct recorder *recorder)
{
	struct recorder_counters *counters = &recorder->counters;
	struct recorder_file_state state;

	if (!recorder->file)
		return;
	recorder_file_state(recorder->file, &state);
	atomic_store(&counters->showing, recorder->showing);
	atomic_store(&counters->number, state.number);
	atomic_store(&counters->bytes, state.bytes);
	atomic_store(&counters->frames, state.frames);
	atomic_store(&counters->begun_utc_us, state.begun_utc_us);
	atomic_store(&counters->synced_ns, state.synced_ns);
}

static void stop_recording(struct recorder *recorder)
{
	recorder->active = false;
	atomic_store(&recorder->counters.recording, false);
}

/* The digest of what is whole is told when the disk has it; otherwise the file stays without an end. */
static void abandon(struct recorder *recorder, struct recorder_file **file, const char *reason)
{
	struct recorder_event event = { .kind = RECORDER_ENDED };
	struct err err = { 0 };

	if (!*file)
		return;
	if (recorder_file_abandon(*file, event.sha256, &err) == 0) {
		describe(&event, *file);
		snprintf(event.reason, sizeof event.reason, "%s", reason);
		tell(recorder, &event);
	} else {
		log_error("%s", err.text);
	}
	*file = recorder_file_free(*file);
}

/* @err_of_sync: after that one nothing can be said about what the disk has. */
static void fail(struct recorder *recorder, const struct err *err, bool err_of_sync)
{
	struct recorder_event event = { .kind = RECORDER_FAILED, .code = err->code };

	stop_recording(recorder);
	if (recorder->file)
		describe(&event, recorder->file);
	snprintf(event.reason, sizeof event.reason, "%s", err->text);
	tell(recorder, &event);		/* first: the showing must not go on for a disk that is slow to fail */
	if (err_of_sync) {
		recorder->closing = recorder_file_free(recorder->closing);
		recorder->file = recorder_file_free(recorder->file);
	}
	abandon(recorder, &recorder->closing, err->text);
	abandon(recorder, &recorder->file, err->text);
}

/* --- files --------------------------------------------------------------------------------------- */

static void finish(struct recorder *recorder, struct recorder_file **file, uint64_t end_ns, const char *reason)
{
	struct recorder_event event = { .kind = RECORDER_ENDED };
	struct err err = { 0 };

	if (!*file)
		return;
	if (recorder_file_finish(*file, end_ns, event.sha256, &err) < 0) {
		fail(recorder, &err, err.code == ERR_OS);
		return;
	}
	if (*file == recorder->file)
		count_file(recorder);
	describe(&event, *file);
	snprintf(event.reason, sizeof event.reason, "%s", reason);
	tell(recorder, &event);
	*file = recorder_file_free(*file);
}

/* When the newest picture ends that no other one follows: as if another had followed. */
static uint64_t end_of_newest(const struct recorder *recorder)
{
	return recorder->newest_ns + NS_PER_S / 30;
}

static void finish_all(struct recorder *recorder, uint64_t end_ns, const char *reason)
{
	finish(recorder, &recorder->closing, recorder->closing_ns, "");
	finish(recorder, &recorder->file, end_ns, reason);
}

static void open_file(struct recorder *recorder, const struct access_unit *au)
{
	struct recorder_event event = { .kind = RECORDER_BEGUN };
	struct err err = { 0 };

	if (recorder_file_open(&recorder->file, recorder->folder, recorder->station, recorder->showing,
			       recorder->next_number, au, &err) < 0) {
		fail(recorder, &err, false);
		return;
	}
	describe(&event, recorder->file);
	recorder->next_number = event.number + 1;
	recorder->pose_ns = recorder->counted_bytes = 0;
	atomic_fetch_add(&recorder->counters.files, 1);
	count_file(recorder);
	tell(recorder, &event);
}

static bool has_other_parameters(const struct recorder *recorder, const struct access_unit *au)
{
	struct recorder_file_state state;
	struct nal sps, pps;
	uint8_t sha256[32];

	recorder_file_state(recorder->file, &state);
	return recorder_parameters(&sps, &pps, au) && recorder_digest(sha256, &sps, &pps, NULL) == 0 &&
	       memcmp(sha256, state.parameters_sha256, sizeof sha256) != 0;
}

static bool is_old(const struct recorder *recorder, uint64_t now_ns)
{
	uint64_t most_ns = recorder->config.file_max_ns ? recorder->config.file_max_ns : FILE_MAX_NS;
	struct recorder_file_state state;

	/* the next keyframe may be KEYFRAME_EVERY_NS away */
	recorder_file_state(recorder->file, &state);
	return now_ns + KEYFRAME_EVERY_NS > state.begun_ns + most_ns;
}

/* --- the signature of a file's last pictures ----------------------------------------------------- */

/* Look at the signatures in @au for @file, and note which they are. */
static void note_signatures(struct recorder_file *file, const struct access_unit *au)
{
	uint32_t counter;
	bool partial;
	size_t at = 0;
	struct nal nal;

	while (nal_next(&nal, au->bytes, au->len_bytes, &at) && !nal_is_slice(&nal))
		if (media_sei_about(&nal, &counter, &partial))
			recorder_file_note_section(file, counter);
}

/* Put the signatures that are in @au behind the file before; whether one was that of its end, closed by a keyframe. */
static bool copy_signatures(struct recorder *recorder, const struct access_unit *au, struct err *err)
{
	size_t at = 0, from = nal_start(au->bytes, au->len_bytes, 0);
	bool partial, found = false;
	uint32_t counter;
	struct nal nal;

	while (nal_next(&nal, au->bytes, au->len_bytes, &at) && !nal_is_slice(&nal)) {
		if (media_sei_about(&nal, &counter, &partial) &&
		    mp4_append(recorder_file_writer(recorder->closing), au->bytes + from, at - from, err) == 0) {
			recorder_file_note_section(recorder->closing, counter);
			found = found || !partial;
		}
		from = at;
	}
	return found;
}

static void serve_closing(struct recorder *recorder, const struct access_unit *au)
{
	struct err err = { 0 };

	if (copy_signatures(recorder, au, &err) || au->captured_ns > recorder->closing_ns + CLOSING_NS)
		finish(recorder, &recorder->closing, recorder->closing_ns, "");
}

static void rotate(struct recorder *recorder, const struct access_unit *au)
{
	struct err err = { 0 };

	finish(recorder, &recorder->closing, recorder->closing_ns, "");
	if (!recorder->active)
		return;
	recorder->closing = MOVE(recorder->file);
	recorder->closing_ns = au->captured_ns;
	copy_signatures(recorder, au, &err);	/* of the section before the last */
}

/* --- texts --------------------------------------------------------------------------------------- */

static void write_text(struct recorder *recorder, uint64_t mono_ns, const char *json)
{
	struct err err = { 0 };

	if (recorder->file && mp4_text(recorder_file_writer(recorder->file), mono_ns, json, &err) < 0)
		log_error("%s", err.text);
}

static void write_pose(struct recorder *recorder, uint64_t mono_ns)
{
	json_t *json = json_pack("{s:o}", "pose", pose_json(&recorder->pose));
	CLEANUP(util_freep) char *text = json ? json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	json_decref(json);
	if (text)
		write_text(recorder, mono_ns, text);
	recorder->pose_ns = mono_ns;
}

static bool is_same_pose(const struct pose *one, const struct pose *other)
{
	return one->link == other->link && one->motion == other->motion && one->reference == other->reference &&
	       one->source == other->source && one->reported_mdeg == other->reported_mdeg &&
	       one->commanded_mdeg == other->commanded_mdeg && one->uncertainty_mdeg == other->uncertainty_mdeg &&
	       one->speed_mdeg_s == other->speed_mdeg_s && one->epoch == other->epoch &&
	       one->estop == other->estop;
}

static void take_pose(struct recorder *recorder, const struct pose *pose)
{
	bool changed = !recorder->pose_known || !is_same_pose(pose, &recorder->pose);

	recorder->pose = *pose;
	recorder->pose_known = true;
	if (changed && recorder->file && recorder->newest_ns >= recorder->pose_ns + POSE_SOONEST_NS)
		write_pose(recorder, MAX(pose->sampled_ns, recorder->pose_ns));
}

static void repeat_pose(struct recorder *recorder, uint64_t now_ns)
{
	uint64_t after_ns = recorder->pose.motion == POSE_MOTION_STILL ? POSE_STILL_NS : POSE_MOVING_NS;

	if (recorder->pose_known && (!recorder->pose_ns || now_ns >= recorder->pose_ns + after_ns))
		write_pose(recorder, now_ns);
}

/* --- pictures ------------------------------------------------------------------------------------ */

static bool has_picture(const struct access_unit *au)
{
	size_t at = 0;
	struct nal nal;

	while (nal_next(&nal, au->bytes, au->len_bytes, &at))
		if (nal_is_slice(&nal))
			return true;
	return false;
}

static void append(struct recorder *recorder, const struct access_unit *au)
{
	struct err err = { 0 };

	if (recorder->closing)
		copy_signatures(recorder, au, &err);
	if (!recorder->file)
		return;
	if (mp4_append(recorder_file_writer(recorder->file), au->bytes, au->len_bytes, &err) < 0)
		log_error("%s", err.text);
	else
		note_signatures(recorder->file, au);
}

static void ask_for_keyframe(struct recorder *recorder, const struct access_unit *au)
{
	if (au->keyframe)
		recorder->keyframe_ns = au->captured_ns;
	if (au->captured_ns + KEYFRAME_LATE_NS < recorder->keyframe_ns + KEYFRAME_EVERY_NS ||
	    au->captured_ns < recorder->asked_ns + KEYFRAME_LATE_NS)
		return;
	recorder->asked_ns = au->captured_ns;
	recorder->config.request_keyframe(recorder->config.owner);
}

static void record(struct recorder *recorder, const struct access_unit *au)
{
	struct err err = { 0 };

	if (mp4_picture(recorder_file_writer(recorder->file), au->bytes, au->len_bytes, au->captured_ns,
			au->keyframe, &err) < 0) {
		fail(recorder, &err, false);
		return;
	}
	recorder->newest_ns = au->captured_ns;
	note_signatures(recorder->file, au);
	repeat_pose(recorder, au->captured_ns);
	ask_for_keyframe(recorder, au);
}

static void take_picture(struct recorder *recorder, const struct access_unit *au)
{
	if (!recorder->active)
		return;
	if (!has_picture(au)) {
		append(recorder, au);
		return;
	}
	if (au->keyframe && recorder->file && (is_old(recorder, au->captured_ns) || has_other_parameters(recorder, au)))
		rotate(recorder, au);
	else if (recorder->closing)
		serve_closing(recorder, au);
	if (recorder->active && !recorder->file && au->keyframe)
		open_file(recorder, au);
	if (recorder->file)
		record(recorder, au);
	else if (recorder->active)
		ask_for_keyframe(recorder, au);
}

/* --- items --------------------------------------------------------------------------------------- */

static void begin(struct recorder *recorder, int64_t showing)
{
	finish_all(recorder, end_of_newest(recorder), "");
	if (showing != recorder->showing)
		recorder->next_number = 1;
	recorder->showing = showing;
	recorder->active = true;
	recorder->keyframe_ns = recorder->asked_ns = 0;
	recorder->low_said = false;
	atomic_store(&recorder->counters.recording, true);
}

static void end(struct recorder *recorder, const char *reason)
{
	finish_all(recorder, end_of_newest(recorder), reason);
	stop_recording(recorder);
}

static void note_gap(struct recorder *recorder, const struct item *item)
{
	struct recorder_event event = { .kind = RECORDER_GAP, .frames = item->count };

	if (!recorder->active)
		return;
	finish_all(recorder, MIN(end_of_newest(recorder), item->mono_ns), item->text);
	event.begun_utc_us = (uint64_t)clock_utc_of_mono_us(item->mono_ns);
	event.ended_utc_us = (uint64_t)clock_utc_of_mono_us(item->until_ns);
	snprintf(event.reason, sizeof event.reason, "%s", item->text);
	atomic_fetch_add(&recorder->counters.gaps, 1);
	tell(recorder, &event);
}

static void take(struct recorder *recorder, struct item *item)
{
	switch (item->kind) {
	case ITEM_PICTURE:
		if (item->au->captured_ns)	/* one without a picture has no time */
			atomic_store(&recorder->taken_ns, item->au->captured_ns);
		atomic_fetch_sub(&recorder->waiting_bytes, item->au->len_bytes);
		take_picture(recorder, item->au);
		atomic_fetch_sub(&recorder->waiting, 1);
		break;
	case ITEM_TEXT:
		write_text(recorder, item->mono_ns, item->text);
		break;
	case ITEM_POSE:
		take_pose(recorder, &item->pose);
		break;
	case ITEM_BEGIN:
		begin(recorder, item->showing);
		break;
	case ITEM_END:
		end(recorder, item->text);
		break;
	case ITEM_GAP:
		note_gap(recorder, item);
		break;
	}
}

static void take_all(struct recorder *recorder)
{
	struct item *item;

	while ((item = queue_take(recorder->queue))) {
		take(recorder, item);
		access_unit_unref(item->au);
		free(item);
	}
}

static void on_ready(void *owner, uint32_t events)
{
	(void)events;
	take_all(owner);
}

/* --- each second --------------------------------------------------------------------------------- */

static void sync_file(struct recorder *recorder, struct recorder_file *file)
{
	struct recorder_counters *counters = &recorder->counters;
	uint64_t start_ns = clock_mono_ns(), took_us;
	struct err err = { 0 };

	if (!file)
		return;
	if (recorder_file_sync(file, &err) < 0) {
		fail(recorder, &err, true);
		return;
	}
	took_us = (clock_mono_ns() - start_ns) / 1000;
	atomic_fetch_add(&counters->syncs, 1);
	atomic_store(&counters->sync_us_max, MAX(atomic_load(&counters->sync_us_max), took_us));
}

/* Seconds with the whole minute in mind; the bytes of files that were closed in it are near enough. */
static void measure_rate(struct recorder *recorder)
{
	struct recorder_file_state state;
	uint64_t sum = 0;

	if (!recorder->file)
		return;
	recorder_file_state(recorder->file, &state);
	recorder->minute_bytes[recorder->minute_at] = state.bytes - recorder->counted_bytes;
	recorder->counted_bytes = state.bytes;
	recorder->minute_at = (recorder->minute_at + 1) % ARRAY_LEN(recorder->minute_bytes);
	recorder->minute_count = MIN(recorder->minute_count + 1, (uint32_t)ARRAY_LEN(recorder->minute_bytes));
	for (uint32_t i = 0; i < recorder->minute_count; i++)
		sum += recorder->minute_bytes[i];
	if (recorder->minute_count >= 10)
		atomic_store(&recorder->counters.rate_bps, (uint32_t)(sum * 8 / recorder->minute_count));
}

static void say_low(struct recorder *recorder, uint64_t room_bytes)
{
	uint64_t rate_bps = MAX(atomic_load(&recorder->counters.rate_bps), 1u), left_s = room_bytes * 8 / rate_bps;
	struct recorder_event event = { .kind = RECORDER_LOW };

	if (left_s > NOT_LOW_S)
		recorder->low_said = false;
	if (left_s > LOW_S || recorder->low_said || !recorder->active)
		return;
	recorder->low_said = true;
	snprintf(event.reason, sizeof event.reason, "the disk has room for %llu more minutes of recording",
		 (unsigned long long)left_s / 60);
	tell(recorder, &event);
}

static void watch_space(struct recorder *recorder)
{
	uint64_t free_bytes = 0, floor = recorder->config.floor_bytes;
	struct err err = { 0 };

	if (recorder_space(&free_bytes, recorder->folder, &err) < 0) {
		if (recorder->active)
			fail(recorder, &err, false);
		return;
	}
	atomic_store(&recorder->counters.free_bytes, free_bytes);
	say_low(recorder, free_bytes - MIN(free_bytes, floor));
	if (!recorder->active || free_bytes >= floor)
		return;
	err_set(&err, ERR_FULL, "the disk is full: %llu MB left, and %llu MB are kept for the record",
		(unsigned long long)(free_bytes >> 20), (unsigned long long)(floor >> 20));
	finish_all(recorder, end_of_newest(recorder), err.text);	/* there is room for a proper end */
	if (recorder->active)
		fail(recorder, &err, false);
}

static void on_tick(void *owner)
{
	struct recorder *recorder = owner;
	struct timespec used = { 0 };

	loop_set(recorder->loop, &recorder->tick, clock_mono_ns() + SYNC_EVERY_NS);
	sync_file(recorder, recorder->closing);
	sync_file(recorder, recorder->file);
	count_file(recorder);
	measure_rate(recorder);
	watch_space(recorder);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	atomic_store(&recorder->counters.cpu_ns, (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec);
}

/* --- start and stop ------------------------------------------------------------------------------ */

void *recorder_run(void *owner)
{
	struct recorder *recorder = owner;

	pthread_setname_np(pthread_self(), "recorder");
	on_tick(recorder);
	loop_run(recorder->loop);
	take_all(recorder);
	end(recorder, "the station is being stopped");
	return NULL;
}

int recorder_prepare(struct recorder *recorder, struct err *err)
{
	int rc = loop_new(&recorder->loop, err);

	recorder->next_number = 1;
	recorder->ready = (struct loop_watch){ .fd = -1, .ready = on_ready, .owner = recorder };
	recorder->tick = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = on_tick, .owner = recorder };
	atomic_store(&recorder->counters.rate_bps, recorder->config.rate_bps);
	return rc < 0 ? rc : loop_watch(recorder->loop, &recorder->ready, queue_fd(recorder->queue), EPOLLIN, err);
}

void recorder_shut(struct recorder *recorder)
{
	recorder_file_free(recorder->closing);
	recorder_file_free(recorder->file);
	if (recorder->loop)
		loop_free(recorder->loop);
}
