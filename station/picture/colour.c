/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Going from one YCbCr to another over R'G'B' is one 3x3 matrix whose first column is (k, 0, 0): luma
 * never enters chroma. With Y, Cb and Cr centred, the sources in use give
 *
 *	Y'  = 16  + yy Y + yb Cb + yr Cr
 *	Cb' = 128 + bb Cb + br Cr
 *	Cr' = 128 + rb Cb + rr Cr
 *
 * Factors are derived from ITU-R BT.601 and BT.709 (Kr, Kb). All arithmetic is 16 bits wide with 5
 * bits after the point, and multiplies keep the upper half of the product: compilers make vectors of
 * that on every processor. The error stays below a third of a code value. Chroma is at half size, so
 * each pair of luma rows shares one row of chroma contributions.
 */
#include "station/picture/colour.h"

#include "station/base/util.h"

#define POINT 5			/* bits after it */
#define ROUND(x) ((int16_t)((x) < 0 ? (x) - 0.5 : (x) + 0.5))
#define LUMA_FACTOR(x) ROUND((x) * 16384)	/* luma is multiplied as 1/128: product >> 16 = x << 5 */
#define CHROMA_FACTOR(x) ROUND((x) * 8192)	/* chroma as 1/256 */

struct matrix {
	int16_t offset;			/* of source luma: 0 or 16 */
	int16_t yy, yb, yr;
	int16_t bb, br, rb, rr;
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
	.offset = 0, .yy = LUMA_FACTOR(LUMA),
	.yb = CHROMA_FACTOR(LUMA * YB), .yr = CHROMA_FACTOR(LUMA * YR),
	.bb = CHROMA_FACTOR(CHROMA * BB), .br = CHROMA_FACTOR(CHROMA * BR),
	.rb = CHROMA_FACTOR(CHROMA * RB), .rr = CHROMA_FACTOR(CHROMA * RR),
};
static const struct matrix from_601 = {
	.offset = 16, .yy = LUMA_FACTOR(1),
	.yb = CHROMA_FACTOR(YB * 219 / 224), .yr = CHROMA_FACTOR(YR * 219 / 224),
	.bb = CHROMA_FACTOR(BB), .br = CHROMA_FACTOR(BR),
	.rb = CHROMA_FACTOR(RB), .rr = CHROMA_FACTOR(RR),
};
static const struct matrix from_709_full = {
	.offset = 0, .yy = LUMA_FACTOR(LUMA),
	.bb = CHROMA_FACTOR(CHROMA), .rr = CHROMA_FACTOR(CHROMA),
};

/* gcc makes vectors only from here on; clang always does and does not know the attribute. */
#ifdef __clang__
#define VECTORS
#else
#define VECTORS __attribute__((optimize("O3")))
#endif

static inline int16_t high_product(int16_t a, int16_t b)
{
	return (int16_t)((int32_t)a * b >> 16);
}

static inline uint8_t to_byte(int16_t fixed)
{
	int16_t value = (int16_t)(fixed >> POINT);

	value = value < 0 ? 0 : value;
	return (uint8_t)(value > 255 ? 255 : value);
}

/* One row of chroma in place; what each adds to the luma of its pixels goes to @add. */
VECTORS static void convert_chroma_row(const struct matrix *m, uint8_t *restrict cb,
				       uint8_t *restrict cr, int16_t *restrict add, uint32_t width)
{
	const int16_t half = 1 << (POINT - 1), middle = (128 << POINT) + half;
	const int16_t base = (int16_t)((16 << POINT) + half - (m->offset * m->yy >> (14 - POINT)));
	const struct matrix k = *m;

	for (uint32_t x = 0; x < width; x++) {
		int16_t b = (int16_t)((cb[x] - 128) * 256), r = (int16_t)((cr[x] - 128) * 256);

		add[x] = (int16_t)(base + high_product(b, k.yb) + high_product(r, k.yr));
		cb[x] = to_byte((int16_t)(middle + high_product(b, k.bb) + high_product(r, k.br)));
		cr[x] = to_byte((int16_t)(middle + high_product(b, k.rb) + high_product(r, k.rr)));
	}
}

VECTORS static void double_row(int16_t *restrict wide, const int16_t *restrict add, uint32_t pairs)
{
	for (uint32_t x = 0; x < pairs; x++)
		wide[2 * x] = wide[2 * x + 1] = add[x];
}

VECTORS static void convert_luma_row(int16_t yy, uint8_t *restrict luma,
				     const int16_t *restrict add, uint32_t width)
{
	for (uint32_t x = 0; x < width; x++)
		luma[x] = to_byte((int16_t)(high_product((int16_t)(luma[x] * 128), yy) + add[x]));
}

void colour_convert(struct frame *frame, struct colour from)
{
	const struct matrix *m = !from.bt709 ? (from.full_range ? &from_601_full : &from_601)
					     : &from_709_full;
	const struct frame_info *info = &frame->info;
	int16_t add[FRAME_WIDTH_MAX / 2], wide[FRAME_WIDTH_MAX];

	if (from.bt709 && !from.full_range)
		return;
	for (uint32_t y = 0; y < info->height / 2; y++) {
		uint8_t *luma = frame->plane[0] + (size_t)2 * y * info->stride[0];

		convert_chroma_row(m, frame->plane[1] + (size_t)y * info->stride[1],
				   frame->plane[2] + (size_t)y * info->stride[2], add,
				   info->width / 2);
		double_row(wide, add, info->width / 2);
		convert_luma_row(m->yy, luma, wide, info->width);
		convert_luma_row(m->yy, luma + info->stride[0], wide, info->width);
	}
}
