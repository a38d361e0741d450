/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ostend-certs - the centre's certificate authority. One line of `acts` for each subcommand. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "certs/command.h"
#include "certs/files.h"
#include "certs/layout.h"
#include "certs/trust.h"
#include "station/base/clock.h"
#include "station/base/i18n.h"

#define DEFAULT_STATE "/var/lib/ostend"
#define EXIT_USAGE 2

/* ---- the short acts ---- */

static int init(struct authority *authority, const struct command_line *line, struct err *err)
{
	int made = authority_init(authority, line->centre ? line->centre : "Ostend", err);

	if (made < 0)
		return made;
	if (made == 0)
		return err_set(err, ERR_STATE, _("%s/certs holds a whole CA already; nothing was changed"),
			       line->state);
	printf(_("made root, issuing CA, their revocation lists and the signers' keys in %s/certs\n"),
	       line->state);
	printf(_("now move %s to a safe place off this machine; it is needed again to renew %s, within %d "
		 "days\n"), LAYOUT_ROOT_KEY, LAYOUT_ROOT_CRL, CRL_DAYS_ROOT);
	return 0;
}

static int station(struct authority *authority, const struct command_line *line, struct err *err)
{
	const struct profile *profile = &profiles[PROFILE_STATION];
	int64_t from_utc_us;
	int days;
	int rc = command_number(&days, line->days, "--days", profile->days_max, profile->days, err);

	if (rc == 0)
		rc = command_time(&from_utc_us, line->not_before, err);
	if (rc == 0)
		rc = authority_station(authority, line->words, from_utc_us, days, line->renew, err);
	if (rc == 0)
		printf(_("made the station's key and certificate in %s/certs\n"), line->state);
	return rc;
}

/* The id of the certificate in the PEM file @word; otherwise @word itself. */
static int read_target(char *out, size_t size, const char *word, struct err *err)
{
	CLEANUP(X509_freep) X509 *certificate = NULL;

	snprintf(out, size, "%s", word);
	if (!files_exist(word) || trust_read_certificate(&certificate, word, NULL) < 0)
		return 0;
	return issue_id(out, certificate, err);
}

static int revoke(struct authority *authority, const struct command_line *line, struct err *err)
{
	char target[256];
	int rc = read_target(target, sizeof target, line->words[0], err);
	int count = rc < 0 ? rc : authority_revoke(authority, target, err);

	if (count == ERR_STATE)
		return err_prefix(err, _("denied from now on, but the revocation list is not renewed"));
	if (count < 0)
		return count;
	printf(ngettext("revoked %d credential\n", "revoked %d credentials\n", (unsigned long)count), count);
	return 0;
}

static int crl(struct authority *authority, const struct command_line *line, struct err *err)
{
	int rc = authority_crl(authority, PROFILE_CA, err);

	(void)line;
	if (rc < 0)
		return rc;
	printf(_("renewed %s for %d days\n"), LAYOUT_CA_CRL, CRL_DAYS_CA);
	rc = authority_crl(authority, PROFILE_ROOT, err);
	if (rc == ERR_STATE) {	/* the usual case: the root's key is in a safe */
		printf(_("left %s as it is: %s\n"), LAYOUT_ROOT_CRL, err->text);
		return 0;
	}
	if (rc == 0)
		printf(_("renewed %s for %d days\n"), LAYOUT_ROOT_CRL, CRL_DAYS_ROOT);
	return rc;
}

/* ---- command line ---- */

static const struct act {
	const char *name, *words;
	int words_min, words_max;
	const char *options;	/* letters of `options` that it takes */
	int (*run)(struct authority *authority, const struct command_line *line, struct err *err);
	const char *help;
} acts[] = {
	{ "init", "", 0, 0, "sn", init,
	  N_("make the root, the issuing CA and the signers' keys") },
	{ "station", N_("NAME|ADDRESS..."), 1, 32, "sdbR", station,
	  N_("make the station's TLS key and certificate") },
	{ "person", "NAME --role ROLE", 1, 1, "srdboCFI", command_person,
	  N_("issue a person's certificate as NAME.p12") },
	{ "pass", "NAME --role ROLE", 1, 1, "srhu", command_pass,
	  N_("make a one-time pass and show it") },
	{ "revoke", "ID|NAME|FILE", 1, 1, "s", revoke,
	  N_("deny a certificate or pass from now on") },
	{ "crl", "", 0, 0, "s", crl, N_("renew the revocation lists") },
	{ "list", "", 0, 0, "sj", command_list, N_("show what was issued, and its state") },
};

static const struct option options[] = {
	{ "state", required_argument, NULL, 's' }, { "name", required_argument, NULL, 'n' },
	{ "role", required_argument, NULL, 'r' }, { "days", required_argument, NULL, 'd' },
	{ "hours", required_argument, NULL, 'h' }, { "not-before", required_argument, NULL, 'b' },
	{ "out", required_argument, NULL, 'o' }, { "csr", required_argument, NULL, 'C' },
	{ "pass-file", required_argument, NULL, 'F' }, { "pass-stdin", no_argument, NULL, 'I' },
	{ "url", required_argument, NULL, 'u' }, { "renew", no_argument, NULL, 'R' },
	{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, '?' },
	{ "version", no_argument, NULL, 'V' }, { 0 },
};

