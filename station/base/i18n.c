/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/i18n.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define DOMAIN "ostend"

static const char *set_and_not_empty(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* What the environment asks for in @category, by the order of setlocale(3); NULL: nothing. */
static const char *asked_for(const char *category)
{
	const char *value = set_and_not_empty("LC_ALL");

	if (!value)
		value = set_and_not_empty(category);
	return value ? value : set_and_not_empty("LANG");
}

/* gettext looks at LANGUAGE only under a locale that exists: C.UTF-8 always does. */
static void keep_the_language(const char *asked)
{
	char language[32];
	size_t len = strcspn(asked, ".@");

	if (len == 0 || len >= sizeof language || set_and_not_empty("LANGUAGE"))
		return;
	memcpy(language, asked, len);
	language[len] = '\0';
	setenv("LANGUAGE", language, 1);
}

void i18n_init(const char *locale_dir)
{
	const char *from_environment = secure_getenv("OSTEND_LOCALE_DIR");
	const char *messages = asked_for("LC_MESSAGES");

	if (!asked_for("LC_CTYPE") || !setlocale(LC_CTYPE, ""))
		setlocale(LC_CTYPE, "C.UTF-8");
	if (!setlocale(LC_MESSAGES, "")) {
		setlocale(LC_MESSAGES, "C.UTF-8");
		keep_the_language(messages ? messages : "");
	}
	if (from_environment)
		locale_dir = from_environment;
	bindtextdomain(DOMAIN, locale_dir ? locale_dir : OSTEND_LOCALE_DIR);
	bind_textdomain_codeset(DOMAIN, "UTF-8");
	textdomain(DOMAIN);
}

bool i18n_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}
