/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every datagram is answered from the address it was sent to: the pair of addresses is learnt from
 * the packet information of the received one and given back with each that is sent. Without it a
 * machine with two addresses answers a STUN check from the wrong one and the pair never works.
 *
 * A GSO message is a run of equal packets, of which only the last may be shorter; udp_send cuts
 * what it is given into such messages and hands them over with one sendmmsg.
 */
#include "station/stream/udp.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "station/base/log.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

#define BATCH 32
#define BATCHES_AT_ONCE 2	/* a batch may hold handshakes, half a millisecond each */
#define BUFFER_BYTES (4 << 20)
#define GSO_BYTES_MAX 65000	/* one IP datagram before it is cut, headers off */
#define CONTROL_IN (CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint32_t)))
#define CONTROL_OUT (CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t)))

struct slot {			/* one datagram of a batch */
	union address_sockaddr from;
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_IN];
	struct iovec iov;
	uint8_t bytes[UDP_DATAGRAM_MAX];
};

struct out_slot {
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_OUT];
	struct iovec iov;
	size_t packets;
};

struct udp {
	int fd;
	bool v6;
	struct address local;
	enum udp_way way;
	struct udp_stats stats;
	uint32_t overflows;		/* the kernel's count when we last saw it */
	struct mmsghdr in[BATCH], out[UDP_RUN_MAX];
	struct slot slots[BATCH];
	struct out_slot out_slots[UDP_RUN_MAX];
};

static int set(struct udp *udp, int level, int name, int value)
{
	return setsockopt(udp->fd, level, name, &value, sizeof value);
}

/* The forced sizes need a privilege; the others are cut to the system's limit. */
static void set_buffers(struct udp *udp)
{
	if (set(udp, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES) < 0)
		set(udp, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES);
	if (set(udp, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES) < 0)
		set(udp, SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES);
}

/*
 * OMIT: no "don't fragment" and no belief in ICMP's "fragmentation needed", which anybody can forge;
 * our packets are small enough for any network in use.
 */
static int set_options(struct udp *udp, struct err *err)
{
	int rc = set(udp, SOL_SOCKET, SO_RXQ_OVFL, 1);

	if (udp->v6) {
		rc |= set(udp, IPPROTO_IPV6, IPV6_V6ONLY, 0);
		rc |= set(udp, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
		rc |= set(udp, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
	} else {
		rc |= set(udp, IPPROTO_IP, IP_PKTINFO, 1);
	}
	rc |= set(udp, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
	return rc ? err_os(err, "media port: socket options") : 0;
}

static int bind_to(struct udp *udp, const struct address *listen, const char *text, struct err *err)
{
	union address_sockaddr addr;
	socklen_t len = address_to_sockaddr(&addr, listen, udp->v6);

	if (bind(udp->fd, &addr.any, len) < 0)
		return err_os(err, "media port: cannot use %s", text);
	len = sizeof addr;
	if (getsockname(udp->fd, &addr.any, &len) < 0)
		return err_os(err, "media port: reading the bound address");
	address_from_sockaddr(&udp->local, &addr.any);
	return 0;
}

static void prepare_slots(struct udp *udp)
{
	for (size_t i = 0; i < BATCH; i++) {
		udp->slots[i].iov = (struct iovec){ udp->slots[i].bytes, UDP_DATAGRAM_MAX };
		udp->in[i].msg_hdr.msg_iov = &udp->slots[i].iov;
		udp->in[i].msg_hdr.msg_iovlen = 1;
	}
	for (size_t i = 0; i < UDP_RUN_MAX; i++) {
		udp->out[i].msg_hdr.msg_iov = &udp->out_slots[i].iov;
		udp->out[i].msg_hdr.msg_iovlen = 1;
	}
}

int udp_open(struct udp **out, const char *listen, enum udp_way way, struct err *err)
{
	CLEANUP(udp_freep) struct udp *udp = calloc(1, sizeof *udp);
	struct address address;
	int rc;

	if (!udp)
		return err_set(err, ERR_NOMEM, "media port: out of memory");
	udp->fd = -1;
	rc = address_parse(&address, listen, err);
	if (rc < 0)
		return err_prefix(err, "media port");
	udp->v6 = !address_is_v4(&address);
	udp->way = way;
	udp->fd = socket(udp->v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (udp->fd < 0)
		return err_os(err, "media port: socket");
	rc = set_options(udp, err);
	if (rc == 0)
		rc = bind_to(udp, &address, listen, err);
	if (rc < 0)
		return rc;
	set_buffers(udp);
	prepare_slots(udp);
	*out = MOVE(udp);
	return 0;
}

struct udp *udp_free(struct udp *udp)
{
	if (!udp)
		return NULL;
	if (udp->fd >= 0)
		close(udp->fd);
	free(udp);
	return NULL;
}

int udp_fd(const struct udp *udp)
{
	return udp->fd;
}

const struct address *udp_local(const struct udp *udp)
{
	return &udp->local;
}

bool udp_takes_v6(const struct udp *udp)
{
	return udp->v6;
}

enum udp_way udp_way(const struct udp *udp)
{
	return udp->way;
}

const struct udp_stats *udp_stats(const struct udp *udp)
{
	return &udp->stats;
}

static void note_overflows(struct udp *udp, const struct cmsghdr *cmsg)
{
	uint32_t count;

	memcpy(&count, CMSG_DATA(cmsg), sizeof count);
	udp->stats.dropped_in += (uint32_t)(count - udp->overflows);
	udp->overflows = count;
}

/* Which of our addresses the datagram was sent to. */
static void read_control(struct udp *udp, struct msghdr *msg, struct address *local)
{
	memset(local, 0, sizeof *local);
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		union address_sockaddr addr = { 0 };

		if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SO_RXQ_OVFL) {
			note_overflows(udp, cmsg);
		} else if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(cmsg), sizeof info);
			addr.v4.sin_family = AF_INET;
			addr.v4.sin_addr = info.ipi_addr;
			address_from_sockaddr(local, &addr.any);
		} else if (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(cmsg), sizeof info);
			addr.v6.sin6_family = AF_INET6;
			addr.v6.sin6_addr = info.ipi6_addr;
			addr.v6.sin6_scope_id = info.ipi6_ifindex;
			address_from_sockaddr(local, &addr.any);
		}
	}
}

