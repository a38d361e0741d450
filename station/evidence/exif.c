/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libexif keeps what is there and writes the TIFF structure; segments are put together here. EXIF's texts
 * are said to be ASCII, and readers take them as UTF-8; XMP, beside it, is UTF-8 by its own rules.
 */
#include "station/evidence/exif.h"

#include <libexif/exif-data.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "station/base/bytes.h"

#define APP1 0xffe1
#define SEGMENT_MAX 65533	/* what a segment holds beside its length */
#define XMP_NAME "http://ns.adobe.com/xap/1.0/"
#define COLOUR_SRGB 1
#define PIXELS_PER_INCH 72
#define UNIT_INCH 2
#define CENTRED 1
#define US_PER_S 1000000

DEFINE_FREEP(exif_data_unref, ExifData *)

/* --- entries ------------------------------------------------------------------------------------- */

/* A new entry of @size bytes in place of what is there; NULL without memory. */
static ExifEntry *entry_new(ExifData *data, ExifIfd ifd, ExifTag tag, ExifFormat format, size_t size,
			    unsigned long components)
{
	ExifContent *content = data->ifd[ifd];
	ExifEntry *old = exif_content_get_entry(content, tag), *entry = exif_entry_new();

	if (old)
		exif_content_remove_entry(content, old);
	if (!entry)
		return NULL;
	entry->data = calloc(1, size);	/* libexif frees it with free() */
	if (!entry->data) {
		exif_entry_unref(entry);
		return NULL;
	}
	entry->tag = tag;
	entry->format = format;
	entry->components = components;
	entry->size = (unsigned)size;
	exif_content_add_entry(content, entry);
	exif_entry_unref(entry);	/* the content holds it */
	return entry;
}

static bool put_text(ExifData *data, ExifIfd ifd, ExifTag tag, const char *text)
{
	size_t size = strlen(text) + 1;
	ExifEntry *entry = entry_new(data, ifd, tag, EXIF_FORMAT_ASCII, size, size);

	if (entry)
		memcpy(entry->data, text, size);
	return entry;
}

static bool put_long(ExifData *data, ExifIfd ifd, ExifTag tag, uint32_t value)
{
	ExifEntry *entry = entry_new(data, ifd, tag, EXIF_FORMAT_LONG, sizeof value, 1);

	if (entry)
		exif_set_long(entry->data, exif_data_get_byte_order(data), value);
	return entry;
}

static bool put_short(ExifData *data, ExifIfd ifd, ExifTag tag, uint16_t value)
{
	ExifEntry *entry = entry_new(data, ifd, tag, EXIF_FORMAT_SHORT, sizeof value, 1);

	if (entry)
		exif_set_short(entry->data, exif_data_get_byte_order(data), value);
	return entry;
}

static bool put_raw(ExifData *data, ExifTag tag, const char bytes[4])
{
	ExifEntry *entry = entry_new(data, EXIF_IFD_EXIF, tag, EXIF_FORMAT_UNDEFINED, 4, 4);

	if (entry)
		memcpy(entry->data, bytes, 4);
	return entry;
}

static bool put_ratio(ExifData *data, ExifTag tag, uint32_t whole)
{
	ExifEntry *entry = entry_new(data, EXIF_IFD_0, tag, EXIF_FORMAT_RATIONAL, 8, 1);

	if (entry)
		exif_set_rational(entry->data, exif_data_get_byte_order(data),
				  (ExifRational){ .numerator = whole, .denominator = 1 });
	return entry;
}

