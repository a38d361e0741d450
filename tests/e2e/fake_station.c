/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A station for tests of the console: speaks doc/protocol.md 1 on control.sock and table.sock, moves a
 * table of its own at 45 degrees/s, draws a preview, and writes every request to requests.log.
 *
 * Usage: fake-station DIR [--hostile] [--refused] [--control-only | --table-only] [--assumed | --encoder]
 * [--user-zero]; prints "ready DIR". --hostile puts terminal escapes into every name it sends, --refused
 * has a record that is not the signed one; the next two open one socket of the two; the others say how the table knows its angle. A motion must come with
 * an "expires_ns" within the next seconds; that and "by" are left out of requests.log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/pose.h"
#include "station/base/preview.h"
#include "station/base/rpc_server.h"
#include "tests/e2e/fake_evidence.h"

#define TICK_NS (40 * NS_PER_MS)

#define HOSTILE "\x1b]0;PWNED\x07\x1b[31mEVIL\xc2\x9b" "6n\xe2\x80\xae\xe2\x81\xa6\x1b[2J\r\n\x7f"

struct fake {
	struct loop *loop;
	struct rpc_server *control, *table;
	struct loop_timer tick;
	struct preview *preview;
	int preview_fd;
	bool hostile, homed;
	const char *source, *reference, *halt;	/* halt NULL: none */
	int64_t halted_us;
	uint64_t armed_until_ns, lease_until_ns;
	json_t *lease, *handling;		/* lease NULL: nobody has one */
	int leases;
	int64_t sequence;
	int64_t reported_mdeg, commanded_mdeg;
	int32_t spin_mdeg_s, focus;
	bool focus_locked;
	uint64_t ticks;
	FILE *requests;
	struct fake_evidence evidence;
};

static const char *name_of(const struct fake *fake, const char *name)
{
	return fake->hostile ? HOSTILE : name;
}

static json_t *halt_state(const struct fake *fake)
{
	if (!fake->halt)
		return json_null();
	return json_pack("{s:s, s:s, s:I, s:s, s:b}", "kind", "estop", "reason", name_of(fake, fake->halt),
			 "since_utc_us", (json_int_t)fake->halted_us, "by", name_of(fake, "the console"),
			 "armed", clock_mono_ns() < fake->armed_until_ns);
}

static json_t *lease_state(const struct fake *fake)
{
	uint64_t now_ns = clock_mono_ns();
	json_t *lease;

	if (!fake->lease || now_ns >= fake->lease_until_ns)
		return json_null();
	lease = json_deep_copy(fake->lease);
	json_object_set_new(lease, "lease", json_integer(fake->leases));
	json_object_set_new(lease, "left_ms",
			    json_integer((json_int_t)((fake->lease_until_ns - now_ns) / NS_PER_MS)));
	return lease;
}

/* What a table of the third issue tells beside its pose. */
static void add_rules(struct fake *fake, json_t *state)
{
	json_t *more = json_pack(
		"{s:I, s:I, s:s, s:b, s:o, s:o, s:{s:O, s:i, s:i}, s:{s:I, s:I},"
		" s:{s:s, s:s, s:s, s:b, s:i, s:i}, s:{s:i, s:i, s:i, s:i}}",
		"sequence", (json_int_t)++fake->sequence, "native", (json_int_t)fake->reported_mdeg / 10, "unit",
		"steps", "evidence",
		fake->homed && strcmp(fake->reference, "homed") == 0 && strcmp(fake->source, "assumed") != 0,
		"halt", halt_state(fake), "lease", lease_state(fake), "handling", "names", fake->handling,
		"max_mdeg_s", json_array_size(fake->handling) ? 5000 : 30000, "max_mdeg_s2", 10000, "cable",
		"wound_mdeg", (json_int_t)fake->reported_mdeg, "max_mdeg", (json_int_t)720000, "geometry",
		"units_per_turn", "36000/1", "unit", "steps", "gear", "1/1", "reversed", 0, "zero_mdeg", 0,
		"backlash_mdeg", 120, "limits", "max_mdeg_s", 90000, "max_mdeg_s2", 100000, "min_mdeg_s", 500,
		"own_mdeg_s", 0);

	json_object_update(state, more);
	json_decref(more);
}

