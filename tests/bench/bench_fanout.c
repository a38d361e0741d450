/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_fanout - what a delivered packet costs, and how long a viewer waits for its first picture.
 *
 * Three ways of sending the same packets to the same sockets at the same pace, in one run:
 *  ours   the stream thread as a whole: packetise, header, copy, protect, send, timers, reports
 *  floor  only libsrtp's AES-128-GCM protect and the same send calls, one session for each viewer
 *  limit  bare EVP AES-128-GCM, context kept and only the IV set, and the same send calls
 * Figures are CPU time of the one thread that sends. The viewers have joined by real handshakes;
 * their sockets are left to fill up, so that receiving costs all three alike.
 */
#include "station/base/openssl.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/udp.h>
#include <openssl/evp.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "tests/client/stream_fixture.h"

#define VIEWERS_MAX 200
#define UNIT_BYTES 16600	/* 4 Mbit/s at 30 pictures/s */
#define INTERVAL_NS (NS_PER_S / 30)
#define ROUNDS 3
#define HEADER_BYTES 28
#define TAG_BYTES 16
#define PACKETS 15		/* of such a unit */
#define PAYLOAD_BYTES ((UNIT_BYTES + PACKETS - 1) / PACKETS)
#define PACKET_BYTES (HEADER_BYTES + PAYLOAD_BYTES)
#define SLOT_BYTES (PACKET_BYTES + TAG_BYTES)

struct bench {
	struct fixture fixture;
	struct webrtc_client *clients[VIEWERS_MAX];
	size_t viewers;
	unsigned units;			/* in one round */
	uint64_t number;		/* of the next access unit */
	int fd;				/* the floor's own socket */
	srtp_t srtp[VIEWERS_MAX];
	EVP_CIPHER_CTX *evp[VIEWERS_MAX];
	uint16_t sequence;
	clockid_t stream_clock;
};

/* --- CPU time of a thread -------------------------------------------------------------------------- */

/* The kernel's clock of a thread by its number (what pthread_getcpuclockid makes, for a thread that is
   not ours to name). */
static clockid_t find_stream_clock(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	clockid_t clock = -1;

	while (dir && (entry = readdir(dir))) {
		char path[300], name[32] = "";
		FILE *file;

		snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(name, sizeof name, file) && strcmp(name, "stream\n") == 0)
			clock = (clockid_t)(~(unsigned)atoi(entry->d_name) << 3 | 6);
		fclose(file);
	}
	if (dir)
		closedir(dir);
	return clock;
}

static uint64_t cpu_ns(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) < 0)
		abort();
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void wait_until(uint64_t due_ns)
{
	struct timespec due = { (time_t)(due_ns / NS_PER_S), (long)(due_ns % NS_PER_S) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

/* --- ours ------------------------------------------------------------------------------------------ */

static void give(struct bench *bench, bool keyframe, size_t len_bytes)
{
	struct access_unit *au = fixture_unit(bench->number++, keyframe, len_bytes);

	stream_give(bench->fixture.stream, au);
	access_unit_unref(au);
}

static double measure_ours(struct bench *bench)
{
	struct stream_stats before, after;
	uint64_t due_ns = clock_mono_ns(), cpu;

	stream_stats(bench->fixture.stream, &before);
	cpu = cpu_ns(bench->stream_clock);
	for (unsigned i = 0; i < bench->units; i++) {
		/* on a machine too busy to keep the pace viewers may need a new start */
		give(bench, atomic_exchange(&bench->fixture.key_wanted, false), UNIT_BYTES);
		wait_until(due_ns += INTERVAL_NS);
	}
	stream_stats(bench->fixture.stream, &after);
	cpu = cpu_ns(bench->stream_clock) - cpu;
	return (double)cpu / (double)(after.datagrams_out - before.datagrams_out);
}

/* --- floor and limit -------------------------------------------------------------------------------- */

static void put_header(uint8_t *at, uint16_t sequence)
{
	static const uint8_t header[HEADER_BYTES] = { 0x90, 102, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0xbe, 0xde, 0, 3 };

	memcpy(at, header, sizeof header);
	at[2] = (uint8_t)(sequence >> 8);
	at[3] = (uint8_t)sequence;
}

static void send_unit(struct bench *bench, size_t viewer, const uint8_t *bytes)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				  .sin_port = htons(webrtc_client_port(bench->clients[viewer])) };
	struct iovec iov = { (void *)bytes, PACKETS * SLOT_BYTES };
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint16_t))] = { 0 };
	struct msghdr msg = { .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control, .msg_controllen = sizeof control };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	uint16_t segment = SLOT_BYTES;

	cmsg->cmsg_level = IPPROTO_UDP;
	cmsg->cmsg_type = UDP_SEGMENT;
	cmsg->cmsg_len = CMSG_LEN(sizeof segment);
	memcpy(CMSG_DATA(cmsg), &segment, sizeof segment);
	if (sendmsg(bench->fd, &msg, MSG_DONTWAIT) < 0)
		perror("sendmsg");
}

