/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/item_code.h"

#include <string.h>

#include "station/base/i18n.h"
#include "station/base/tty_clean.h"

#define DIGITS 13		/* the letter, eleven random ones, the check character */
#define CHECK (DIGITS - 1)

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* In GF(32) modulo x^5 + x^2 + 1, in which x generates all but zero: its powers below 31 all differ. */
static unsigned times_x(unsigned value)
{
	value <<= 1;
	return value & 32 ? value ^ 0x25 : value;
}

/* Horner's rule, so that the place before last has weight x, the one before it x^2, and so on. */
static unsigned check_of(const unsigned digits[DIGITS])
{
	unsigned sum = 0;

	for (int i = 0; i < CHECK; i++)
		sum = times_x(sum ^ digits[i]);
	return sum;
}

static int value_of(char c)
{
	const char *at;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
	at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

static void print(char code[ITEM_CODE_SIZE], const unsigned digits[DIGITS])
{
	char *out = code;

	for (int i = 0; i < DIGITS; i++) {
		if (i % 4 == 1)
			*out++ = '-';
		*out++ = alphabet[digits[i]];
	}
	*out = '\0';
}

void item_code_make(char code[ITEM_CODE_SIZE], enum item_code_kind kind)
{
	unsigned digits[DIGITS];
	uint8_t random[DIGITS];

	util_random(random, sizeof random);
	for (int i = 0; i < CHECK; i++)
		digits[i] = random[i] & 31;
	digits[0] = (unsigned)value_of((char)kind);
	digits[CHECK] = check_of(digits);
	print(code, digits);
}

static int refuse(const char *text, const char *why, struct err *err)
{
	char shown[40];

	tty_clean(shown, sizeof shown, text, strlen(text), 30);
	return err_set(err, ERR_RANGE, why, shown);
}

int item_code_read(char code[ITEM_CODE_SIZE], enum item_code_kind *kind, const char *text, struct err *err)
{
	unsigned digits[DIGITS];
	int count = 0;

	for (const char *at = text; *at; at++) {
		int value = value_of(*at);

		if (*at == '-' || *at == ' ')
			continue;
		if (value < 0 || count == DIGITS)
			return refuse(text, _("\"%s\" is no code of this station"), err);
		digits[count++] = (unsigned)value;
	}
	if (count != DIGITS || (alphabet[digits[0]] != ITEM_CODE_EXHIBIT && alphabet[digits[0]] != ITEM_CODE_CASE))
		return refuse(text, _("\"%s\" is no code of this station"), err);
	if (digits[CHECK] != check_of(digits))
		return refuse(text, _("\"%s\" is mistyped: its check character does not fit"), err);
	*kind = (enum item_code_kind)alphabet[digits[0]];
	print(code, digits);
	return 0;
}