static json_t *table_state(struct fake *fake)
{
	bool moving = fake->spin_mdeg_s || fake->reported_mdeg != fake->commanded_mdeg;
	json_t *state = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:i, s:i, s:I, s:i, s:i, s:b, s:s, s:s, s:b}",
		"driver", name_of(fake, "grbl"), "port", "sim", "link", "up", "motion",
		moving ? "moving" : "still", "reference", fake->homed ? fake->reference : "none", "source",
		fake->source, "homed", fake->homed, "reported_mdeg", (json_int_t)fake->reported_mdeg,
		"commanded_mdeg", (json_int_t)fake->commanded_mdeg, "uncertainty_mdeg", 100,
		"speed_mdeg_s", moving ? (fake->spin_mdeg_s ? fake->spin_mdeg_s : 45000) : 0,
		"sampled_ns", (json_int_t)clock_mono_ns(), "age_ms", 12, "epoch", 1, "estop",
		fake->halt != NULL, "fault", fake->hostile ? HOSTILE : "", "message",
		fake->hostile ? HOSTILE : "", "simulated", 1);

	json_object_set_new(state, "bearing_mdeg", fake->homed ?
			    json_integer(pose_bearing_mdeg(fake->reported_mdeg)) : json_null());
	add_rules(fake, state);
	return state;
}

static json_t *camera_state(const struct fake *fake)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:i, s:i, s:i}", "driver",
			 "simulated", "device", name_of(fake, "sim"), "identity",
			 name_of(fake, "sim 1"), "state", "running", "reason", "", "width", 1920,
			 "height", 1080, "fps", 30, "format", "I420", "frames", (int)fake->ticks,
			 "dropped", 0, "rejected", 0);
}

static json_t *status(struct fake *fake)
{
	json_t *root = json_pack("{s:s, s:b, s:s, s:i, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:[]}",
				 "version", "0.1.0", "demo", 1, "state", "ON_AIR", "uptime_s", 75,
				 "url", "https://127.0.0.1:8443/", "case_no",
				 name_of(fake, "(2026)\u6caa0101\u5211\u521d88\u53f7"),
				 "exhibit_no", name_of(fake, "WZ-2026-0003"), "exhibit_name",
				 name_of(fake, "\u6c34\u679c\u5200\u4e00\u628a"), "utc_us",
				 (json_int_t)clock_utc_us(), "camera", camera_state(fake), "table",
				 table_state(fake), "children");

	json_array_append_new(json_object_get(root, "children"),
			      json_pack("{s:s, s:i, s:s, s:i, s:s}", "name", "capture", "pid", 4711,
					"state", "running", "restarts", 1, "reason",
					name_of(fake, "")));
	json_object_set_new(root, "encoder",
			    json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "width", 1920, "height",
				      1080, "fps", 30, "bitrate_bps", 4000000, "frames_in", 900,
				      "frames_dropped", 0));
	json_object_set_new(
		root, "stream",
		json_pack("{s:i, s:i, s:i}", "port", 40000, "viewers", 2, "datagrams_out", 123456));
	fake_evidence_add_status(&fake->evidence, root);
	json_object_set_new(root, "join",
			    json_pack("{s:s, s:s}", "url", "https://127.0.0.1:8443/", "pass",
				      fake->hostile ? HOSTILE : "5cd9-tjm2-k0fa-93xq"));
	return root;
}

static json_t *rooms(const struct fake *fake)
{
	return json_pack("{s:[{s:i, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:b},"
			 "{s:i, s:s, s:s, s:s, s:s, s:s, s:n, s:i, s:i, s:i, s:i, s:i, s:b}]}",
			 "rooms", "id", 1, "name", name_of(fake, "\u738b\u5ba1\u5224\u957f"),
			 "role", "judge", "kind", "pass", "address", "127.0.0.1:50000", "state",
			 "connected", "age_ms", 82, "rtt_ms", 1, "loss_percent", 0, "width", 1920,
			 "height", 1080, "fps", 30, "stale", 0, "id", 2, "name",
			 name_of(fake, "Room 2"), "role", fake->hostile ? HOSTILE : "defence",
			 "kind", "certificate", "address", "198.18.0.2:50000", "state", "checked",
			 "age_ms", "rtt_ms", 40, "loss_percent", 2, "width", 0, "height", 0, "fps",
			 0, "stale", 0);
}

static json_t *control(const struct fake *fake)
{
	return json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:s, s:b, s:b}", "name",
			 name_of(fake, "focus"), "label", name_of(fake, "Focus, absolute"), "value",
			 fake->focus, "min", 0, "max", 255, "step", 5, "default", 30, "kind",
			 "integer", "locked", fake->focus_locked, "writable", 1);
}

static json_t *log_lines(const struct fake *fake)
{
	return json_pack("{s:[{s:i, s:I, s:s, s:s}, {s:i, s:I, s:s, s:s}]}", "lines", "number", 1,
			 "utc_us", (json_int_t)clock_utc_us(), "level", "notice", "text",
			 name_of(fake, "station: a showing is ON AIR"), "number", 2, "utc_us",
			 (json_int_t)clock_utc_us(), "level", "warning", "text",
			 name_of(fake, "capture: restarted (1)"));
}

