/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/media_report.h"

#include <inttypes.h>
#include <time.h>

#include "station/base/i18n.h"

#define LINES_MAX 200		/* about one file; the rest is counted */
#define TORN_MAX_US 3000000	/* a section of a second, and the signer\'s time */

/* --- stretches ------------------------------------------------------------------------------------- */

static enum stretch_kind own_kind(const struct media_picture *picture)
{
	switch (picture->status) {
	case PICTURE_OK:
		return STRETCH_AUTHENTIC;
	case PICTURE_UNSIGNED:
		return STRETCH_UNSIGNED;
	case PICTURE_CHANGED:
		return STRETCH_CHANGED;
	default:
		return STRETCH_PENDING;
	}
}

/* What the picture at @at is to a viewer: @damage is what happened before it in its GOP. */
static enum stretch_kind seen_kind(const struct media_result *result, size_t at,
				   enum stretch_kind *damage)
{
	const struct media_picture *picture = &result->pictures[at];
	enum stretch_kind own = own_kind(picture);

	if (picture->keyframe)
		*damage = STRETCH_AUTHENTIC;
	else if (picture->missing_before || (at && result->pictures[at - 1].missing_after))
		*damage = MAX(*damage, STRETCH_MISSING);
	if (picture->incomplete)
		*damage = MAX(*damage, STRETCH_MISSING);
	*damage = MAX(*damage, own);
	return *damage;
}

static uint32_t missing_at(const struct media_result *result, size_t at)
{
	return result->pictures[at].missing_before +
	       (at ? result->pictures[at - 1].missing_after : 0);
}

static int64_t time_at(const struct media_result *result, size_t at)
{
	size_t last = result->picture_count - 1;
	int64_t time_us = result->pictures[MIN(at, last)].time_us;

	/* the last picture is shown as long as the one before it */
	if (at > last && last > 0 && time_us != MEDIA_TIME_UNKNOWN &&
	    result->pictures[last - 1].time_us != MEDIA_TIME_UNKNOWN)
		time_us += time_us - result->pictures[last - 1].time_us;
	return time_us;
}

bool stretch_next(struct stretch *stretch, const struct media_result *result)
{
	enum stretch_kind damage = stretch->damage;
	size_t at = stretch->end;

	if (at >= result->picture_count)
		return false;
	*stretch = (struct stretch){ .first = at, .culprit = at };
	stretch->kind = seen_kind(result, at, &damage);
	stretch->missing = missing_at(result, at);
	for (;; at++) {
		if (own_kind(&result->pictures[at]) == stretch->kind && stretch->culprits++ == 0)
			stretch->culprit = at;
		if (at + 1 == result->picture_count ||
		    seen_kind(result, at + 1, &damage) != stretch->kind ||
		    (stretch->kind == STRETCH_AUTHENTIC && missing_at(result, at + 1)))
			break;
		stretch->missing += missing_at(result, at + 1);
	}
	stretch->end = at + 1;
	stretch->damage = damage;
	stretch->from_us = time_at(result, stretch->first);
	stretch->to_us = time_at(result, stretch->end);
	return true;
}

/* --- words ----------------------------------------------------------------------------------------- */

void media_time_print(char *text, size_t size, int64_t time_us)
{
	int64_t tenths = (MIN(time_us, INT64_MAX - 50000) + 50000) / 100000, minutes = tenths / 600;

	if (time_us < 0)
		snprintf(text, size, "--:--.-");
	else if (minutes < 60)
		snprintf(text, size, "%02d:%02d.%d", (int)minutes, (int)(tenths / 10 % 60),
			 (int)(tenths % 10));
	else
		snprintf(text, size, "%" PRId64 ":%02d:%02d.%d", minutes / 60, (int)(minutes % 60),
			 (int)(tenths / 10 % 60), (int)(tenths % 10));
}

