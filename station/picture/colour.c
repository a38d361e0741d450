/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Going from one YCbCr to another over R'G'B' is one 3x3 matrix whose first column is (k, 0, 0): luma
 * never enters chroma. With Y, Cb and Cr centred, the sources in use give
 *
 *	Y'  = 16  + yy Y + yb Cb + yr Cr
 *	Cb' = 128 + bb Cb + br Cr
 *	Cr' = 128 + rb Cb + rr Cr
 *
 * Factors are derived from ITU-R BT.601 and BT.709 (Kr, Kb) and kept in 1/8192, which leaves an error
 * below half a code value. The loops are written so that the compiler makes vectors of them; chroma
 * is at half size, so each pair of luma rows shares one row of chroma contributions.
 */
#include "station/picture/colour.h"

#include "station/base/util.h"

#define ONE 8192
#define FIXED(x) ((int32_t)((x) * ONE + ((x) < 0 ? -0.5 : 0.5)))

struct matrix {
	int32_t offset;			/* of source luma: 0 or 16 */
	int32_t yy, yb, yr;
	int32_t bb, br, rb, rr;
};

/* BT.601 R'G'B' seen by BT.709, both with luma 0..1 and chroma -0.5..0.5 */
#define YB -0.118188
#define YR -0.212685
#define BB 1.018640
#define BR 0.114618
#define RB 0.075050
#define RR 1.025327
#define LUMA (219.0 / 255)	/* full to limited range */
#define CHROMA (224.0 / 255)

static const struct matrix from_601_full = {
	.offset = 0, .yy = FIXED(LUMA), .yb = FIXED(LUMA * YB), .yr = FIXED(LUMA * YR),
	.bb = FIXED(CHROMA * BB), .br = FIXED(CHROMA * BR),
	.rb = FIXED(CHROMA * RB), .rr = FIXED(CHROMA * RR),
};
static const struct matrix from_601 = {
	.offset = 16, .yy = ONE, .yb = FIXED(YB * 219 / 224), .yr = FIXED(YR * 219 / 224),
	.bb = FIXED(BB), .br = FIXED(BR), .rb = FIXED(RB), .rr = FIXED(RR),
};
static const struct matrix from_709_full = {
	.offset = 0, .yy = FIXED(LUMA), .bb = FIXED(CHROMA), .rr = FIXED(CHROMA),
};

static uint8_t to_byte(int32_t value)
{
	return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

#define VECTORS __attribute__((optimize("O3")))

/* One row of chroma in place; what it adds to the luma of its pixels goes to @add, with rounding. */
VECTORS static void convert_chroma_row(const struct matrix *m, uint8_t *restrict cb,
				       uint8_t *restrict cr, int32_t *restrict add, uint32_t width)
{
	int32_t base = 16 * ONE - m->offset * m->yy + ONE / 2;

	for (uint32_t x = 0; x < width; x++) {
		int32_t b = cb[x] - 128, r = cr[x] - 128;

		add[x] = base + m->yb * b + m->yr * r;
		cb[x] = to_byte((128 * ONE + ONE / 2 + m->bb * b + m->br * r) >> 13);
		cr[x] = to_byte((128 * ONE + ONE / 2 + m->rb * b + m->rr * r) >> 13);
	}
}

VECTORS static void convert_luma_row(int32_t yy, uint8_t *restrict luma,
				     const int32_t *restrict add, uint32_t pairs)
{
	for (uint32_t x = 0; x < pairs; x++) {
		luma[2 * x] = to_byte((yy * luma[2 * x] + add[x]) >> 13);
		luma[2 * x + 1] = to_byte((yy * luma[2 * x + 1] + add[x]) >> 13);
	}
}

void colour_convert(struct frame *frame, struct colour from)
{
	const struct matrix *m = !from.bt709 ? (from.full_range ? &from_601_full : &from_601)
					     : &from_709_full;
	const struct frame_info *info = &frame->info;
	int32_t add[FRAME_WIDTH_MAX / 2];

	if (from.bt709 && !from.full_range)
		return;
	for (uint32_t y = 0; y < info->height / 2; y++) {
		uint8_t *luma = frame->plane[0] + (size_t)2 * y * info->stride[0];

		convert_chroma_row(m, frame->plane[1] + (size_t)y * info->stride[1],
				   frame->plane[2] + (size_t)y * info->stride[2], add,
				   info->width / 2);
		convert_luma_row(m->yy, luma, add, info->width / 2);
		convert_luma_row(m->yy, luma + info->stride[0], add, info->width / 2);
	}
}
