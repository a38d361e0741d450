/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * note.h - signed notes and checkpoints, so that anybody's tools can check them.
 *
 * Formats of C2SP (c2sp.org): signed-note, tlog-checkpoint, tlog-cosignature (v1), tlog-proof. Needs OpenSSL
 * and nothing of the station. Any bytes from outside are safe. Any thread.
 *
 *	station.example/log            origin
 *	3                              size
 *	Y+9PX2plACYspbhA0TUWmwAZD...   root
 *	                               (the signed text ends before this line)
 *	— station.example/log ylAjdLrrnNPo...
 */
#ifndef OSTEND_EVIDENCE_NOTE_H
#define OSTEND_EVIDENCE_NOTE_H

#include "station/base/err.h"
#include "station/evidence/tlog.h"

#define NOTE_NAME_MAX 128
#define NOTE_SIGNATURES_MAX 16
#define NOTE_MAX 8192			/* bytes of a note with all its signatures */

enum note_kind {
	NOTE_ED25519 = 1,		/* signs the text */
	NOTE_COSIGNATURE = 4,		/* a witness: signs time and text */
};

struct note_key {
	char name[NOTE_NAME_MAX];
	enum note_kind kind;
	uint8_t id[4], public_key[32];
};

struct checkpoint {
	char origin[NOTE_NAME_MAX];
	uint64_t size;
	struct tlog_hash root;
};

/** A note as it was found: pointers into the bytes given to note_read. */
struct note {
	const char *text;		/* with its last newline */
	size_t text_bytes;
	unsigned count;
	struct note_signature {
		char name[NOTE_NAME_MAX];
		uint8_t bytes[4 + 8 + 64];	/* id, then the signature; a cosignature has its time between */
		size_t len_bytes;
	} signatures[NOTE_SIGNATURES_MAX];
};

/** Set name, kind and id for @public_key. ERR_RANGE: a name that no note may carry. */
int note_key_make(struct note_key *key, const char *name, enum note_kind kind, const uint8_t public_key[32],
		  struct err *err);
/** Read "name+ca502374+AT8D...". ERR_PROTO, saying what is wrong. */
int note_key_read(struct note_key *key, const char *text, struct err *err);
/** Write that form into @text; @size at least NOTE_NAME_MAX + 64. */
void note_key_print(const struct note_key *key, char *text, size_t size);

/** Take @bytes apart. ERR_PROTO, saying what is wrong. */
int note_read(struct note *note, const char *bytes, size_t len_bytes, struct err *err);
/**
 * Verify the signature of @key on @note.
 *
 * @time_s the time a witness claims; 0 for NOTE_ED25519; may be NULL
 * @return 0; ERR_GONE: it has none of this key; ERR_TAMPER: it has one that is not right
 */
int note_verify(const struct note *note, const struct note_key *key, uint64_t *time_s, struct err *err);

/** The text to be signed, into @text with a NUL; its length, or ERR_RANGE when it does not fit. */
int checkpoint_print(const struct checkpoint *checkpoint, char *text, size_t size, struct err *err);
/** Read the text of a note as a checkpoint; extension lines are passed over. ERR_PROTO. */
int checkpoint_read(struct checkpoint *checkpoint, const struct note *note, struct err *err);
/** "— NAME BASE64\n" for @signature by @key, to be put below a text and an empty line. The length. */
int note_print_signature(const struct note_key *key, const uint8_t signature[64], char *line, size_t size,
			 struct err *err);

#endif
