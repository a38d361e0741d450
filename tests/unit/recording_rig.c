/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/recording_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "station/encode/encoder.h"
#include "station/stream/bytes.h"
#include "tests/bench/scene.h"

struct rig {
	struct scene *scene;
	struct encoder *encoder;
	struct frame *frame;
	unsigned count;
};

struct rig *rig_new(void)
{
	static const struct encoder_config config = {
		.width = RIG_WIDTH, .height = RIG_HEIGHT, .fps = RIG_FPS, .bitrate_bps = 500000, .threads = 1,
	};
	struct rig *rig = calloc(1, sizeof *rig);

	rig->scene = scene_new();
	rig->frame = frame_new(RIG_WIDTH, RIG_HEIGHT);
	assert_non_null(rig->frame);
	assert_int_equal(encoder_open(&rig->encoder, NULL, &config, NULL), 0);
	return rig;
}

void rig_free(struct rig *rig)
{
	encoder_free(rig->encoder);
	frame_unref(rig->frame);
	scene_free(rig->scene);
	free(rig);
}

struct access_unit *rig_picture(struct rig *rig, uint64_t captured_ns, bool keyframe)
{
	struct access_unit *au;

	scene_draw(rig->scene, rig->frame, SCENE_TURNING, rig->count++);
	rig->frame->info.captured_ns = captured_ns;
	assert_int_equal(encoder_encode(rig->encoder, rig->frame, keyframe, &au, NULL), 0);
	return au;
}

/* By ONVIF Media Signing, up to the counter; without bytes that would have to be escaped. */
struct access_unit *rig_sei(uint32_t counter, bool partial)
{
	static const uint8_t head[] = {
		0, 0, 0, 1, 6, 5, 45, 0x00, 0x5b, 0xc9, 0x3f, 0x2d, 0x71, 0x5e, 0x95, 0xad, 0xa4, 0x79, 0x6f, 0x90,
		0x87, 0x7a, 0x6f, 0x40, 1, 0, 0x5b, 2, 25, 12, 1,
	};
	struct access_unit *au = access_unit_new(sizeof head + 1 + 16 + 4 + 1);
	uint8_t *at;

	assert_non_null(au);
	memcpy(au->bytes, head, sizeof head);
	at = au->bytes + sizeof head;
	*at++ = partial;
	memset(at, 0x55, 16);
	be32_put(at + 16, counter);
	at[20] = 0x80;
	return au;
}

bool rig_box(struct box *box, const uint8_t *bytes, size_t len_bytes, size_t *at)
{
	uint32_t size;

	if (*at == len_bytes)
		return false;
	assert_true(len_bytes - *at >= 8);
	size = be32_get(bytes + *at);
	assert_true(size >= 8 && size <= len_bytes - *at);
	*box = (struct box){ .bytes = bytes + *at + 8, .len_bytes = size - 8, .offset = *at };
	memcpy(box->type, bytes + *at + 4, 4);
	*at += size;
	return true;
}

struct box rig_find(const uint8_t *bytes, size_t len_bytes, const char *path)
{
	size_t at = 0;
	struct box box;

	while (rig_box(&box, bytes, len_bytes, &at)) {
		if (strncmp(box.type, path, 4) != 0)
			continue;
		return path[4] ? rig_find(box.bytes, box.len_bytes, path + 5) : box;
	}
	fail_msg("no box %s", path);
	abort();
}

uint8_t *rig_read(const char *path, size_t *len_bytes)
{
	FILE *file = fopen(path, "re");
	uint8_t *bytes;
	long size;

	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	bytes = malloc((size_t)size + 1);
	*len_bytes = fread(bytes, 1, (size_t)size, file);
	bytes[*len_bytes] = '\0';
	assert_int_equal(*len_bytes, size);
	fclose(file);
	return bytes;
}

char *rig_run(const char *format, ...)
{
	char *command = NULL, *line = NULL, *text = NULL;
	size_t len = 0;
	va_list arguments;
	FILE *pipe, *out = open_memstream(&text, &len);
	int byte, status;

	va_start(arguments, format);
	assert_true(vasprintf(&line, format, arguments) > 0);
	va_end(arguments);
	assert_true(asprintf(&command, "timeout 60 %s 2>&1", line) > 0);
	pipe = popen(command, "re");
	assert_non_null(pipe);
	while ((byte = fgetc(pipe)) != EOF)
		fputc(byte, out);
	status = pclose(pipe);
	fclose(out);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s: status %d: %s", line, status, text);
	free(command);
	free(line);
	return text;
}
