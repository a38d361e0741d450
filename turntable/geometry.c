/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turntable/geometry.h"

#include <ctype.h>
#include <stdlib.h>

#include "station/base/i18n.h"
#include "station/base/pose.h"

#define PART_MAX INT64_C(1000000000000)	/* of a ratio: what is larger is a slip of the pen */

/* @value * @num / @den, half away from zero; the product has room in 128 bits. */
static int64_t scale(int64_t value, int64_t num, int64_t den)
{
	__int128 product = (__int128)value * num;
	__int128 half = den / 2;

	return (int64_t)((product < 0 ? product - half : product + half) / den);
}

int64_t geometry_mdeg_by(const struct geometry *geometry, int64_t native)
{
	return scale(geometry->reversed ? -native : native, MDEG_PER_TURN * geometry->turn.den, geometry->turn.num);
}

int64_t geometry_native_by(const struct geometry *geometry, int64_t mdeg)
{
	return scale(geometry->reversed ? -mdeg : mdeg, geometry->turn.num, MDEG_PER_TURN * geometry->turn.den);
}

int64_t geometry_mdeg(const struct geometry *geometry, int64_t native)
{
	return geometry_mdeg_by(geometry, native) + geometry->zero_mdeg;
}

int64_t geometry_native(const struct geometry *geometry, int64_t mdeg)
{
	return geometry_native_by(geometry, mdeg - geometry->zero_mdeg);
}

int32_t geometry_resolution_mdeg(const struct geometry *geometry)
{
	int64_t turn = MDEG_PER_TURN * geometry->turn.den;

	return (int32_t)CLAMP((turn + geometry->turn.num - 1) / geometry->turn.num, INT64_C(1),
			      (int64_t)MDEG_PER_TURN);
}

/* --- ratios --------------------------------------------------------------------------------------- */

static int64_t common_divisor(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static struct ratio reduce(struct ratio ratio)
{
	int64_t divisor = common_divisor(ratio.num, ratio.den);

	return (struct ratio){ ratio.num / divisor, ratio.den / divisor };
}

int ratio_multiply(struct ratio *out, struct ratio a, struct ratio b, struct err *err)
{
	struct ratio left, right, product;

	if (a.num <= 0 || a.den <= 0 || b.num <= 0 || b.den <= 0)
		return err_set(err, ERR_RANGE, _("a ratio must be above 0"));
	left = reduce((struct ratio){ a.num, b.den });	/* crosswise first, so that less overflows */
	right = reduce((struct ratio){ b.num, a.den });
	if (__builtin_mul_overflow(left.num, right.num, &product.num) ||
	    __builtin_mul_overflow(left.den, right.den, &product.den) || product.num > PART_MAX ||
	    product.den > PART_MAX)
		return err_set(err, ERR_RANGE, _("the turn of the table cannot be counted exactly: use a simpler ratio"));
	*out = reduce(product);
	return 0;
}

/* "12.5" is 125/10. */
static bool read_decimal(struct ratio *out, const char **text)
{
	const char *at = *text;
	bool digits = false, point = false;

	*out = (struct ratio){ 0, 1 };
	for (; isdigit((unsigned char)*at) || (*at == '.' && !point); at++) {
		if (*at == '.') {
			point = true;
			continue;
		}
		digits = true;
		out->num = out->num * 10 + (*at - '0');
		out->den *= point ? 10 : 1;
		if (out->num > PART_MAX || out->den > PART_MAX)
			return false;
	}
	*text = at;
	return digits && out->num > 0;
}

int ratio_read(struct ratio *out, const char *text, struct err *err)
{
	const char *at = text;
	struct ratio over, under = { 1, 1 };
	bool good = read_decimal(&over, &at);

	if (good && *at == '/') {
		at++;
		good = read_decimal(&under, &at);
	}
	if (!good || *at)
		return err_set(err, ERR_RANGE, _("\"%.40s\" is no ratio: write 360, 12.5 or 1536000/7"), text);
	return ratio_multiply(out, over, (struct ratio){ under.den, under.num }, err);
}