void media_utc_print(char *text, size_t size, int64_t utc_us)
{
	time_t time_s = (time_t)(utc_us / 1000000);
	struct tm parts;

	if (utc_us == MEDIA_TIME_UNKNOWN || !gmtime_r(&time_s, &parts) ||
	    !strftime(text, size, "%Y-%m-%d %H:%M:%S UTC", &parts))
		snprintf(text, size, "?");
}

static void say_missing(struct report *report, const char *name, const char *span, size_t picture,
			uint32_t missing)
{
	report_say(report, REPORT_WRONG, "media.missing", name,
		   ngettext("%s missing: %u picture, or part of one, that was signed is not here, "
			    "at picture %zu; what hangs on it, "
			    "up to the next whole picture, cannot be shown as it was",
			    "%s missing: %u pictures, or parts of pictures, that were signed are "
			    "not here, at picture %zu; what "
			    "hangs on them, up to the next whole picture, cannot be shown as it was",
			    missing),
		   span, missing, picture + 1);
}

static void print_span(char *text, size_t size, const struct stretch *stretch)
{
	char from[24], to[24];

	media_time_print(from, sizeof from, stretch->from_us);
	media_time_print(to, sizeof to, stretch->to_us);
	snprintf(text, size, "%s-%s", from, to);
}

/* The end of a file that nobody closed: signatures come up to a second behind the pictures, and the last ones never did. */
static bool is_torn_end(const struct stretch *stretch, const struct media_result *result)
{
	return (stretch->kind == STRETCH_PENDING || stretch->kind == STRETCH_UNSIGNED) && !stretch->missing &&
	       stretch->end == result->picture_count && stretch->from_us != MEDIA_TIME_UNKNOWN &&
	       stretch->to_us - stretch->from_us <= TORN_MAX_US;
}

static void say_torn_end(struct report *report, const char *name, const struct stretch *stretch)
{
	char span[64];

	print_span(span, sizeof span, stretch);
	report_say(report, REPORT_NOTE, "media.torn", name,
		   _("%s not proved by signatures: the station failed before it had signed pictures %zu to %zu, as the "
		     "log says; only the file's digest in the log, as it was found afterwards, vouches for them"),
		   span, stretch->first + 1, stretch->end);
}

static void say_stretch(struct report *report, const char *name, const struct stretch *stretch)
{
	char from[24], span[64];

	media_time_print(from, sizeof from, stretch->from_us);
	print_span(span, sizeof span, stretch);
	if (stretch->missing && stretch->kind != STRETCH_MISSING)
		say_missing(report, name, from, stretch->first, stretch->missing);
	switch (stretch->kind) {
	case STRETCH_AUTHENTIC:
		report_say(report, REPORT_OK, "media.authentic", name,
			   _("%s authentic: pictures %zu to %zu are those that were signed"),
			   span, stretch->first + 1, stretch->end);
		break;
	case STRETCH_PENDING:
		report_say(report, REPORT_WRONG, "media.pending", name,
			   _("%s not proved: no signature for pictures %zu to %zu has "
			     "come; the end of the file may be missing"),
			   span, stretch->first + 1, stretch->end);
		break;
	case STRETCH_MISSING:
		if (stretch->missing)
			say_missing(report, name, span, stretch->first, stretch->missing);
		else
			report_say(report, REPORT_WRONG, "media.missing", name,
				   _("%s missing: a part of picture %zu is not here"), span,
				   stretch->first + 1);
		break;
	case STRETCH_UNSIGNED:
		report_say(report, REPORT_WRONG, "media.unsigned", name,
			   _("%s not signed: no valid signature covers pictures %zu to %zu"),
			   span, stretch->first + 1, stretch->end);
		break;
	case STRETCH_CHANGED:
		report_say(report, REPORT_WRONG, "media.changed", name,
			   ngettext("%s changed: picture %zu is not what was signed (%zu in this "
				    "stretch); what is seen up to the next whole picture hangs on it",
				    "%s changed: picture %zu and others, %zu in this stretch, are "
				    "not what was signed; what is "
				    "seen up to the next whole picture hangs on them",
				    stretch->culprits),
			   span, stretch->culprit + 1, stretch->culprits);
		break;
	}
}

