/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rtcp.h - RTCP after SRTCP has been taken off, and before it is put on (RFC 3550 6, RFC 4585, RFC 5104).
 *
 * rtcp_open checks the framing of the whole compound packet before a single item is believed;
 * rtcp_next then hands out what a sender of video acts on, one item at a time. Pure functions, no
 * allocation, any thread.
 */
#ifndef OSTEND_STREAM_RTCP_H
#define OSTEND_STREAM_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/base/err.h"

#define RTCP_NACK_MAX 544		/* sequence numbers in one item: 32 PID+BLP pairs, all bits set */
#define RTCP_CNAME_MAX 64
#define RTCP_REPORT_MAX 128		/* room for rtcp_write_report and rtcp_write_bye */

enum rtcp_kind {
	RTCP_SENDER,			/* the sender half of an SR */
	RTCP_BLOCK,			/* one report block of an SR or RR */
	RTCP_NACK,			/* RTPFB 1; a longer list comes as several items */
	RTCP_PLI,			/* PSFB 1 */
	RTCP_FIR,			/* PSFB 4; one item an entry */
	RTCP_REMB,			/* PSFB 15 with the name "REMB" */
	RTCP_BYE,			/* one item a source; also once with ssrc 0 for an empty BYE */
};

struct rtcp_item {
	enum rtcp_kind kind;
	uint32_t sender_ssrc;		/* who says it */
	uint32_t media_ssrc;		/* what it is about: our stream (BLOCK, NACK, PLI, FIR), 0 otherwise */
	union {
		struct {
			uint64_t ntp;	/* 32.32 seconds since 1900 */
			uint32_t ts_90k, packets, octets;
		} sender;
		struct {
			uint8_t fraction_lost;		/* of 256, since the last report */
			int32_t lost;			/* since the start; 24 bits, may be negative */
			uint32_t highest_sequence;	/* with the count of wraps above 16 bits */
			uint32_t jitter_ticks;		/* in the clock of the stream */
			uint32_t last_sr, since_last_sr;	/* LSR 16.16, DLSR in 1/65536 s */
		} block;
		struct {
			size_t count;
			uint16_t sequences[RTCP_NACK_MAX];	/* as listed, bit masks expanded */
		} nack;
		struct {
			uint8_t number;			/* a repeat of the last number is the same request */
		} fir;
		struct {
			uint64_t rate_bps;		/* UINT64_MAX when it does not fit */
		} remb;
	};
};

/* Where rtcp_next stands; the caller reads nothing in it. */
struct rtcp_reader {
	const uint8_t *bytes;
	size_t len_bytes, at;		/* of the packet being read */
	size_t inside, end;		/* next part of it, and its end without padding */
};

/**
 * Begin to read. Every packet must have version 2, a length inside the datagram, whole words, and
 * padding (in the last only) that fits; what its type and count announce must be inside it.
 * Reduced-size RTCP (RFC 5506) is fine: the first may be of any type.
 *
 * @return 0; ERR_PROTO: drop all of it
 */
int rtcp_open(struct rtcp_reader *out, const uint8_t *bytes, size_t len_bytes);

/** The next item; false at the end. Packets of other types and SDES are passed over. */
bool rtcp_next(struct rtcp_reader *reader, struct rtcp_item *out);

/* What an SR says about one of our streams. */
struct rtcp_report {
	uint32_t ssrc;
	int64_t utc_us;			/* of the instant that @ts_90k names, from the same reading of the
					   monotonic clock: a receiver then finds each picture's capture time */
	uint32_t ts_90k;		/* access_unit_ts_90k of that instant */
	uint32_t packets, octets;	/* sent so far, payload only, modulo 2^32 */
	const char *cname;		/* at most RTCP_CNAME_MAX bytes are used */
};

/** SR without blocks and SDES with CNAME. @out has RTCP_REPORT_MAX bytes. Returns the length. */
size_t rtcp_write_report(uint8_t *out, const struct rtcp_report *report);

/** Empty RR, SDES with CNAME, BYE of @ssrc and, when it is not 0, @rtx_ssrc. Returns the length. */
size_t rtcp_write_bye(uint8_t *out, uint32_t ssrc, uint32_t rtx_ssrc, const char *cname);

/** 32.32 seconds since 1900 (RFC 3550 4); wraps in 2036 as everybody's does. */
uint64_t rtcp_ntp(int64_t utc_us);

/** The inverse, for times from 1970 to 2036. Rounded to the nearest microsecond. */
int64_t rtcp_utc_us(uint64_t ntp);

/**
 * Round trip time from a report block that arrived at @now_ntp.
 *
 * @return true and @rtt_us; false when the peer has had no SR yet, or what it says is impossible:
 *         LSR in the future, DLSR longer than the time since, or more than 10 s
 */
bool rtcp_rtt_us(uint32_t *rtt_us, uint64_t now_ntp, uint32_t last_sr, uint32_t since_last_sr);

#endif