static void take(struct udp *udp, size_t i, udp_received *received, void *owner)
{
	struct msghdr *msg = &udp->in[i].msg_hdr;
	struct address_pair pair;

	udp->stats.datagrams_in++;
	read_control(udp, msg, &pair.local);
	if (msg->msg_flags & MSG_TRUNC) {
		udp->stats.oversized++;
		return;
	}
	if (address_from_sockaddr(&pair.remote, &udp->slots[i].from.any))
		received(owner, &pair, udp->slots[i].bytes, udp->in[i].msg_len);
}

void udp_receive(struct udp *udp, udp_received *received, void *owner)
{
	for (int batch = 0; batch < BATCHES_AT_ONCE; batch++) {
		int count;

		for (size_t i = 0; i < BATCH; i++) {
			struct msghdr *msg = &udp->in[i].msg_hdr;

			msg->msg_name = &udp->slots[i].from;
			msg->msg_namelen = sizeof udp->slots[i].from;
			msg->msg_control = udp->slots[i].control;
			msg->msg_controllen = sizeof udp->slots[i].control;
		}
		count = recvmmsg(udp->fd, udp->in, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < count; i++)
			take(udp, (size_t)i, received, owner);
		if (count < BATCH)
			return;
	}
}

/* How many packets from @lens on go into one GSO message. */
static size_t run_length(const uint16_t *lens, size_t count, size_t *bytes)
{
	size_t total = lens[0], n = 1;

	while (n < count && lens[n] <= lens[0] && total + lens[n] <= GSO_BYTES_MAX) {
		total += lens[n++];
		if (lens[n - 1] < lens[0])
			break;
	}
	*bytes = total;
	return n;
}

static void add_cmsg(struct msghdr *msg, int level, int type, const void *data, size_t size)
{
	struct cmsghdr *cmsg = (struct cmsghdr *)((uint8_t *)msg->msg_control + msg->msg_controllen);

	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(cmsg), data, size);
	msg->msg_controllen += CMSG_SPACE(size);
}

