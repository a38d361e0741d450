/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signed notes and verifier keys from anywhere: what is read stays within its bytes, and writes back the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "station/evidence/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void read_key(const uint8_t *bytes, size_t len_bytes)
{
	char *text = strndup((const char *)bytes, len_bytes), again[NOTE_NAME_MAX + 128];
	struct note_key key;
	struct err err;

	if (text && note_key_read(&key, text, &err) == 0) {
		note_key_print(&key, again, sizeof again);
		require(strcmp(text, again) == 0);
	}
	free(text);
}

static void read_checkpoint(const struct note *note)
{
	struct checkpoint checkpoint;
	char again[512];
	struct err err;
	int len;

	if (checkpoint_read(&checkpoint, note, &err) < 0)
		return;
	len = checkpoint_print(&checkpoint, again, sizeof again, &err);
	require(len > 0 && (size_t)len <= note->text_bytes && memcmp(again, note->text, (size_t)len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	struct note_key key;
	struct note note;
	struct err err;

	read_key(bytes, len_bytes);
	if (note_read(&note, (const char *)bytes, len_bytes, &err) < 0)
		return 0;
	require(note.count >= 1 && note.text_bytes < len_bytes);
	for (unsigned i = 0; i < note.count; i++)
		if (note_key_make(&key, note.signatures[i].name, i & 1 ? NOTE_COSIGNATURE : NOTE_ED25519,
				  note.signatures[i].bytes + 4, &err) == 0) {
			memcpy(key.id, note.signatures[i].bytes, sizeof key.id);	/* so that it is looked at */
			require(note_verify(&note, &key, NULL, &err) < 0);
		}
	read_checkpoint(&note);
	return 0;
}
