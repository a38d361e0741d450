/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "station/stream/udp.h"

/* --- a kernel that refuses ----------------------------------------------------------------------- */

static int refuse_gso_with, refuse_sendmmsg_with;

int __real_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);

static bool is_gso(const struct msghdr *msg)
{
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR((struct msghdr *)msg, cmsg))
		if (cmsg->cmsg_level == IPPROTO_UDP)
			return true;
	return false;
}

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	errno = refuse_sendmmsg_with;
	if (refuse_sendmmsg_with)
		return -1;
	for (unsigned i = 0; refuse_gso_with && i < count; i++) {
		if (!is_gso(&messages[i].msg_hdr))
			continue;
		errno = refuse_gso_with;
		return i == 0 ? -1 : __real_sendmmsg(fd, messages, i, flags);
	}
	return __real_sendmmsg(fd, messages, count, flags);
}

/* --- a peer -------------------------------------------------------------------------------------- */

struct peer {
	struct udp *udp;
	int fd;
	struct address_pair to;
	size_t received, last_len;
	uint8_t last_byte;
	struct address_pair from;
};

static int set_up(void **state)
{
	struct peer *peer = calloc(1, sizeof *peer);
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof addr;
	struct err err;

	assert_non_null(peer);
	refuse_gso_with = refuse_sendmmsg_with = 0;
	assert_int_equal(udp_open(&peer->udp, "127.0.0.1:0", UDP_BY_GSO, &err), 0);
	peer->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(peer->fd, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(getsockname(peer->fd, (struct sockaddr *)&addr, &len), 0);
	address_from_sockaddr(&peer->to.remote, (struct sockaddr *)&addr);
	*state = peer;
	return 0;
}

static int tear_down(void **state)
{
	struct peer *peer = *state;

	udp_free(peer->udp);
	close(peer->fd);
	free(peer);
	return 0;
}

static void take(void *owner, const struct address_pair *from, uint8_t *bytes, size_t len)
{
	struct peer *peer = owner;

	peer->received++;
	peer->last_len = len;
	peer->last_byte = len ? bytes[len - 1] : 0;
	peer->from = *from;
}

static void send_to_udp(struct peer *peer, const void *bytes, size_t len)
{
	union address_sockaddr name;
	socklen_t name_len = address_to_sockaddr(&name, udp_local(peer->udp), false);

	assert_int_equal(sendto(peer->fd, bytes, len, 0, &name.any, name_len), (ssize_t)len);
}

static bool wait_readable(int fd)
{
	struct pollfd polled = { fd, POLLIN, 0 };

	return poll(&polled, 1, 2000) == 1;
}

/* Send 5 packets of 100, 100, 100, 40 and 70 bytes, each of its own letter, and see them come so. */
static void expect_run(struct peer *peer)
{
	static const uint16_t lens[] = { 100, 100, 100, 40, 70 };
	uint8_t bytes[410], got[200];
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		memset(bytes + at, (int)('a' + i), lens[i]);
		at += lens[i];
	}
	assert_int_equal(udp_send(peer->udp, &peer->to, bytes, lens, ARRAY_LEN(lens)), ARRAY_LEN(lens));
	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		assert_true(wait_readable(peer->fd));
		assert_int_equal(recv(peer->fd, got, sizeof got, 0), lens[i]);
		assert_int_equal(got[0], 'a' + i);
		assert_int_equal(got[lens[i] - 1], 'a' + i);
	}
}

/* --- claims -------------------------------------------------------------------------------------- */

static void test_udp_sends_runs_by_gso(void **state)
{
	struct peer *peer = *state;

	expect_run(peer);
	assert_int_equal(udp_way(peer->udp), UDP_BY_GSO);
	assert_int_equal(udp_stats(peer->udp)->gso_sends, 1);
	assert_int_equal(udp_stats(peer->udp)->sends, 2);	/* 100 100 100 40; 70 */
	assert_int_equal(udp_stats(peer->udp)->datagrams_out, 5);
	assert_int_equal(udp_stats(peer->udp)->bytes_out, 410);
}

static void test_udp_falls_back_from_gso_and_stays_there(void **state)
{
	static const int refusals[] = { EINVAL, EIO, ENOPROTOOPT, EOPNOTSUPP };

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct peer *peer = *state;

		refuse_gso_with = refusals[i];
		expect_run(peer);
		assert_int_equal(udp_way(peer->udp), UDP_BY_SENDMMSG);
		refuse_gso_with = 0;
		expect_run(peer);
		assert_int_equal(udp_way(peer->udp), UDP_BY_SENDMMSG);
		assert_int_equal(udp_stats(peer->udp)->gso_sends, 0);
		assert_int_equal(udp_stats(peer->udp)->not_sent, 0);
		tear_down(state);
		set_up(state);
	}
}

static void test_udp_falls_back_to_sendto(void **state)
{
	struct peer *peer = *state;

	refuse_sendmmsg_with = ENOSYS;
	expect_run(peer);
	assert_int_equal(udp_way(peer->udp), UDP_BY_SENDTO);
	assert_int_equal(udp_stats(peer->udp)->sends, 5);
}