static void protect_srtp(struct bench *bench, size_t viewer, uint8_t *at)
{
	int len = PACKET_BYTES;

	if (srtp_protect(bench->srtp[viewer], at, &len) != srtp_err_status_ok || len != SLOT_BYTES)
		abort();
}

static void protect_evp(struct bench *bench, size_t viewer, uint8_t *at)
{
	EVP_CIPHER_CTX *ctx = bench->evp[viewer];
	uint8_t iv[12] = { at[2], at[3], 7 };
	int len;

	EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, iv);
	EVP_EncryptUpdate(ctx, NULL, &len, at, HEADER_BYTES);
	EVP_EncryptUpdate(ctx, at + HEADER_BYTES, &len, at + HEADER_BYTES, PAYLOAD_BYTES);
	EVP_EncryptFinal_ex(ctx, at + PACKET_BYTES, &len);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, at + PACKET_BYTES);
}

static double measure_bare(struct bench *bench, void (*protect)(struct bench *bench, size_t viewer, uint8_t *at))
{
	static uint8_t bytes[PACKETS * SLOT_BYTES + SRTP_MAX_TRAILER_LEN];
	uint64_t due_ns = clock_mono_ns(), cpu = cpu_ns(CLOCK_THREAD_CPUTIME_ID);

	for (unsigned i = 0; i < bench->units; i++) {
		for (size_t viewer = 0; viewer < bench->viewers; viewer++) {
			for (uint16_t p = 0; p < PACKETS; p++) {
				put_header(bytes + p * SLOT_BYTES, (uint16_t)(bench->sequence + p));
				protect(bench, viewer, bytes + p * SLOT_BYTES);
			}
			send_unit(bench, viewer, bytes);
		}
		bench->sequence = (uint16_t)(bench->sequence + PACKETS);
		wait_until(due_ns += INTERVAL_NS);
	}
	cpu = cpu_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	return (double)cpu / ((double)bench->units * (double)bench->viewers * PACKETS);
}

static void make_sessions(struct bench *bench)
{
	uint8_t key[28];

	for (size_t i = 0; i < bench->viewers; i++) {
		srtp_policy_t policy = { .ssrc = { ssrc_any_outbound, 0 }, .key = key, .window_size = 1024 };

		util_random(key, sizeof key);
		srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, srtp_profile_aead_aes_128_gcm);
		srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, srtp_profile_aead_aes_128_gcm);
		bench->evp[i] = EVP_CIPHER_CTX_new();
		if (srtp_create(&bench->srtp[i], &policy) != srtp_err_status_ok || !bench->evp[i] ||
		    EVP_EncryptInit_ex(bench->evp[i], EVP_aes_128_gcm(), NULL, key, NULL) != 1)
			abort();
	}
}

/* --- a table row -------------------------------------------------------------------------------------- */

static void set_up(struct bench *bench, size_t viewers, unsigned units)
{
	memset(bench, 0, sizeof *bench);
	fixture_init(&bench->fixture);
	bench->viewers = viewers;
	bench->units = units;
	bench->fixture.interval_us = 0;		/* units are given here */
	bench->fixture.config.viewers_max = VIEWERS_MAX;
	bench->fixture.config.bitrate_bps = 4000000;
	bench->fixture.config.consent_pause_ms = bench->fixture.config.consent_expire_ms = 600000;
	fixture_start(&bench->fixture);
	while ((bench->stream_clock = find_stream_clock()) == -1)
		wait_until(clock_mono_ns() + NS_PER_MS);	/* until the thread has named itself */
	for (size_t i = 0; i < viewers; i++) {
		struct webrtc_client **client = &bench->clients[i];

		*client = webrtc_client_new("127.0.0.1", NULL);
		fixture_join(&bench->fixture, *client);
		if (!webrtc_clients_run(client, 1, all_connected, NULL, 10000))
			abort();
	}
	give(bench, true, 60000);
	bench->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	make_sessions(bench);
}