static void say_stretches(struct report *report, const char *name,
			  const struct media_result *result, bool torn)
{
	size_t lines = 0, last = result->picture_count - 1;
	struct stretch stretch = { .end = 0 };
	char time[24];

	while (stretch_next(&stretch, result)) {
		if (++lines > LINES_MAX)
			continue;
		if (torn && is_torn_end(&stretch, result))
			say_torn_end(report, name, &stretch);
		else
			say_stretch(report, name, &stretch);
	}
	if (lines > LINES_MAX)
		report_say(report, REPORT_WRONG, "media.more", name,
			   _("%zu more stretches are not listed"), lines - LINES_MAX);
	media_time_print(time, sizeof time, time_at(result, last + 1));
	if (result->pictures[last].missing_after)
		report_say(report, REPORT_WRONG, "media.missing", name,
			   _("%s missing: %u pictures, or parts of pictures, that were "
			     "signed are not here, after the last one"),
			   time, result->pictures[last].missing_after);
}

/* Signatures that are wrong for another reason than the pictures under them. */
static void say_sections(struct report *report, const char *name, const struct media_result *result)
{
	size_t lines = 0, leftovers = 0;

	for (size_t i = 0; i < result->section_count; i++) {
		const struct media_section *section = &result->sections[i];

		leftovers += section->status == MEDIA_NOT_FEASIBLE;
		if (section->status != MEDIA_NOT_OK ||
		    ((section->wrong || section->missing) && !section->broken))
			continue;
		if (++lines <= LINES_MAX)
			report_say(report, REPORT_WRONG, "media.signature", name,
				   _("the signature that belongs to picture %zu (number "
				     "%" PRIu32 " of the signer) is not right: %s"),
				   section->first + 1, section->counter, section->why);
	}
	if (lines > LINES_MAX)
		report_say(report, REPORT_WRONG, "media.more", name,
			   _("%zu more signatures are not right"), lines - LINES_MAX);
	if (leftovers)
		report_say(report, REPORT_NOTE, "media.leftover", name,
			   _("%zu signatures belong to pictures from before the beginning of this file"),
			   leftovers);
}

static void say_file(struct report *report, const char *name, const struct media_file *media)
{
	const struct media_result *result = media->result;

	if (result->trouble[0])
		report_say(report, REPORT_WRONG, "media.limit", name,
			   _("the check could not go on: %s"), result->trouble);
	if (media->cut_off)
		report_say(report, REPORT_WRONG, "media.cut-off", name, "%s",
			   _("the file is cut off: its last part is not whole"));
	if (media->broken_samples)
		report_say(report, REPORT_WRONG, "media.broken", name, "%s",
			   _("some of its pictures cannot be taken apart"));
	if (media->reordered)
		report_say(report, REPORT_WRONG, "media.order", name, "%s",
			   _("the file has its pictures shown in another order or rhythm "
			     "than the camera took them, and no signature covers that"));
	if (media->edited)
		report_say(report, REPORT_WRONG, "media.edited", name, "%s",
			   _("the file tells players to leave something out (an edit list)"));
	if (media->clock_off_us)
		report_say(report, REPORT_WRONG, "media.clock", name,
			   _("at picture %zu the file's clock differs from the signed one by "
			     "%.1f s: it is not shown at the pace at which it was taken"),
			   media->clock_off_picture + 1, (double)media->clock_off_us / 1e6);
	if (result->unprotected)
		report_say(report, REPORT_WRONG, "media.unprotected", name,
			   _("%u parts of the stream are of kinds that no signature "
			     "covers, and a player might show them"),
			   result->unprotected);
	if (result->parameters_changed)
		report_say(report, REPORT_WRONG, "media.parameters", name, "%s",
			   _("the decoder's parameters (size, cropping) change on the "
			     "way, and no signature covers them"));
	if (media->other_tracks)
		report_say(report, REPORT_NOTE, "media.other-tracks", name,
			   _("beside the pictures the file has %u tracks (sound, position), "
			     "which the signatures do not cover: the file's digest in the log does"),
			   media->other_tracks);
}