static void add_source(struct udp *udp, struct msghdr *msg, const struct address *local)
{
	if (address_is_zero(local))
		return;
	if (udp->v6) {
		struct in6_pktinfo info = { .ipi6_ifindex = local->scope };

		memcpy(&info.ipi6_addr, local->ip, 16);
		add_cmsg(msg, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
	} else {
		struct in_pktinfo info = { 0 };

		memcpy(&info.ipi_spec_dst, local->ip + 12, 4);
		add_cmsg(msg, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
	}
}

/* Cut the packets into messages in udp->out; returns how many messages. */
static size_t prepare(struct udp *udp, const struct address_pair *to, union address_sockaddr *name,
		      socklen_t name_len, const uint8_t *bytes, const uint16_t *lens, size_t count)
{
	size_t messages = 0;

	for (size_t at = 0; at < count; messages++) {
		struct msghdr *msg = &udp->out[messages].msg_hdr;
		struct out_slot *slot = &udp->out_slots[messages];
		size_t run_bytes = lens[at], packets = 1;

		if (udp->way == UDP_BY_GSO)
			packets = run_length(lens + at, count - at, &run_bytes);
		slot->iov = (struct iovec){ (void *)bytes, run_bytes };
		slot->packets = packets;
		msg->msg_name = name;
		msg->msg_namelen = name_len;
		msg->msg_control = slot->control;
		msg->msg_controllen = 0;
		add_source(udp, msg, &to->local);
		if (packets > 1)
			add_cmsg(msg, IPPROTO_UDP, UDP_SEGMENT, &lens[at], sizeof lens[at]);
		if (msg->msg_controllen == 0)
			msg->msg_control = NULL;
		bytes += run_bytes;
		at += packets;
	}
	return messages;
}

static int hand_over(struct udp *udp, size_t first, size_t messages)
{
	int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	int rc;

	do {
		if (udp->way == UDP_BY_SENDTO)
			rc = sendmsg(udp->fd, &udp->out[first].msg_hdr, flags) < 0 ? -1 : 1;
		else
			rc = sendmmsg(udp->fd, udp->out + first, (unsigned)(messages - first), flags);
	} while (rc < 0 && errno == EINTR);
	return rc;
}

static void count_sent(struct udp *udp, const struct out_slot *slot)
{
	udp->stats.sends++;
	udp->stats.gso_sends += slot->packets > 1;
	udp->stats.datagrams_out += slot->packets;
	udp->stats.bytes_out += slot->iov.iov_len;
}

/* Whether errno means that this way of sending does not work here; then the next one is taken. */
static bool fall_back(struct udp *udp, const struct out_slot *slot)
{
	static const char *const names[] = { "GSO", "sendmmsg", "sendto" };
	bool refused = errno == EINVAL || errno == EIO || errno == ENOPROTOOPT ||
		       errno == EOPNOTSUPP || errno == EMSGSIZE;

	if ((udp->way == UDP_BY_GSO && refused && slot->packets > 1) ||
	    (udp->way != UDP_BY_SENDTO && errno == ENOSYS)) {
		log_notice("media port: sending by %s is refused (%s); %s from now on",
			   names[udp->way], strerror(errno), names[udp->way + 1]);
		udp->way++;
		return true;
	}
	return false;
}

size_t udp_send(struct udp *udp, const struct address_pair *to, const uint8_t *bytes,
		const uint16_t *lens, size_t count)
{
	union address_sockaddr name;
	socklen_t name_len = address_to_sockaddr(&name, &to->remote, udp->v6);
	size_t messages = prepare(udp, to, &name, name_len, bytes, lens, count);
	size_t at = 0, sent = 0;

	while (at < messages) {
		int rc = hand_over(udp, at, messages);

		if (rc < 0 && fall_back(udp, &udp->out_slots[at])) {
			bytes = udp->out_slots[at].iov.iov_base;
			messages = prepare(udp, to, &name, name_len, bytes, lens + sent,
					   count - sent);
			at = 0;
			continue;
		}
		if (rc <= 0)
			break;
		for (int i = 0; i < rc; i++, at++) {
			count_sent(udp, &udp->out_slots[at]);
			sent += udp->out_slots[at].packets;
		}
	}
	udp->stats.not_sent += count - sent;
	return sent;
}
