/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scanner for each picture: zbar keeps a little of the memory of each code it finds for as long as the scanner
 * lives (mchehab/zbar #258).
 */
#include "station/camera/qr_read.h"

#include <string.h>
#include <zbar.h>

static bool has_text(const struct qr_found *found, const char *bytes, size_t len_bytes)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->texts[i].len_bytes == len_bytes && memcmp(found->texts[i].bytes, bytes, len_bytes) == 0)
			return true;
	return false;
}

static void add_text(struct qr_found *found, const char *bytes, size_t len_bytes)
{
	if (found->count == QR_READ_MAX || len_bytes > QR_READ_BYTES_MAX || has_text(found, bytes, len_bytes))
		return;
	memcpy(found->texts[found->count].bytes, bytes, len_bytes);
	found->texts[found->count++].len_bytes = len_bytes;
}

static zbar_image_scanner_t *new_scanner(void)
{
	zbar_image_scanner_t *scanner = zbar_image_scanner_create();

	if (!scanner)
		return NULL;
	zbar_image_scanner_set_config(scanner, 0, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	/* its own guess at the character set would open files, and our labels are ASCII */
	zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
	return scanner;
}

int qr_read(struct qr_found *found, const uint8_t *luma, uint32_t width, uint32_t height, struct err *err)
{
	zbar_image_scanner_t *scanner = new_scanner();
	zbar_image_t *image = scanner ? zbar_image_create() : NULL;
	const zbar_symbol_t *symbol;

	found->count = 0;
	if (!image) {
		if (scanner)
			zbar_image_scanner_destroy(scanner);
		return err_set(err, ERR_NOMEM, "scan: out of memory");
	}
	zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(image, width, height);
	zbar_image_set_data(image, luma, (unsigned long)width * height, NULL);
	zbar_scan_image(scanner, image);
	for (symbol = zbar_image_first_symbol(image); symbol; symbol = zbar_symbol_next(symbol))
		if (zbar_symbol_get_type(symbol) == ZBAR_QRCODE)
			add_text(found, zbar_symbol_get_data(symbol), zbar_symbol_get_data_length(symbol));
	zbar_image_destroy(image);
	zbar_image_scanner_destroy(scanner);
	return 0;
}
