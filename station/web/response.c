/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every answer, also a refusal, carries the same fields of safety, so that no route can forget one:
 * only HTTPS from now on (RFC 6797), no guessing of types, no frame, no other origin, no store.
 */
#include "station/web/http.h"

#include <stdio.h>
#include <time.h>

static const char safety[] =
	"Strict-Transport-Security: max-age=31536000\r\n"
	"X-Content-Type-Options: nosniff\r\n"
	"Cross-Origin-Opener-Policy: same-origin\r\n"
	"Cross-Origin-Resource-Policy: same-origin\r\n"
	"Referrer-Policy: no-referrer\r\n"
	"Permissions-Policy: camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), "
	"serial=(), payment=(), fullscreen=(self)\r\n";

const char *http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{ 101, "Switching Protocols" },	   { 200, "OK" },
		{ 201, "Created" },		   { 204, "No Content" },
		{ 400, "Bad Request" },		   { 401, "Unauthorized" },
		{ 403, "Forbidden" },		   { 404, "Not Found" },
		{ 405, "Method Not Allowed" },	   { 408, "Request Timeout" },
		{ 411, "Length Required" },	   { 412, "Precondition Failed" },
		{ 413, "Content Too Large" },	   { 415, "Unsupported Media Type" },
		{ 417, "Expectation Failed" },	   { 421, "Misdirected Request" },
		{ 422, "Unprocessable Content" },  { 426, "Upgrade Required" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },  { 501, "Not Implemented" },
		{ 503, "Service Unavailable" },	   { 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

/* Not strftime: its names of days and months follow the locale (RFC 9110 5.6.7 wants English). */
static void format_date(char *text, size_t size, int64_t utc_us)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t seconds = (time_t)(utc_us / 1000000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	snprintf(text, size, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday,
		 months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

int http_write_head(struct buffer *out, const struct http_response *response, int64_t now_utc_us)
{
	int rc;
	char date[64];

	format_date(date, sizeof date, now_utc_us);
	rc = buffer_print(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n%sCache-Control: %s\r\n"
			  "Content-Security-Policy: %s\r\n",
			  response->status, http_reason(response->status), date, safety,
			  response->cache ? response->cache : "no-store",
			  response->policy ? response->policy : HTTP_POLICY_NONE);
	if (rc == 0 && response->type)
		rc = buffer_print(out, "Content-Type: %s\r\n", response->type);
	/* RFC 9110 8.6: no length with 1xx and 204 */
	if (rc == 0 && response->status >= 200 && response->status != 204)
		rc = buffer_print(out, "Content-Length: %zu\r\n", response->body_len);
	if (rc == 0 && response->fields)
		rc = buffer_print(out, "%s", response->fields);
	if (rc == 0)
		rc = buffer_print(out, "%s\r\n", response->close ? "Connection: close\r\n" : "");
	return rc;
}