static void tell_table(struct fake *fake)
{
	rpc_server_notify(fake->control, 0, "table", "table", table_state(fake));
	rpc_server_notify(fake->table, 0, "table", "table", table_state(fake));
}

/* Colour bars that wander, so that a still picture is seen as one. */
static void draw_preview(struct fake *fake)
{
	uint8_t *luma = fake->preview->planes, *blue = luma + PREVIEW_WIDTH * PREVIEW_HEIGHT;
	uint8_t *red = blue + PREVIEW_WIDTH * PREVIEW_HEIGHT / 4;

	atomic_fetch_add(&fake->preview->sequence, 1);
	for (int y = 0; y < PREVIEW_HEIGHT; y++)
		for (int x = 0; x < PREVIEW_WIDTH; x++)
			luma[y * PREVIEW_WIDTH + x] =
				(uint8_t)(16 + (x + (int)fake->ticks * 4 + y) % 220);
	for (int y = 0; y < PREVIEW_HEIGHT / 2; y++)
		for (int x = 0; x < PREVIEW_WIDTH / 2; x++) {
			blue[y * PREVIEW_WIDTH / 2 + x] =
				(uint8_t)(16 + x * 220 / (PREVIEW_WIDTH / 2));
			red[y * PREVIEW_WIDTH / 2 + x] =
				(uint8_t)(16 + y * 220 / (PREVIEW_HEIGHT / 2));
		}
	fake->preview->captured_ns = clock_mono_ns();
	atomic_fetch_add(&fake->preview->sequence, 1);
}

static void move(struct fake *fake)
{
	int64_t step = fake->spin_mdeg_s * INT64_C(40) / 1000,
		left = fake->commanded_mdeg - fake->reported_mdeg;

	if (fake->spin_mdeg_s) {
		fake->reported_mdeg += step;
		fake->commanded_mdeg = fake->reported_mdeg;
	} else {
		fake->reported_mdeg += CLAMP(left, -1800, 1800);
	}
	if (fake->spin_mdeg_s || left || fake->ticks % 25 == 0)
		tell_table(fake);
}

static void tick(void *owner)
{
	struct fake *fake = owner;

	loop_set(fake->loop, &fake->tick, clock_mono_ns() + TICK_NS);
	fake->ticks++;
	move(fake);
	if (fake->ticks % 3 == 0)
		draw_preview(fake);
}

static bool is_motion(const char *act)
{
	return strcmp(act, "goto") == 0 || strcmp(act, "turn") == 0 || strcmp(act, "spin") == 0 ||
	       strcmp(act, "home") == 0;
}

static void stand(struct fake *fake)
{
	fake->spin_mdeg_s = 0;
	fake->commanded_mdeg = fake->reported_mdeg;
}

static void end_lease(struct fake *fake)
{
	json_decref(fake->lease);
	fake->lease = NULL;
}

static bool move_as_told(struct fake *fake, const char *act, const json_t *params)
{
	json_int_t value;

	fake->spin_mdeg_s = 0;
	if (strcmp(act, "goto") == 0 &&
	    rpc_integer(&value, params, "bearing_mdeg", 0, 359999, NULL) == 0)
		fake->commanded_mdeg = value;
	else if (strcmp(act, "turn") == 0 &&
		 rpc_integer(&value, params, "by_mdeg", -360000, 360000, NULL) == 0)
		fake->commanded_mdeg += value;
	else if (strcmp(act, "spin") == 0 &&
		 rpc_integer(&value, params, "speed_mdeg_s", -90000, 90000, NULL) == 0)
		fake->spin_mdeg_s = (int32_t)value;
	else if (strcmp(act, "home") == 0)
		fake->homed = true;
	else
		return false;
	return true;
}

static json_t *clear(struct fake *fake, const json_t *params)
{
	if (fake->halt && !json_object_get(params, "confirm")) {
		fake->armed_until_ns = clock_mono_ns() + 30 * NS_PER_S;
		return json_pack("{s:b, s:s, s:i}", "armed", 1, "reason", name_of(fake, fake->halt), "for_ms",
				 30000);
	}
	if (fake->halt && clock_mono_ns() >= fake->armed_until_ns)
		return NULL;
	fake->halt = NULL;
	fake->armed_until_ns = 0;
	return json_pack("{s:i, s:s, s:o}", "command", 1, "outcome", "done", "table", table_state(fake));
}

