/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/zip_writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/base/bytes.h"
#include "station/base/crc32.h"
#include "station/base/zip_form.h"

struct zip_writer {
	int fd;
	char *top;
	uint32_t time;
	uint64_t at, count;		/* the file's end; members */
	struct bytes table;
	char name[ZIP_NAME_MAX + 1];	/* of the member that is being written */
	struct zip_entry entry;
	uint64_t left;			/* bytes of it that are to come */
};

int zip_writer_new(struct zip_writer **out, int fd, const char *top, uint64_t utc_us, struct err *err)
{
	struct zip_writer *writer = calloc(1, sizeof *writer);

	if (writer)
		writer->top = strdup(top);
	if (!writer || !writer->top) {
		free(writer);
		return err_set(err, ERR_NOMEM, "package: out of memory for a ZIP");
	}
	writer->fd = fd;
	writer->time = zip_time(utc_us);
	*out = writer;
	return 0;
}

struct zip_writer *zip_writer_free(struct zip_writer *writer)
{
	if (!writer)
		return NULL;
	bytes_clear(&writer->table);
	free(writer->top);
	free(writer);
	return NULL;
}

static int put_at(int fd, const uint8_t *bytes, size_t len_bytes, uint64_t at)
{
	while (len_bytes) {
		ssize_t written = pwrite(fd, bytes, len_bytes, (off_t)at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return -1;
		bytes += written;
		len_bytes -= (size_t)written;
		at += (uint64_t)written;
	}
	return 0;
}

int zip_writer_begin(struct zip_writer *writer, const char *name, uint64_t len_bytes)
{
	int len = snprintf(writer->name, sizeof writer->name, "%s/%s", writer->top, name);
	uint8_t record[ZIP_RECORD_MAX];
	size_t record_bytes;

	if (len < 0 || (size_t)len >= sizeof writer->name) {
		errno = ENAMETOOLONG;
		return -1;
	}
	writer->entry = (struct zip_entry){ .name = writer->name, .name_bytes = (size_t)len, .bytes = len_bytes,
					    .at = writer->at, .time = writer->time };
	writer->left = len_bytes;
	record_bytes = zip_local(record, &writer->entry);	/* put once more, with its checksum */
	if (put_at(writer->fd, record, record_bytes, writer->at) < 0)
		return -1;
	writer->at += record_bytes;
	return 0;
}

int zip_writer_write(struct zip_writer *writer, const void *bytes, size_t len_bytes)
{
	if (len_bytes > writer->left) {
		errno = EIO;
		return -1;
	}
	if (put_at(writer->fd, bytes, len_bytes, writer->at) < 0)
		return -1;
	writer->entry.crc = crc32_of(writer->entry.crc, bytes, len_bytes);
	writer->at += len_bytes;
	writer->left -= len_bytes;
	return 0;
}

int zip_writer_end(struct zip_writer *writer)
{
	uint8_t record[ZIP_RECORD_MAX];

	if (writer->left) {
		errno = EIO;
		return -1;
	}
	bytes_add(&writer->table, record, zip_central(record, &writer->entry));
	writer->count++;
	return put_at(writer->fd, record, zip_local(record, &writer->entry), writer->entry.at);
}

int zip_writer_finish(struct zip_writer *writer)
{
	uint8_t end[ZIP_RECORD_MAX];
	size_t end_bytes = zip_end(end, writer->count, writer->at, writer->table.len);

	if (!bytes_ok(&writer->table)) {
		errno = ENOMEM;
		return -1;
	}
	if (put_at(writer->fd, writer->table.data, writer->table.len, writer->at) < 0 ||
	    put_at(writer->fd, end, end_bytes, writer->at + writer->table.len) < 0)
		return -1;
	return fsync(writer->fd);
}
