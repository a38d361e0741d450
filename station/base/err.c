/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A sentence cut by the buffer must not end in half a UTF-8 character. */
static void end_at_character(char *text, size_t size)
{
	size_t len = strnlen(text, size - 1);
	size_t at = len;

	if (len < size - 1)
		return;
	while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
		at--;
	if (at > 0 && (unsigned char)text[at - 1] >= 0xc0)
		text[at - 1] = '\0';
}

int err_set(struct err *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	end_at_character(err->text, sizeof err->text);
	return code;
}

static int set_os(struct err *err, int code, int saved_errno, const char *format, va_list args)
{
	int len;

	if (!err)
		return code;
	err->code = code;
	len = vsnprintf(err->text, sizeof err->text, format, args);
	if (len >= 0 && (size_t)len < sizeof err->text)
		snprintf(err->text + len, sizeof err->text - (size_t)len, ": %s", strerror(saved_errno));
	end_at_character(err->text, sizeof err->text);
	return code;
}

int err_os(struct err *err, const char *format, ...)
{
	int saved = errno;
	va_list args;

	va_start(args, format);
	set_os(err, ERR_OS, saved, format, args);
	va_end(args);
	return ERR_OS;
}

int err_disk(struct err *err, const char *format, ...)
{
	int saved = errno, code = saved == ENOSPC || saved == EDQUOT ? ERR_FULL : ERR_OS;
	va_list args;

	va_start(args, format);
	set_os(err, code, saved, format, args);
	va_end(args);
	return code;
}

int err_prefix(struct err *err, const char *format, ...)
{
	char text[sizeof err->text];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (len >= 0 && (size_t)len < sizeof text)
		snprintf(text + len, sizeof text - (size_t)len, ": %s", err->text);
	memcpy(err->text, text, sizeof text);
	end_at_character(err->text, sizeof err->text);
	return err->code;
}

const char *err_name(int code)
{
	switch (code) {
	case ERR_OS: return "os";
	case ERR_NOMEM: return "no-memory";
	case ERR_TIMEOUT: return "timeout";
	case ERR_GONE: return "gone";
	case ERR_PROTO: return "protocol";
	case ERR_RANGE: return "range";
	case ERR_FULL: return "full";
	case ERR_TAMPER: return "tampered";
	case ERR_DENIED: return "denied";
	case ERR_STATE: return "state";
	case ERR_UNSUPPORTED: return "unsupported";
	case ERR_AGAIN: return "again";
	default: return code >= 0 ? "ok" : "unknown";
	}
}

int err_code(const char *name)
{
	for (int code = ERR_OS; name && code >= ERR_AGAIN; code--)
		if (strcmp(err_name(code), name) == 0)
			return code;
	return ERR_PROTO;
}