static void tear_down(struct bench *bench)
{
	for (size_t i = 0; i < bench->viewers; i++) {
		srtp_dealloc(bench->srtp[i]);
		EVP_CIPHER_CTX_free(bench->evp[i]);
		webrtc_client_free(bench->clients[i]);
	}
	close(bench->fd);
	fixture_stop(&bench->fixture);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare);
	return values[count / 2];
}

static void print_row(size_t viewers, unsigned units)
{
	static struct bench bench;
	double ours[ROUNDS], floor[ROUNDS], limit[ROUNDS], o, f, l;

	set_up(&bench, viewers, units);
	measure_bare(&bench, protect_srtp);	/* fills the sockets and the caches */
	for (size_t i = 0; i < ROUNDS; i++) {
		floor[i] = measure_bare(&bench, protect_srtp);
		ours[i] = measure_ours(&bench);
		limit[i] = measure_bare(&bench, protect_evp);
	}
	tear_down(&bench);
	o = median(ours, ROUNDS);
	f = median(floor, ROUNDS);
	l = median(limit, ROUNDS);
	printf("%7zu  %8.0f  %8.0f  %8.0f  %10.2f  %10.2f\n", viewers, o, f, l, o / f, o / l);
	fflush(stdout);
}

/* --- joining -------------------------------------------------------------------------------------------- */

static void print_joins(struct webrtc_client **clients, size_t count, const char *how)
{
	double packet[VIEWERS_MAX], keyframe[VIEWERS_MAX];

	for (size_t i = 0; i < count; i++) {
		const struct webrtc_client_counts *counts = webrtc_client_counts(clients[i]);

		packet[i] = (double)(counts->first_packet_ns - counts->offered_ns) / 1e6;
		keyframe[i] = (double)(counts->first_keyframe_ns - counts->offered_ns) / 1e6;
	}
	qsort(packet, count, sizeof *packet, compare);
	qsort(keyframe, count, sizeof *keyframe, compare);
	printf("%-28s first packet p50 %.1f ms, p95 %.1f ms; first keyframe p50 %.1f ms, p95 %.1f ms\n", how,
	       packet[count / 2], packet[count * 95 / 100], keyframe[count / 2], keyframe[count * 95 / 100]);
}

/* 30 pictures/s, keyframes of 60 KB. One after another, or all @at_once. */
static void join_times(size_t count, bool at_once, const char *how)
{
	struct webrtc_client *clients[VIEWERS_MAX];
	static struct fixture fixture;

	fixture_init(&fixture);
	fixture.interval_us = 33333;
	fixture.delta_bytes = UNIT_BYTES;
	fixture.key_bytes = 60000;
	fixture.config.viewers_max = VIEWERS_MAX;
	fixture_start(&fixture);
	for (size_t i = 0; i < count; i++)
		clients[i] = webrtc_client_new("127.0.0.1", NULL);
	for (size_t i = 0; i < count; i++) {
		fixture_join(&fixture, clients[i]);
		if (at_once)
			continue;
		webrtc_clients_run(&clients[i], 1, all_have_keyframe, NULL, 10000);
		webrtc_client_close(clients[i]);
		wait_until(clock_mono_ns() + 450 * NS_PER_MS);	/* beyond the spacing of keyframes: each asks its own */
	}
	if (at_once && !webrtc_clients_run(clients, count, all_have_keyframe, NULL, 20000))
		printf("not all got a keyframe\n");
	print_joins(clients, count, how);
	for (size_t i = 0; i < count; i++)
		webrtc_client_free(clients[i]);
	fixture_stop(&fixture);
}

int main(int argc, char **argv)
{
	static const size_t viewers[] = { 1, 10, 100, 200 };
	unsigned units = argc > 1 && strcmp(argv[1], "--quick") == 0 ? 15 : 60;

	printf("CPU ns for each delivered packet; 15 packets of %d bytes 30 times a second\n", SLOT_BYTES);
	printf("viewers      ours     floor     limit  ours/floor  ours/limit\n");
	for (size_t i = 0; i < ARRAY_LEN(viewers); i++)
		print_row(viewers[i], units);
	join_times(20, false, "20 joins, one by one:");
	join_times(50, true, "50 joins at once:");
	return 0;
}
