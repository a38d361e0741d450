/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/qr_text.h"

#include <stdio.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/tty_clean.h"

#define PREFIX "OSTEND:"
#define PREFIX_LEN (sizeof PREFIX - 1)

void qr_text_print(char text[QR_TEXT_SIZE], const char code[ITEM_CODE_SIZE])
{
	snprintf(text, QR_TEXT_SIZE, PREFIX "%s", code);
}

int qr_text_read(char code[ITEM_CODE_SIZE], enum item_code_kind *kind, const char *bytes, size_t len_bytes,
		 struct err *err)
{
	char text[ITEM_CODE_SIZE], read[ITEM_CODE_SIZE], shown[64];
	enum item_code_kind found;
	int rc;

	tty_clean(shown, sizeof shown, bytes, len_bytes, 40);
	if (len_bytes < PREFIX_LEN || memcmp(bytes, PREFIX, PREFIX_LEN) != 0)
		return err_set(err, ERR_UNSUPPORTED, _("the QR code \"%s\" is no label of a station"), shown);
	len_bytes -= PREFIX_LEN;
	if (len_bytes != ITEM_CODE_SIZE - 1 || memchr(bytes + PREFIX_LEN, '\0', len_bytes))
		return err_set(err, ERR_RANGE, _("the label \"%s\" is damaged"), shown);
	memcpy(text, bytes + PREFIX_LEN, len_bytes);
	text[len_bytes] = '\0';
	rc = item_code_read(read, &found, text, err);
	if (rc == 0 && strcmp(read, text) != 0)		/* a label has the one right form */
		return err_set(err, ERR_RANGE, _("the label \"%s\" is damaged"), shown);
	if (rc < 0)
		return rc;
	memcpy(code, read, sizeof read);
	*kind = found;
	return 0;
}