static json_t *give_lease(struct fake *fake, const json_t *params)
{
	json_int_t for_s;

	if (rpc_integer(&for_s, params, "for_s", 1, 3600, NULL) < 0)
		return NULL;
	end_lease(fake);
	fake->lease = json_deep_copy(params);
	json_object_del(fake->lease, "for_s");
	fake->lease_until_ns = clock_mono_ns() + (uint64_t)for_s * NS_PER_S;
	return json_pack("{s:i}", "lease", ++fake->leases);
}

/* NULL: refused. */
static json_t *rule_act(struct fake *fake, const char *act, const json_t *params)
{
	if (strcmp(act, "clear") == 0)
		return clear(fake, params);
	if (strcmp(act, "lease") == 0)
		return give_lease(fake, params);
	if (strcmp(act, "handling") == 0) {
		json_decref(fake->handling);
		fake->handling = json_deep_copy(json_object_get(params, "names"));
	} else if (strcmp(act, "preempt") == 0 || strcmp(act, "release") == 0) {
		end_lease(fake);
		stand(fake);
	} else if (strcmp(act, "status") != 0 && strcmp(act, "calibrate") != 0) {
		return NULL;
	}
	return table_state(fake);
}

static json_t *table_act(struct fake *fake, const char *act, const json_t *params)
{
	bool stop = strcmp(act, "stop") == 0 || strcmp(act, "estop") == 0;

	if (stop)
		stand(fake);
	else if (!is_motion(act))
		return rule_act(fake, act, params);
	else if (!move_as_told(fake, act, params))
		return NULL;
	if (strcmp(act, "estop") == 0) {
		fake->halt = "Emergency stop at the console, a sentence which is so long that the narrow screen needs two lines";
		fake->halted_us = clock_utc_us();
	}
	end_lease(fake);
	return json_pack("{s:i, s:s, s:o}", "command", 1, "outcome", fake->spin_mdeg_s ? "accepted" : "done",
			 "table", table_state(fake));
}

static json_t *answer_of(struct fake *fake, const char *method, const json_t *params)
{
	if (strncmp(method, "table.", 6) == 0)
		return table_act(fake, method + 6, params);
	if (strcmp(method, "status") == 0)
		return status(fake);
	if (strcmp(method, "rooms") == 0)
		return rooms(fake);
	if (strcmp(method, "log") == 0)
		return log_lines(fake);
	if (strcmp(method, "metrics") == 0)
		return json_pack("{s:s}", "text",
				 name_of(fake, "ostend_viewers 2\nostend_frames_total 900\n"));
	if (strcmp(method, "camera.status") == 0)
		return camera_state(fake);
	if (strcmp(method, "camera.controls") == 0)
		return json_pack("{s:[o]}", "controls", control(fake));
	if (strcmp(method, "camera.set") == 0)
		fake->focus = (int)json_integer_value(json_object_get(params, "value"));
	if (strcmp(method, "camera.lock") == 0)
		fake->focus_locked = json_is_true(json_object_get(params, "locked"));
	if (strncmp(method, "camera.", 7) == 0)
		return control(fake);
	return fake_evidence_answer(&fake->evidence, method, params);
}

static void subscribe(struct rpc_server *server, const struct rpc_peer *peer, const json_t *params)
{
	json_t *topic;
	size_t i;

	json_array_foreach(json_object_get(params, "topics"), i, topic)
		rpc_server_subscribe(server, peer->number, json_string_value(topic), NULL);
}

/* A busy machine may bring it later than it is meant for: that it is meant for now is what counts here. */
static bool take_expiry(json_t *params)
{
	json_int_t expires_ns, now_ns = (json_int_t)clock_mono_ns();
	bool good = rpc_integer(&expires_ns, params, "expires_ns", 1, INT64_MAX, NULL) == 0 &&
		    expires_ns > now_ns - (json_int_t)(30 * NS_PER_S) && expires_ns <= now_ns + (json_int_t)(2 * NS_PER_S);

	json_object_del(params, "expires_ns");
	return good;
}

static void serve(struct fake *fake, struct rpc_server *server, const char *socket,
		  const struct rpc_peer *peer, const char *method, json_t *params,
		  struct rpc_ticket ticket)
{
	struct err err = { 0 };
	json_t *answer;
	char *text;

	if (strncmp(method, "table.", 6) == 0 && is_motion(method + 6) && !take_expiry(params)) {
		fprintf(fake->requests, "%s %s without a good expires_ns\n", socket, method);
		fflush(fake->requests);
		err_set(&err, ERR_RANGE, "fake station: no good expires_ns");
		rpc_server_refuse(server, ticket, RPC_REFUSED, &err);
		return;
	}
	json_object_del(params, "by");
	text = json_dumps(params, JSON_COMPACT | JSON_SORT_KEYS);