/* --- who signed ------------------------------------------------------------------------------------ */

static void say_signer(struct report *report, const char *name, const struct media_result *result)
{
	char signer[CHAIN_NAME_MAX], fingerprint[96];

	if (!result->chain.count)
		return;
	chain_name(result->chain.certificates[0], signer, sizeof signer);
	chain_fingerprint(result->chain.certificates[0], fingerprint);
	switch (result->provenance) {
	case PROVENANCE_OK:
		report_say(report, REPORT_OK, "media.provenance", name,
			   _("signed by \"%s\", whose certificate was issued under the root "
			     "given and was valid at the times that the signatures claim"),
			   signer);
		break;
	case PROVENANCE_OTHER_TIME:
		report_say(report, REPORT_NOTE, "media.provenance", name,
			   _("signed by \"%s\", whose certificate was issued under the root "
			     "given and is valid today, but not at the times that the signatures claim (%s)"),
			   signer, result->provenance_why);
		break;
	case PROVENANCE_BAD:
		report_say(report, REPORT_WRONG, "media.provenance", name,
			   _("signed by \"%s\", who cannot be trusted by the root given: "
			     "%s. The pictures may come from anybody"),
			   signer, result->provenance_why);
		break;
	case PROVENANCE_NONE:
		report_say(report, REPORT_WRONG, "media.provenance", name,
			   _("signed by \"%s\"; without --root it cannot be said whether "
			     "that is a station of the centre, and the pictures may come from anybody"),
			   signer);
		break;
	}
	report_value(report, "signer_sha256", name,
		     _("SHA-256 of the certificate of who signed the pictures:"), fingerprint);
}

static void say_times(struct report *report, const char *name, const struct media_result *result)
{
	const struct media_section *first = NULL, *last = NULL;
	char from[40], to[40];

	for (size_t i = 0; i < result->section_count; i++) {
		if (result->sections[i].first == result->sections[i].end)
			continue;
		first = first ? first : &result->sections[i];
		last = &result->sections[i];
	}
	if (!first)
		return;
	media_utc_print(from, sizeof from, first->start_utc_us);
	media_utc_print(to, sizeof to, last->end_utc_us);
	report_say(report, REPORT_NOTE, "media.times", name,
		   _("the signer says that this was between %s and %s; that is its clock's word"),
		   from, to);
	if (result->sections_known && result->first_counter != 1)
		report_say(report, REPORT_NOTE, "media.beginning", name,
			   _("its first signature has the number %" PRIu32 ": the same signer "
			     "signed pictures before these, and the file alone cannot show which"),
			   result->first_counter);
	report_say(report, REPORT_NOTE, "media.end", name,
		   _("its last signature has the number %" PRIu32 ": whether more was signed after "
		     "it only the log can show"),
		   result->last_counter);
}

void media_report(struct report *report, const char *name, const struct media_file *media, bool torn)
{
	const struct media_result *result = media->result;
	char digest[65];

	if (!result->picture_count) {
		report_say(report, REPORT_WRONG, "media.empty", name, "%s",
			   _("it holds no picture"));
		return;
	}
	say_stretches(report, name, result, torn);
	say_sections(report, name, result);
	say_file(report, name, media);
	say_signer(report, name, result);
	say_times(report, name, result);
	if (!result->parameters_known)
		return;
	util_hex(digest, result->parameters_sha256, sizeof result->parameters_sha256);
	report_value(report, "parameters_sha256", name,
		     _("SHA-256 of the decoder's parameters (SPS and PPS), which no signature covers; "
		       "compare it with the log:"),
		     digest);
}
