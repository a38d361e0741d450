/* SPDX-License-Identifier: GPL-3.0-or-later */
/* package_certificates.c - who signed: the certificates of the package, up to the centre's root. */
#include <string.h>

#include "station/base/i18n.h"
#include "verify/package_own.h"

static const struct {
	const char *file, *name;	/* name: of the subject, as ostend-certs gives it; NULL: any */
} chains[CHAIN_COUNT] = {
	[CHAIN_ROOT] = { "certificates/root.pem", NULL },
	[CHAIN_CA] = { "certificates/ca.pem", NULL },
	[CHAIN_LOG] = { "certificates/log.pem", "Log signer" },
	[CHAIN_MEDIA] = { "certificates/media.pem", "Media signer" },
	[CHAIN_CHECKPOINT] = { "certificates/checkpoint.pem", "Checkpoint signer" },
};

static void read_chain(struct package *package, enum package_chain which)
{
	CLEANUP(mapped_close) struct mapped file = { NULL, 0 };
	struct err err;

	if (source_file(&package->source, chains[which].file, &file, &err) < 0 ||
	    chain_read(&package->chains[which], (const char *)file.bytes, file.len_bytes, &err) < 0)
		package_wrong(package, "certificate.read", chains[which].file,
			      _("the certificate cannot be read: %s"), err.text);
}

void package_read_certificates(struct package *package)
{
	const struct chain *own = &package->chains[CHAIN_ROOT];

	for (int i = 0; i < CHAIN_COUNT; i++)
		read_chain(package, i);
	package->root = package->options->root;
	if (!package->root && own->count == 1)
		package->root = own->certificates[0];
}

/* A chain file may hold the leaf only: the issuing CA is beside it. */
static void complete(struct chain *chain, const struct chain *ca)
{
	if (chain->count != 1 || !ca->count)
		return;
	chain->certificates[chain->count++] = ca->certificates[0];
	X509_up_ref(ca->certificates[0]);
}

static void judge_signer(struct package *package, enum package_chain which)
{
	struct chain *chain = &package->chains[which];
	/* the list was signed when it says; the others have signed before the package was made */
	int64_t when_us = which == CHAIN_LOG && package->signed_utc_us ? package->signed_utc_us
								       : package->made_utc_us;
	char name[CHAIN_NAME_MAX];
	struct err err;
	int rc;

	if (!chain->count || !package->root)
		return;
	complete(chain, &package->chains[CHAIN_CA]);
	rc = chain_verify(chain, package->root, when_us, &err);
	if (rc == 0)
		rc = chain_check_signer(chain->certificates[0], &err);
	chain_name(chain->certificates[0], name, sizeof name);
	if (rc == 0 && strcmp(name, chains[which].name) != 0)
		rc = err_set(&err, ERR_DENIED, _("its name is \"%s\", not \"%s\""), name,
			     chains[which].name);
	if (rc < 0)
		package_wrong(package, "certificate.chain", chains[which].file,
			      _("this certificate was not given to a signer by the root, or "
				"was not valid when the package was made: %s"),
			      err.text);
	else
		report_say(package->report, REPORT_OK, "certificate.chain", chains[which].file,
			   _("issued under the root, and valid when the package was made"));
}

static bool same(X509 *a, X509 *b)
{
	return X509_cmp(a, b) == 0;
}

void package_judge_certificates(struct package *package)
{
	const struct chain *own = &package->chains[CHAIN_ROOT];
	char fingerprint[96];

	for (int i = CHAIN_LOG; i < CHAIN_COUNT; i++)
		judge_signer(package, i);
	if (package->options->root && own->count &&
	    !same(package->options->root, own->certificates[0]))
		package_wrong(package, "certificate.root", chains[CHAIN_ROOT].file, "%s",
			      _("it is not the root certificate that was given: "
				"the package comes from another centre, or pretends to"));
	if (!package->root) {
		package_wrong(package, "certificate.root", chains[CHAIN_ROOT].file, "%s",
			      _("there is no root certificate to judge the signers by"));
		return;
	}
	chain_fingerprint(package->root, fingerprint);
	if (!package->options->root)
		report_say(package->report, REPORT_NOTE, "certificate.root",
			   chains[CHAIN_ROOT].file, "%s",
			   _("no root was given (--root), so "
			     "the package's own was taken: anybody can make one. Compare its fingerprint "
			     "with what the centre publishes"));
	report_value(package->report, "root_sha256", chains[CHAIN_ROOT].file,
		     _("SHA-256 fingerprint of the root certificate:"), fingerprint);
}