static void test_udp_counts_what_finds_no_room(void **state)
{
	struct peer *peer = *state;
	uint16_t lens[2] = { 10, 10 };
	uint8_t bytes[20] = { 0 };

	refuse_sendmmsg_with = ENOBUFS;
	assert_int_equal(udp_send(peer->udp, &peer->to, bytes, lens, 2), 0);
	assert_int_equal(udp_stats(peer->udp)->not_sent, 2);
	assert_int_equal(udp_way(peer->udp), UDP_BY_GSO);
}

static void test_udp_takes_datagrams_of_every_size(void **state)
{
	static const size_t sizes[] = { 0, 1, 19, 20, 1472, 1500, UDP_DATAGRAM_MAX };
	static uint8_t bytes[65507] = { [UDP_DATAGRAM_MAX - 1] = 7 };
	struct peer *peer = *state;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		send_to_udp(peer, bytes, sizes[i]);
		assert_true(wait_readable(udp_fd(peer->udp)));
		udp_receive(peer->udp, take, peer);
		assert_int_equal(peer->received, i + 1);
		assert_int_equal(peer->last_len, sizes[i]);
	}
	assert_int_equal(peer->last_byte, 7);
	assert_true(address_equal(&peer->from.remote, &peer->to.remote));
	assert_true(address_is_loopback(&peer->from.local));
}

static void test_udp_throws_away_what_is_too_long(void **state)
{
	static uint8_t bytes[65507];
	struct peer *peer = *state;

	send_to_udp(peer, bytes, sizeof bytes);
	assert_true(wait_readable(udp_fd(peer->udp)));
	udp_receive(peer->udp, take, peer);
	assert_int_equal(peer->received, 0);
	assert_int_equal(udp_stats(peer->udp)->oversized, 1);
}

/* The wildcard socket has two addresses here; the answer has to come from the one that was asked. */
static void test_udp_answers_from_the_address_it_was_asked_on(void **state)
{
	struct peer *peer = *state;
	struct udp *wild;
	struct address asked;
	union address_sockaddr name;
	socklen_t len;
	uint16_t lens[1] = { 1 };
	struct err err;

	assert_int_equal(udp_open(&wild, "0.0.0.0:0", UDP_BY_GSO, &err), 0);
	assert_int_equal(address_parse(&asked, "127.0.0.77", &err), 0);
	asked.port = udp_local(wild)->port;
	len = address_to_sockaddr(&name, &asked, false);
	assert_int_equal(sendto(peer->fd, "x", 1, 0, &name.any, len), 1);
	assert_true(wait_readable(udp_fd(wild)));
	udp_receive(wild, take, peer);
	assert_int_equal(udp_send(wild, &peer->from, (const uint8_t *)"y", lens, 1), 1);
	assert_true(wait_readable(peer->fd));
	len = sizeof name;
	assert_int_equal(recvfrom(peer->fd, &lens, 1, 0, &name.any, &len), 1);
	address_from_sockaddr(&peer->from.local, &name.any);
	assert_true(address_equal(&peer->from.local, &asked));
	udp_free(wild);
}

static void test_udp_serves_ipv4_on_a_dual_stack_socket(void **state)
{
	struct peer *peer = *state;
	union address_sockaddr name;
	struct address asked;
	struct err err;
	socklen_t len;

	udp_free(peer->udp);
	peer->udp = NULL;
	if (udp_open(&peer->udp, "[::]:0", UDP_BY_GSO, &err) < 0)
		skip();		/* a kernel without IPv6 */
	address_parse(&asked, "127.0.0.1", &err);
	asked.port = udp_local(peer->udp)->port;
	len = address_to_sockaddr(&name, &asked, false);
	assert_int_equal(sendto(peer->fd, "x", 1, 0, &name.any, len), 1);
	assert_true(wait_readable(udp_fd(peer->udp)));
	udp_receive(peer->udp, take, peer);
	assert_true(address_equal(&peer->from.remote, &peer->to.remote));
	peer->to = peer->from;
	expect_run(peer);
}

static void test_udp_refuses_a_bad_listen_address(void **state)
{
	static const char *const bad[] = { "", "localhost:1", "1.2.3:4", "1.2.3.4:65536", "1.2.3.4:x",
					   "[::1", "[::1]x", "1.2.3.4:1:2", "127.0.0.1:7 " };
	struct udp *udp = NULL;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(udp_open(&udp, bad[i], UDP_BY_GSO, &err), ERR_RANGE);
	assert_null(udp);
}

static void test_address_round_trips(void **state)
{
	static const char *const texts[] = { "192.0.2.1:7000", "[2001:db8::1]:65535", "0.0.0.0:0" };
	struct address address;
	char text[ADDRESS_TEXT_MAX];
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_int_equal(address_parse(&address, texts[i], &err), 0);
		assert_string_equal(address_format(text, &address), texts[i]);
	}
	assert_true(address_is_zero(&address));
	assert_true(address_of_machine(&address, 1, true) <= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_udp_sends_runs_by_gso, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_udp_falls_back_from_gso_and_stays_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_udp_falls_back_to_sendto, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_udp_counts_what_finds_no_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_udp_takes_datagrams_of_every_size, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_udp_throws_away_what_is_too_long, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_udp_answers_from_the_address_it_was_asked_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_udp_serves_ipv4_on_a_dual_stack_socket, set_up, tear_down),
		cmocka_unit_test(test_udp_refuses_a_bad_listen_address),
		cmocka_unit_test(test_address_round_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