	if (strcmp(method, "status") != 0 && strcmp(method, "preview.open") != 0)
		fprintf(fake->requests, "%s %s %s\n", socket, method, text);
	fflush(fake->requests);
	free(text);
	if (strcmp(method, "subscribe") == 0) {
		subscribe(server, peer, params);
		rpc_server_answer(server, ticket, json_object());
		return;
	}
	if (strcmp(method, "preview.open") == 0) {
		rpc_server_answer_fd(server, ticket, json_object(), fake->preview_fd);
		return;
	}
	answer = answer_of(fake, method, params);
	err_set(&err, ERR_RANGE, "fake station: no %s with that, %s", method,
		name_of(fake, "sorry"));
	if (answer)
		rpc_server_answer(server, ticket, answer);
	else
		rpc_server_refuse(server, ticket, RPC_REFUSED, &err);
}

static void control_request(void *owner, const struct rpc_peer *peer, const char *method,
			    json_t *params, struct rpc_ticket ticket)
{
	struct fake *fake = owner;

	serve(fake, fake->control, "control", peer, method, params, ticket);
}

static void table_request(void *owner, const struct rpc_peer *peer, const char *method,
			  json_t *params, struct rpc_ticket ticket)
{
	struct fake *fake = owner;

	serve(fake, fake->table, "table", peer, method, params, ticket);
}

static void make_preview(struct fake *fake)
{
	fake->preview_fd = memfd_create("preview", MFD_CLOEXEC);
	if (fake->preview_fd < 0 || ftruncate(fake->preview_fd, sizeof *fake->preview) < 0)
		abort();
	fake->preview = mmap(NULL, sizeof *fake->preview, PROT_READ | PROT_WRITE, MAP_SHARED,
			     fake->preview_fd, 0);
	if (fake->preview == MAP_FAILED)
		abort();
	fake->preview->magic = PREVIEW_MAGIC;
	fake->preview->width = PREVIEW_WIDTH;
	fake->preview->height = PREVIEW_HEIGHT;
	draw_preview(fake);
}

/* @format NULL: a server without a socket, so that notifications have somewhere to go. */
static int open_server(struct fake *fake, struct rpc_server **server, const char *format,
		       const char *dir, const struct rpc_server_ops *ops, struct err *err)
{
	char path[300];

	snprintf(path, sizeof path, format ? format : "", dir);
	return rpc_server_open(server, fake->loop, format ? path : NULL, ops, fake, err);
}

int main(int argc, char **argv)
{
	static const struct rpc_server_ops control_ops = { .request = control_request };
	static const struct rpc_server_ops table_ops = { .request = table_request };
	struct fake fake = { .homed = true, .focus = 30, .source = "counted", .reference = "homed",
			     .evidence = { .state = "ON_AIR", .pause = "" } };
	const char *control_path = "%s/control.sock", *table_path = "%s/table.sock";
	struct err err = { 0 };
	char path[300];

	if (argc < 2)
		return 2;
	for (int i = 2; i < argc; i++) {
		fake.hostile |= strcmp(argv[i], "--hostile") == 0;
		fake.evidence.refused |= strcmp(argv[i], "--refused") == 0;
		if (strcmp(argv[i], "--assumed") == 0 || strcmp(argv[i], "--encoder") == 0)
			fake.source = argv[i] + 2;
		if (strcmp(argv[i], "--user-zero") == 0)
			fake.reference = argv[i] + 2;
		if (strcmp(argv[i], "--control-only") == 0)
			table_path = NULL;
		if (strcmp(argv[i], "--table-only") == 0)
			control_path = NULL;
	}
	fake.evidence.hostile = fake.hostile ? HOSTILE : NULL;
	snprintf(path, sizeof path, "%s/requests.log", argv[1]);
	fake.requests = fopen(path, "ae");
	fake.handling = json_array();
	make_preview(&fake);
	if (!fake.requests || loop_new(&fake.loop, &err) < 0)
		return 1;
	if (open_server(&fake, &fake.control, control_path, argv[1], &control_ops, &err) < 0 ||
	    open_server(&fake, &fake.table, table_path, argv[1], &table_ops, &err) < 0)
		goto fail;
	fake.tick = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = tick, .owner = &fake };
	tick(&fake);
	printf("ready %s\n", argv[1]);
	fflush(stdout);
	loop_run(fake.loop);
	return 0;
fail:
	fprintf(stderr, "%s\n", err.text);
	return 1;
}