/* What the standard wants of every picture, and says for one of which nothing is known; a camera's own stays. */
static bool put_usual(ExifData *data)
{
	ExifContent *image = data->ifd[EXIF_IFD_0];

	if (exif_content_get_entry(image, EXIF_TAG_X_RESOLUTION))
		return true;
	return put_ratio(data, EXIF_TAG_X_RESOLUTION, PIXELS_PER_INCH) &&
	       put_ratio(data, EXIF_TAG_Y_RESOLUTION, PIXELS_PER_INCH) &&
	       put_short(data, EXIF_IFD_0, EXIF_TAG_RESOLUTION_UNIT, UNIT_INCH) &&
	       put_short(data, EXIF_IFD_0, EXIF_TAG_YCBCR_POSITIONING, CENTRED) &&
	       put_raw(data, EXIF_TAG_COMPONENTS_CONFIGURATION, "\1\2\3\0") &&
	       put_raw(data, EXIF_TAG_FLASH_PIX_VERSION, "0100");
}

/* 2.3.1 gave times their zone: without it a reader takes the viewer's. */
static bool put_times(ExifData *data, uint64_t utc_us)
{
	time_t seconds = (time_t)(utc_us / US_PER_S);
	char when[32], part[8];
	struct tm tm;

	strftime(when, sizeof when, "%Y:%m:%d %H:%M:%S", gmtime_r(&seconds, &tm));
	snprintf(part, sizeof part, "%06u", (unsigned)(utc_us % US_PER_S));
	return put_text(data, EXIF_IFD_0, EXIF_TAG_DATE_TIME, when) &&
	       put_text(data, EXIF_IFD_EXIF, EXIF_TAG_DATE_TIME_ORIGINAL, when) &&
	       put_text(data, EXIF_IFD_EXIF, EXIF_TAG_DATE_TIME_DIGITIZED, when) &&
	       put_text(data, EXIF_IFD_EXIF, EXIF_TAG_SUB_SEC_TIME_ORIGINAL, part) &&
	       put_text(data, EXIF_IFD_EXIF, EXIF_TAG_OFFSET_TIME, "+00:00") &&
	       put_text(data, EXIF_IFD_EXIF, EXIF_TAG_OFFSET_TIME_ORIGINAL, "+00:00") &&
	       put_text(data, EXIF_IFD_EXIF, EXIF_TAG_OFFSET_TIME_DIGITIZED, "+00:00");
}

static bool put_facts(ExifData *data, const struct exif_facts *facts)
{
	char id[33];

	util_hex(id, facts->sha256, 16);
	return put_usual(data) && put_raw(data, EXIF_TAG_EXIF_VERSION, "0232") && put_times(data, facts->captured_utc_us) &&
	       put_text(data, EXIF_IFD_0, EXIF_TAG_MODEL, facts->model) &&
	       put_text(data, EXIF_IFD_0, EXIF_TAG_SOFTWARE, facts->program) &&
	       put_text(data, EXIF_IFD_0, EXIF_TAG_IMAGE_DESCRIPTION, facts->description) &&
	       put_text(data, EXIF_IFD_0, EXIF_TAG_ARTIST, facts->artist) &&
	       put_text(data, EXIF_IFD_EXIF, EXIF_TAG_IMAGE_UNIQUE_ID, id) &&
	       put_short(data, EXIF_IFD_EXIF, EXIF_TAG_COLOR_SPACE, COLOUR_SRGB) &&
	       put_long(data, EXIF_IFD_EXIF, EXIF_TAG_PIXEL_X_DIMENSION, facts->width) &&
	       put_long(data, EXIF_IFD_EXIF, EXIF_TAG_PIXEL_Y_DIMENSION, facts->height);
}

/* --- segments ------------------------------------------------------------------------------------ */

static bool is_exif(const uint8_t *segment, size_t len)
{
	return len >= 10 && segment[1] == (APP1 & 0xff) && memcmp(segment + 4, "Exif\0", 6) == 0;
}

static int segment(struct bytes *out, const void *name, size_t name_bytes, const void *data, size_t len,
		   struct err *err)
{
	if (name_bytes + len > SEGMENT_MAX)
		return err_set(err, ERR_RANGE, "what is to be said of the picture does not fit into it");
	bytes_u16(out, APP1);
	bytes_u16(out, (uint16_t)(2 + name_bytes + len));
	bytes_add(out, name, name_bytes);
	bytes_add(out, data, len);
	return 0;
}

