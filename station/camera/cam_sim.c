/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The simulated camera: a timerfd is its shutter. A shot holds no bytes; the picture is drawn into
 * the frame, at the angle the world file shows at that moment. A missing world file and a new label
 * are looked for once a second; meanwhile the table stands where it was last seen.
 */
#include "station/camera/cam_sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/camera/camera.h"
#include "station/camera/sim_scene.h"
#include "turntable/world.h"

#define STALE_NS NS_PER_S

#define FULL_FACTOR 2		/* its sensor has so many times the rows and columns of the video */

struct sim {
	struct sim_scene *scene, *full_scene;	/* the latter NULL until it is first wanted */
	bool full;
	int timer_fd;
	char world_path[256], label_path[256];
	char label[SIM_LABEL_SIZE];	/* as it is painted */
	const struct world *world;
	uint64_t next_look_ns;
	int64_t angle_mdeg;
	bool stale;
	uint32_t width, height, fps;
	uint64_t sequence;
	struct camera_counts *counts;
};

static void sim_close(void *self)
{
	struct sim *sim = self;

	if (sim->timer_fd >= 0)
		close(sim->timer_fd);
	world_close(sim->world);
	sim_scene_free(sim->scene);
	sim_scene_free(sim->full_scene);
	free(sim);
}

static void sim_closep(struct sim **sim)
{
	if (*sim)
		sim_close(*sim);
}

static int start_shutter(struct sim *sim, struct err *err)
{
	uint64_t period_ns = NS_PER_S / sim->fps;
	struct timespec period = { .tv_sec = (time_t)(period_ns / NS_PER_S),
				   .tv_nsec = (long)(period_ns % NS_PER_S) };
	struct itimerspec shutter = { .it_interval = period, .it_value = period };

	sim->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (sim->timer_fd < 0 || timerfd_settime(sim->timer_fd, 0, &shutter, NULL) < 0)
		return err_os(err, "simulated camera: timer");
	return 0;
}

static int sim_open(void **out, const struct camera_options *options, struct err *err)
{
	CLEANUP(sim_closep) struct sim *sim = calloc(1, sizeof *sim);
	int rc;

	if (!sim)
		return err_set(err, ERR_NOMEM, "simulated camera: out of memory");
	sim->timer_fd = -1;
	sim->width = options->width;
	sim->height = options->height;
	sim->fps = options->fps;
	sim->counts = options->counts;
	snprintf(sim->world_path, sizeof sim->world_path, "%s", options->world ? options->world : "");
	snprintf(sim->label_path, sizeof sim->label_path, "%s", options->label ? options->label : "");
	rc = sim_scene_new(&sim->scene, sim->width, sim->height, err);
	if (rc == 0)
		rc = start_shutter(sim, err);
	if (rc < 0)
		return rc;
	*out = MOVE(sim);
	return 0;
}

static int sim_fd(void *self)
{
	return ((struct sim *)self)->timer_fd;
}

static void sim_info(void *self, struct camera_info *info)
{
	const struct sim *sim = self;

	snprintf(info->device, sizeof info->device, "simulated");
	snprintf(info->identity, sizeof info->identity, "sim:0001");
	snprintf(info->format, sizeof info->format, "I420");
	info->width = sim->width;
	info->height = sim->height;
	info->fps = sim->fps;
}

/* Somebody has put another label beside the exhibit: painted again, which takes as long as some pictures. */
static void look_at_label(struct sim *sim)
{
	char text[SIM_LABEL_SIZE] = "";
	FILE *file = fopen(sim->label_path, "re");

	if (!file)
		return;
	if (fgets(text, sizeof text, file))
		text[strcspn(text, "\n")] = '\0';
	fclose(file);
	if (text[0] && strcmp(text, sim->label) != 0 && sim_scene_label(sim->scene, text) == 0 &&
	    (!sim->full_scene || sim_scene_label(sim->full_scene, text) == 0))
		snprintf(sim->label, sizeof sim->label, "%s", text);
}

/* The pictures of the sensor: those of the video at FULL_FACTOR, or as much of that as a frame holds. */
static uint32_t width_of(const struct sim *sim)
{
	return sim->full ? MIN(sim->width * FULL_FACTOR, (uint32_t)FRAME_WIDTH_MAX) / 2 * 2 : sim->width;
}

static uint32_t height_of(const struct sim *sim)
{
	return sim->full ? MIN(sim->height * FULL_FACTOR, (uint32_t)FRAME_HEIGHT_MAX) / 2 * 2 : sim->height;
}

static int sim_resize(void *self, bool full, struct err *err)
{
	struct sim *sim = self;
	bool made = full && !sim->full_scene;
	int rc = 0;

	if (sim->full == full)
		return 0;
	sim->full = full;
	if (made)
		rc = sim_scene_new(&sim->full_scene, width_of(sim), height_of(sim), err);
	if (rc == 0 && made && sim->label[0])
		rc = sim_scene_label(sim->full_scene, sim->label);
	if (rc < 0)
		sim->full = false;
	return rc;
}

static void look_at_world(struct sim *sim, uint64_t now_ns)
{
	uint64_t updated_ns;

	if (now_ns >= sim->next_look_ns) {
		if (!sim->world && sim->world_path[0])
			world_open(&sim->world, sim->world_path, NULL);
		if (sim->label_path[0])
			look_at_label(sim);
		sim->next_look_ns = now_ns + NS_PER_S;
	}
	sim->stale = true;
	if (!sim->world)
		return;
	updated_ns = atomic_load(&sim->world->updated_ns);
	sim->angle_mdeg = atomic_load(&sim->world->true_angle_mdeg);
	sim->stale = updated_ns == 0 || now_ns > updated_ns + STALE_NS;
}

static int sim_read(void *self, struct camera_shot *shot, struct err *err)
{
	struct sim *sim = self;
	uint64_t ticks;
	ssize_t got = read(sim->timer_fd, &ticks, sizeof ticks);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got != sizeof ticks)
		return err_os(err, "simulated camera: timer");
	sim->counts->lost += ticks - 1;
	sim->sequence += ticks;
	*shot = (struct camera_shot){
		.format = CAMERA_DRAWN, .width = width_of(sim), .height = height_of(sim),
		.captured_ns = clock_mono_ns(), .sequence = sim->sequence - 1,
	};
	shot->exposed_ns = shot->captured_ns;
	look_at_world(sim, shot->captured_ns);
	return 1;
}

static int sim_draw(void *self, const struct camera_shot *shot, struct frame *frame,
		    struct err *err)
{
	const struct sim *sim = self;

	(void)err;
	sim_scene_draw(sim->full ? sim->full_scene : sim->scene, frame, sim->angle_mdeg, clock_utc_of_mono_us(shot->captured_ns),
		       sim->stale);
	return 0;
}

const struct camera_driver cam_sim = {
	.name = "sim", .open = sim_open, .close = sim_close, .fd = sim_fd, .info = sim_info,
	.read = sim_read, .draw = sim_draw, .resize = sim_resize,
};
