/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * package_media.c - the recordings of a package: each as ostend-verify checks a file, by the media signer of the
 * package; then from file to file, so that nothing was cut out between two.
 */
#include <inttypes.h>
#include <string.h>

#include "station/base/i18n.h"
#include "verify/media_report.h"
#include "verify/package_own.h"

/* What the file before has left for the next one to continue. */
struct thread {
	bool known;
	uint32_t counter;
	struct tlog_hash link;
	char name[PACKAGE_NAME_MAX];
};

/* The key in the stream is the one of certificates/media.pem, and its time is the time of its certificate. */
static void check_signer(const struct package *package, const char *name,
			 const struct media_result *result)
{
	const struct chain *media = &package->chains[CHAIN_MEDIA];

	if (result->chain.count && media->count &&
	    X509_cmp(result->chain.certificates[0], media->certificates[0]) != 0)
		package_wrong(package, "recording.signer", name, "%s",
			      _("it is signed with another certificate than certificates/media.pem"));
	if (result->provenance == PROVENANCE_OTHER_TIME)
		package_wrong(package, "recording.time", name,
			      _("the time that its signatures claim is not in that of the "
				"certificate: %s"),
			      result->provenance_why);
}

/* The entry about a file, when it says that the station failed while it wrote the file, and the file is as it was found. */
static const struct package_entry *find_recovery(const struct package *package, const struct package_file *file)
{
	const struct package_entry *entry = file->entry >= 0 ? log_find(package, file->entry) : NULL;

	return entry && file->good && strcmp(entry->action, "recording.recovered") == 0 ? entry : NULL;
}

/* It had been begun, and nothing was in it yet. */
static bool is_empty(const struct package_entry *recovery)
{
	int64_t frames;

	return recovery && json_integer_of(json_member(json_root(recovery->json), "data"), "frames", &frames) &&
	       frames == 0;
}

/* Decoder parameters and ends of the signatures, as the entry of the log has them. */
static void check_entry(const struct package *package, const struct package_file *file,
			const struct media_result *result)
{
	const struct package_entry *entry = file->entry >= 0 ? log_find(package, file->entry)
							     : NULL;
	const struct json_value *data = entry ? json_member(json_root(entry->json), "data") : NULL;
	const char *parameters = json_text(data, "parameters_sha256");
	int64_t last_section;
	char found[65];

	util_hex(found, result->parameters_sha256, sizeof result->parameters_sha256);
	if (parameters && result->parameters_known && strcmp(parameters, found) != 0)
		package_wrong(package, "recording.parameters", file->name, "%s",
			      _("the decoder's parameters (size, cropping) are not those that "
				"the log has noted"));
	if (json_integer_of(data, "last_section", &last_section) && result->sections_known &&
	    last_section != result->last_counter)
		package_wrong(package, "recording.end", file->name,
			      _("the log says that its last signature had the number %" PRId64
				", but it is %" PRIu32),
			      last_section, result->last_counter);
}

/* A new run of the signer begins with 1; else the next number must name the section before it. */
static void check_thread(const struct package *package, struct thread *thread, const char *name,
			 const struct media_result *result)
{
	bool follows = result->sections_known && thread->known &&
		       result->first_counter == thread->counter + 1;

	if (follows && !tlog_equal(&result->first_link, &thread->link))
		package_wrong(package, "recording.join", name,
			      _("its first signature was not made as the continuation of the last "
				"one in %s"),
			      thread->name);
	else if (follows)
		report_say(package->report, REPORT_OK, "recording.join", name,
			   _("it continues %s without a gap in the signatures"), thread->name);
	else if (result->sections_known && thread->known && result->first_counter != 1)
		report_say(package->report, REPORT_NOTE, "recording.join", name,
			   _("between it and %s the signer has signed %" PRIu32 " sections that "
			     "are in no file of the package; the log gives the reason"),
			   thread->name, result->first_counter - thread->counter - 1);
	thread->known = result->sections_known;
	thread->counter = result->last_counter;
	thread->link = result->last_link;
	snprintf(thread->name, sizeof thread->name, "%s", name);
}

static void check_recording(const struct package *package, const struct package_file *file,
			    struct thread *thread)
{
	CLEANUP(mapped_close) struct mapped bytes = { NULL, 0 };
	CLEANUP(media_file_clear) struct media_file media = { .check = NULL };
	const struct package_entry *recovery = find_recovery(package, file);
	struct err err;

	if (is_empty(recovery)) {
		report_say(package->report, REPORT_NOTE, "recording.empty", file->name, "%s",
			   _("it holds no picture: the station failed when it had just been begun, as the log says"));
		return;
	}
	if (source_file(&package->source, file->name, &bytes, &err) < 0)
		return;		/* told with the list of contents */
	if (media_file_check(&media, bytes.bytes, bytes.len_bytes, package->root, &err) < 0) {
		package_wrong(package, "recording.read", file->name,
			      _("the recording cannot be read: %s"), err.text);
		return;
	}
	media_report(package->report, file->name, &media, recovery);
	check_signer(package, file->name, media.result);
	check_entry(package, file, media.result);
	check_thread(package, thread, file->name, media.result);
}

void package_check_recordings(const struct package *package)
{
	struct thread thread = { .known = false };

	for (size_t i = 0; i < package->file_count; i++)
		if (strcmp(package->files[i].category, "recording") == 0 &&
		    !package->files[i].absent)
			check_recording(package, &package->files[i], &thread);
}
