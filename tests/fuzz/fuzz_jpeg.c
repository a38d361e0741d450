/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What jpeg_check passes lies inside its bytes, is of a size the station takes, and decodes or not. */
#include <stdlib.h>

#include "station/camera/jpeg_check.h"
#include "station/picture/convert.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	static struct converter *converter;
	struct jpeg_info info, again;
	struct frame *frame;

	if (!converter && converter_new(&converter, NULL) < 0)
		abort();
	if (jpeg_check(&info, bytes, len_bytes) != JPEG_WHOLE) {
		if (!info.why)
			abort();
		return 0;
	}
	if (info.len_bytes > len_bytes || info.len_bytes < 4 || info.why ||
	    bytes[info.len_bytes - 1] != 0xd9 || jpeg_check(&again, bytes, info.len_bytes) != JPEG_WHOLE ||
	    jpeg_check(&again, bytes, info.len_bytes - 1) != JPEG_SHORT)
		abort();
	if (info.width * info.height > 640 * 480)
		return 0;	/* the same code, only slower */
	frame = frame_new(info.width / 2 * 2, info.height / 2 * 2);
	if (frame)
		convert_jpeg(converter, frame, bytes, info.len_bytes, NULL);
	frame_unref(frame);
	return 0;
}
