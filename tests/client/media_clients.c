/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many viewers without a browser, for tests that do their own WHEP: lines in, lines out.
 *
 *   new ID [wrong-fingerprint]   -> offer ID BASE64      a viewer and its offer
 *   answer ID BASE64             -> (nothing)            start its ICE, DTLS and SRTP
 *   pli ID                                               ask for a keyframe
 *   damaged ID                                           send packets with a wrong tag, twice, from elsewhere
 *   end ID close|vanish          -> ended ID JSON        say goodbye, or just be gone; what it has seen
 *   counts ID                    -> counts ID JSON
 *
 * Ends at the end of its input.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/client/webrtc_client.h"

#define VIEWERS_MAX 512
#define LINE_SIZE 32768

static struct viewer {
	char id[16];
	struct webrtc_client *client;	/* NULL: a free place */
	bool answered;
} viewers[VIEWERS_MAX];

static struct viewer *find(const char *id)
{
	for (size_t i = 0; i < VIEWERS_MAX; i++)
		if (viewers[i].client && strcmp(viewers[i].id, id) == 0)
			return &viewers[i];
	return NULL;
}

static struct viewer *free_place(void)
{
	for (size_t i = 0; i < VIEWERS_MAX; i++)
		if (!viewers[i].client)
			return &viewers[i];
	return NULL;
}

static void new_viewer(const char *id, const char *fault)
{
	struct webrtc_client_options options = {
		.nack = true, .rr_ms = 1000, .pli_on_gap = true,
		.wrong_fingerprint = strcmp(fault, "wrong-fingerprint") == 0,
	};
	static unsigned char text[WEBRTC_OFFER_MAX * 2];
	struct viewer *viewer = free_place();
	const char *offer;

	if (!viewer || strlen(id) >= sizeof viewer->id) {
		printf("refused %s\n", id);
		return;
	}
	snprintf(viewer->id, sizeof viewer->id, "%s", id);
	viewer->client = webrtc_client_new("127.0.0.1", &options);
	viewer->answered = false;
	offer = webrtc_client_offer(viewer->client);
	EVP_EncodeBlock(text, (const unsigned char *)offer, (int)strlen(offer));
	printf("offer %s %s\n", id, (const char *)text);
}

static void take_answer(struct viewer *viewer, const char *base64)
{
	static char answer[LINE_SIZE];
	int len = strlen(base64) < sizeof answer ?
		EVP_DecodeBlock((unsigned char *)answer, (const unsigned char *)base64, (int)strlen(base64)) : -1;

	answer[len > 0 ? len : 0] = '\0';
	viewer->answered = webrtc_client_answer(viewer->client, answer) == 0;
	if (!viewer->answered)
		printf("refused %s\n", viewer->id);
}

static double since_ms(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns ? (double)(to_ns - from_ns) / 1e6 : -1;
}

static void print_counts(const char *word, const struct viewer *viewer)
{
	const struct webrtc_client_counts *counts = webrtc_client_counts(viewer->client);

	printf("%s %s {\"connected\": %d, \"closed\": %d, \"packets\": %llu, \"keyframes\": %llu, "
	       "\"access_units\": %llu, \"broken\": %llu, \"failed\": %llu, \"before_keys\": %llu, "
	       "\"first_packet_ms\": %.1f, \"first_keyframe_ms\": %.1f, \"profile\": \"%s\"}\n",
	       word, viewer->id, counts->connected, counts->closed, (unsigned long long)counts->packets,
	       (unsigned long long)counts->keyframes, (unsigned long long)counts->access_units,
	       (unsigned long long)counts->broken_access_units, (unsigned long long)counts->failed,
	       (unsigned long long)counts->before_keys,
	       since_ms(counts->offered_ns, counts->first_packet_ns),
	       since_ms(counts->offered_ns, counts->first_keyframe_ns), counts->srtp_profile);
}

static void end_viewer(struct viewer *viewer, bool close_it)
{
	print_counts("ended", viewer);
	if (close_it)
		webrtc_client_close(viewer->client);
	else
		webrtc_client_silence(viewer->client);
	viewer->client = webrtc_client_free(viewer->client);
}

static void send_damaged(struct viewer *viewer)
{
	for (int kind = WEBRTC_TAG; kind <= WEBRTC_OTHER_PORT; kind++)
		webrtc_client_send_damaged_pli(viewer->client, (enum webrtc_damage)kind);
}

static void take_line(char *line)
{
	char *rest = line;
	const char *word = strsep(&rest, " "), *id = rest ? strsep(&rest, " ") : "";
	const char *value = rest ? rest : "";
	struct viewer *viewer = find(id);

	if (strcmp(word, "new") == 0)
		new_viewer(id, value);
	else if (!viewer)
		printf("refused %s\n", id);
	else if (strcmp(word, "answer") == 0)
		take_answer(viewer, value);
	else if (strcmp(word, "pli") == 0)
		webrtc_client_send_pli(viewer->client);
	else if (strcmp(word, "damaged") == 0)
		send_damaged(viewer);
	else if (strcmp(word, "counts") == 0)
		print_counts("counts", viewer);
	else if (strcmp(word, "end") == 0)
		end_viewer(viewer, strcmp(value, "close") == 0);
	fflush(stdout);
}

/* false at the end of the input. */
static bool read_lines(void)
{
	static char buffer[LINE_SIZE];
	static size_t len;
	ssize_t got = read(STDIN_FILENO, buffer + len, sizeof buffer - len);
	char *start = buffer, *newline;

	if (got <= 0)
		return got < 0 && errno == EINTR;
	len += (size_t)got;
	while ((newline = memchr(start, '\n', len - (size_t)(start - buffer)))) {
		*newline = '\0';
		take_line(start);
		start = newline + 1;
	}
	len -= (size_t)(start - buffer);
	memmove(buffer, start, len);
	return len < sizeof buffer;
}

int main(void)
{
	static struct pollfd fds[VIEWERS_MAX + 1];

	for (;;) {
		nfds_t count = 1;

		fds[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
		for (size_t i = 0; i < VIEWERS_MAX; i++)
			if (viewers[i].client && viewers[i].answered)
				fds[count++] = (struct pollfd){ .fd = webrtc_client_fd(viewers[i].client),
								.events = POLLIN };
		poll(fds, count, 10);
		for (size_t i = 0; i < VIEWERS_MAX; i++)
			if (viewers[i].client && viewers[i].answered)
				webrtc_client_step(viewers[i].client);
		if (fds[0].revents && !read_lines())
			return 0;
	}
}
