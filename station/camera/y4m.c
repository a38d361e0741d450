/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/camera/y4m.h"

#include <stdlib.h>
#include <string.h>

#include "station/picture/frame.h"

#define LINE_MAX_BYTES 1024
#define SIDE_MIN 16

/* The length of the line with its newline; 0 when it has not come; ERR_PROTO when there is none. */
static int line_length(const uint8_t *bytes, size_t len_bytes, struct err *err)
{
	const uint8_t *newline = memchr(bytes, '\n', MIN(len_bytes, (size_t)LINE_MAX_BYTES));

	if (newline)
		return (int)(newline - bytes) + 1;
	if (len_bytes < LINE_MAX_BYTES)
		return 0;
	return err_set(err, ERR_PROTO, "YUV4MPEG2: a header line of more than %d bytes",
		       LINE_MAX_BYTES);
}

static int read_side(uint32_t *side, const char *text, uint32_t max, struct err *err)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value < SIDE_MIN || value > max)
		return err_set(err, ERR_UNSUPPORTED,
			       "YUV4MPEG2: a side of \"%.20s\" pixels; %d to %u are possible", text,
			       SIDE_MIN, max);
	*side = (uint32_t)value;
	return 0;
}

static int read_chroma(struct y4m_header *header, const char *text, struct err *err)
{
	static const char *const good[] = { "420", "420jpeg", "420mpeg2", "420paldv" };

	header->mono = strcmp(text, "mono") == 0;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (header->mono || strcmp(text, good[i]) == 0)
			return 0;
	return err_set(err, ERR_UNSUPPORTED,
		       "YUV4MPEG2: chroma \"C%.20s\"; only 8-bit C420 and Cmono are taken", text);
}

static int read_field(struct y4m_header *header, const char *field, struct err *err)
{
	switch (field[0]) {
	case 'W':
		return read_side(&header->width, field + 1, FRAME_WIDTH_MAX, err);
	case 'H':
		return read_side(&header->height, field + 1, FRAME_HEIGHT_MAX, err);
	case 'C':
		return read_chroma(header, field + 1, err);
	case 'I':
		if (field[1] == 'p' || field[1] == '?')
			return 0;
		return err_set(err, ERR_UNSUPPORTED, "YUV4MPEG2: interlaced pictures are not taken");
	case 'X':
		if (strcmp(field, "XCOLORRANGE=FULL") == 0)
			header->full_range = true;
		return 0;
	default:
		return 0;	/* rate and pixel shape do not matter here */
	}
}

int y4m_read_header(struct y4m_header *out, const uint8_t *bytes, size_t len_bytes, struct err *err)
{
	struct y4m_header header = { 0 };
	char line[LINE_MAX_BYTES + 1], *rest = line;
	int len = line_length(bytes, len_bytes, err), rc = 0;
	char *field;
	size_t luma;

	if (len <= 0)
		return len;
	memcpy(line, bytes, (size_t)len);
	line[len - 1] = '\0';
	field = strsep(&rest, " ");
	if (strcmp(field, Y4M_MAGIC) != 0)
		return err_set(err, ERR_PROTO, "YUV4MPEG2: a wrong first word");
	while (rc == 0 && (field = strsep(&rest, " ")))
		rc = read_field(&header, field, err);
	if (rc < 0)
		return rc;
	if (!header.width || !header.height)
		return err_set(err, ERR_PROTO, "YUV4MPEG2: the header has no width or no height");
	luma = (size_t)header.width * header.height;
	header.frame_bytes = header.mono ? luma
				: luma + (size_t)2 * ((header.width + 1) / 2) * ((header.height + 1) / 2);
	*out = header;
	return len;
}

int y4m_read_frame(const uint8_t *bytes, size_t len_bytes, struct err *err)
{
	static const char word[] = "FRAME";
	size_t known = MIN(len_bytes, sizeof word - 1);

	if (memcmp(bytes, word, known) != 0 ||
	    (len_bytes > known && bytes[known] != '\n' && bytes[known] != ' '))
		return err_set(err, ERR_PROTO, "YUV4MPEG2: no FRAME line where one must be");
	return line_length(bytes, len_bytes, err);
}