static void print_help(void)
{
	printf(_("Usage: ostend-certs ACT [--state DIR] ...\n\nThe certificate authority of a centre; its files "
		 "are in DIR/certs (DIR is %s unless given).\n\n"), DEFAULT_STATE);
	for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
		const char *words = *acts[i].words ? _(acts[i].words) : "";

		printf("  %-8s %-18s %s\n", acts[i].name, words, _(acts[i].help));
	}
	printf(_("\nstation, person: --days N, --not-before TIME; station: --renew\n"
		 "person: --out FILE, --csr FILE, --pass-file FILE, --pass-stdin\n"
		 "pass: --hours N, --url URL (also shows a QR code); init: --name CENTRE; list: --json\n"
		 "Roles:"));
	for (int role = 0; role < ROLE_COUNT; role++)
		printf(" %s", role_name(role));
	printf(_("\nExit status: 0 done, 1 refused or failed, 2 usage.\n"));
}

static const struct act *find_act(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (name && !strcmp(acts[i].name, name))
			return &acts[i];
	return NULL;
}

static void take_option(struct command_line *line, int letter, const char *value)
{
	switch (letter) {
	case 's': line->state = value; break;
	case 'n': line->centre = value; break;
	case 'r': line->role = value; break;
	case 'd': line->days = value; break;
	case 'h': line->hours = value; break;
	case 'b': line->not_before = value; break;
	case 'o': line->out = value; break;
	case 'C': line->csr = value; break;
	case 'F': line->pass_file = value; break;
	case 'I': line->pass_stdin = true; break;
	case 'u': line->url = value; break;
	case 'R': line->renew = true; break;
	default: line->json = true; break;
	}
}

static int usage(const char *sentence, const char *word)
{
	fprintf(stderr, "ostend-certs: ");
	fprintf(stderr, sentence, word);
	fprintf(stderr, _("; see ostend-certs --help\n"));
	return EXIT_USAGE;
}

/* -1 when the line is whole and an act is to be run; otherwise the exit status. */
static int read_line(struct command_line *line, const struct act **act, int argc, char **argv)
{
	char used[ARRAY_LEN(options)] = "";
	int letter;

	opterr = 0;
	while ((letter = getopt_long(argc, argv, "V", options, NULL)) != -1) {
		if (letter == 'V') {
			printf("ostend-certs %s\n", PACKAGE_VERSION);
			return EXIT_SUCCESS;
		}
		if (letter == '?' && !strcmp(argv[optind - 1], "--help")) {
			print_help();
			return EXIT_SUCCESS;
		}
		if (letter == '?')
			return usage(_("there is no option %s, or its value is missing"), argv[optind - 1]);
		if (!strchr(used, letter))
			used[strlen(used)] = (char)letter;
		take_option(line, letter, optarg);
	}
	*act = find_act(argv[optind]);
	if (!*act)
		return usage(_("the first word says what to do, not \"%s\""), argv[optind] ? argv[optind] : "");
	line->words = (const char *const *)&argv[optind + 1];
	line->word_count = argc - optind - 1;
	if (line->word_count < (*act)->words_min || line->word_count > (*act)->words_max)
		return usage(_("wrong number of words after \"%s\""), (*act)->name);
	if (strspn(used, (*act)->options) != strlen(used))
		return usage(_("an option does not belong to \"%s\""), (*act)->name);
	return -1;
}

/* Only init begins a centre: a mistyped folder must not become one. */
static int open_centre(struct authority **out, const struct act *act, const char *state, struct err *err)
{
	CLEANUP(util_freep) char *folder = layout_path(state, "");

	if (!folder)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (act->run != init && !files_exist(folder))
		return err_set(err, ERR_STATE, _("%s is missing; run \"ostend-certs init\" first, or give "
						 "--state"), folder);
	return authority_open(out, state, err);
}

int main(int argc, char **argv)
{
	CLEANUP(authority_freep) struct authority *authority = NULL;
	struct command_line line = { .state = getenv("OSTEND_STATE") };
	const struct act *act = NULL;
	struct err err = { 0 };
	int rc;

	i18n_init(NULL);
	umask(077);
	if (!line.state)
		line.state = DEFAULT_STATE;
	rc = read_line(&line, &act, argc, argv);
	if (rc >= 0)
		return rc;
	rc = open_centre(&authority, act, line.state, &err);
	if (rc == 0)
		rc = act->run(authority, &line, &err);
	if (rc == 0 && (fflush(stdout) || ferror(stdout)))
		rc = err_os(&err, _("standard output"));
	if (rc == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "ostend-certs: %s\n", err.text);
	return EXIT_FAILURE;
}
