/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ostendd - the station. */
#include <stdio.h>

int main(void)
{
	puts(PACKAGE_STRING);
	return 0;
}
