/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ostend_verify.c - what a court's or the defence's expert runs, offline, on a machine of his own.
 *
 * Nothing of the station is needed or asked. Exit 0: all is good; 1: something is wrong; 2: it could not be read.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "station/base/i18n.h"
#include "verify/mapped.h"
#include "verify/media_report.h"
#include "verify/package_check.h"
#include "verify/source.h"

static const char usage_text[] = N_(
"Usage: ostend-verify [--root ROOT.PEM] [--checkpoint NOTE] [--json] PACKAGE\n"
"       ostend-verify [--root ROOT.PEM] [--json] RECORDING.mp4\n"
"\n"
"Checks a package (a folder, or a ZIP): its list of contents and signature, each file, the log, each recording; or says\n"
"which seconds of one recording are authentic, changed, missing or not signed. Needs no network and no station.\n"
"  --root FILE        the centre's root certificate, as you have it from elsewhere\n"
"  --checkpoint FILE  a statement of the log (a signed note) that a party has kept\n"
"  --json             one JSON object instead of lines\n"
"Exit status: 0 all is good; 1 something is wrong; 2 it could not be read.\n");

struct options {
	const char *root_path, *checkpoint_path, *path;
	bool json;
};

enum { DONE = 0, WRONG = 1, UNREADABLE = 2 };

static int usage(const char *what)
{
	fprintf(stderr, "ostend-verify: %s\n%s", what, _(usage_text));
	return UNREADABLE;
}

static int fail(const char *path, const struct err *err)
{
	fprintf(stderr, "ostend-verify: %s: %s\n", path, err->text);
	return UNREADABLE;
}

static int read_root(X509 **root, const char *path, struct err *err)
{
	CLEANUP(mapped_close) struct mapped file = { NULL, 0 };
	struct chain chain;
	int rc;

	*root = NULL;
	if (!path)
		return 0;
	rc = mapped_open(&file, AT_FDCWD, path, err);
	if (rc == 0)
		rc = chain_read(&chain, (const char *)file.bytes, file.len_bytes, err);
	if (rc < 0)
		return rc;
	if (chain.count == 1) {
		*root = chain.certificates[0];
		return 0;
	}
	chain_clear(&chain);
	return err_set(err, ERR_PROTO, "%s", _("one root certificate is wanted"));
}

static int check_recording(const struct options *options, X509 *root, struct report *report)
{
	CLEANUP(mapped_close) struct mapped file = { NULL, 0 };
	CLEANUP(media_file_clear) struct media_file media = { .check = NULL };
	struct err err;
	int rc = mapped_open(&file, AT_FDCWD, options->path, &err);

	if (rc == 0)
		rc = media_file_check(&media, file.bytes, file.len_bytes, root, &err);
	if (rc < 0)
		return fail(options->path, &err);
	media_report(report, options->path, &media, false);
	if (media_file_good(&media) && !report_wrong(report)) {
		report_end(report,
			   _("GOOD: every picture in this file is one that was signed, and none is "
			     "missing between them."));
		return DONE;
	}
	report_end(report,
		   media.result->chain.count
			   ? _("NOT GOOD: not all of this file is proved; see above.")
			   : _("NOT SIGNED: nothing in this file proves where it comes from."));
	return WRONG;
}

static int check_package(const struct options *options, X509 *root, struct report *report)
{
	CLEANUP(mapped_close) struct mapped kept = { NULL, 0 };
	struct package_options how = { .root = root };
	char verdict[256];
	struct err err;

	if (options->checkpoint_path) {
		if (mapped_open(&kept, AT_FDCWD, options->checkpoint_path, &err) < 0)
			return fail(options->checkpoint_path, &err);
		how.checkpoint = &kept;
	}
	if (package_check(report, options->path, &how, &err) < 0)
		return fail(options->path, &err);
	if (report_wrong(report))
		snprintf(verdict, sizeof verdict,
			 ngettext("NOT GOOD: %u thing is wrong with this package; see above.",
				  "NOT GOOD: %u things are wrong with this package; see above.",
				  report_wrong(report)),
			 report_wrong(report));
	else
		snprintf(verdict, sizeof verdict, "%s",
			 _("GOOD: the files are those that the log tells of, and the log only "
			   "grew. That the right object lay on the table, no program can say."));
	report_end(report, verdict);
	return report_wrong(report) ? WRONG : DONE;
}

static int run(const struct options *options)
{
	struct report *report = report_new(stdout, options->json);
	X509 *root = NULL;
	struct err err;
	int status;

	if (!report)
		return UNREADABLE;
	if (read_root(&root, options->root_path, &err) < 0)
		status = fail(options->root_path, &err);
	else if (source_is_package(options->path))
		status = check_package(options, root, report);
	else
		status = check_recording(options, root, report);
	X509_free(root);
	report_free(report);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option table[] = {
		{ "root", required_argument, NULL, 'r' },
		{ "checkpoint", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	struct options options = { .json = false };
	int option;

	i18n_init(NULL);
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (option == 'r')
			options.root_path = optarg;
		else if (option == 'c')
			options.checkpoint_path = optarg;
		else if (option == 'j')
			options.json = true;
		else if (option == 'h')
			return fputs(_(usage_text), stdout) < 0;
		else if (option == 'v')
			return printf("ostend-verify %s\n", PACKAGE_VERSION) < 0;
		else
			return usage(_("that is no option of this program"));
	}
	if (optind + 1 != argc)
		return usage(_("one recording or package is wanted"));
	options.path = argv[optind];
	return run(&options);
}