static int add_exif(struct bytes *out, const uint8_t *old, size_t old_bytes, const struct exif_facts *facts,
		    struct err *err)
{
	CLEANUP(exif_data_unrefp) ExifData *data = old_bytes > 0 ?
		exif_data_new_from_data(old, (unsigned)old_bytes) : exif_data_new();
	unsigned char *saved = NULL;
	unsigned len = 0;
	int rc;

	if (data && old_bytes == 0)
		exif_data_set_byte_order(data, EXIF_BYTE_ORDER_INTEL);
	if (!data || !put_facts(data, facts))
		return err_set(err, ERR_NOMEM, "EXIF: out of memory");
	exif_data_save_data(data, &saved, &len);
	if (!saved)
		return err_set(err, ERR_NOMEM, "EXIF: out of memory");
	rc = segment(out, "", 0, saved, len, err);
	free(saved);
	return rc;
}

static void xml_text(struct bytes *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			bytes_text(out, "&amp;");
		else if (*text == '<')
			bytes_text(out, "&lt;");
		else if (*text == '>')
			bytes_text(out, "&gt;");
		else if ((unsigned char)*text >= 0x20)
			bytes_u8(out, (uint8_t)*text);
	}
}

static int add_xmp(struct bytes *out, const struct exif_facts *facts, struct err *err)
{
	CLEANUP(bytes_clear) struct bytes xmp = { 0 };

	bytes_text(&xmp, "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
		   "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
		   "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
		   "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
		   "xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\"><dc:description><rdf:Alt>"
		   "<rdf:li xml:lang=\"x-default\">");
	xml_text(&xmp, facts->description);
	bytes_text(&xmp, "</rdf:li></rdf:Alt></dc:description><dc:creator><rdf:Seq><rdf:li>");
	xml_text(&xmp, facts->artist);
	bytes_text(&xmp, "</rdf:li></rdf:Seq></dc:creator><xmp:CreatorTool>");
	xml_text(&xmp, facts->program);
	bytes_text(&xmp, "</xmp:CreatorTool></rdf:Description></rdf:RDF></x:xmpmeta>\n"
		   "<?xpacket end=\"r\"?>");
	if (!bytes_ok(&xmp))
		return err_set(err, ERR_NOMEM, "XMP: out of memory");
	return segment(out, XMP_NAME, sizeof XMP_NAME, xmp.data, xmp.len, err);
}

int exif_put(uint8_t **out, size_t *out_bytes, const uint8_t *jpeg, size_t len_bytes,
	     const struct exif_facts *facts, struct err *err)
{
	CLEANUP(bytes_clear) struct bytes file = { 0 };
	size_t after = 2, len = 0;
	const uint8_t *old;
	int rc;

	if (len_bytes < 6 || jpeg[0] != 0xff || jpeg[1] != 0xd8 || jpeg[2] != 0xff)
		return err_set(err, ERR_RANGE, "the picture is no JPEG");
	/* EXIF is the first segment by its standard; JFIF's, which says the same of itself, may precede it */
	if (jpeg[3] == 0xe0)
		after += 2 + (size_t)(jpeg[4] << 8 | jpeg[5]);
	if (after + 4 > len_bytes)
		return err_set(err, ERR_RANGE, "the picture is a damaged JPEG");
	old = jpeg + after;
	len = 2 + (size_t)(old[2] << 8 | old[3]);
	if (!is_exif(old, len_bytes - after) || len > len_bytes - after)
		len = 0;
	bytes_add(&file, jpeg, after);
	rc = add_exif(&file, len > 0 ? old + 4 : NULL, len > 0 ? len - 4 : 0, facts, err);
	if (rc == 0)
		rc = add_xmp(&file, facts, err);
	if (rc < 0)
		return rc;
	bytes_add(&file, old + len, len_bytes - after - len);
	if (!bytes_ok(&file))
		return err_set(err, ERR_NOMEM, "EXIF: out of memory");
	*out_bytes = file.len;
	*out = MOVE(file.data);
	return 0;
}
