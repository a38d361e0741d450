/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certs/trust.h"
#include "station/base/clock.h"
#include "tests/unit/signer_rig.h"

void signer_rig_start(struct signer_rig *rig)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	rig->pid = fork();
	if (rig->pid == 0) {
		close(fds[0]);
		fcntl(fds[1], F_SETFL, O_NONBLOCK);
		_exit(signer_main(&rig->options, fds[1]));
	}
	close(fds[1]);
	rig->fd = fds[0];
}

int signer_rig_wait(struct signer_rig *rig, int wait_ms)
{
	uint64_t deadline_ns = clock_mono_ns() + (uint64_t)wait_ms * NS_PER_MS;
	int status = -1;

	while (waitpid(rig->pid, &status, WNOHANG) == 0) {
		if (clock_mono_ns() > deadline_ns) {
			kill(rig->pid, SIGKILL);
			waitpid(rig->pid, &status, 0);
			fail_msg("the signer did not end within %d ms", wait_ms);
		}
		poll(NULL, 0, 5);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int signer_rig_end(struct signer_rig *rig)
{
	close(rig->fd);
	return signer_rig_wait(rig, 5000);
}

json_t *signer_rig_call(struct signer_rig *rig, const char *line)
{
	struct pollfd poll_fd = { .fd = rig->fd, .events = POLLIN };
	char answer[4096] = "";
	size_t len = 0;
	json_t *root;

	assert_int_equal(write(rig->fd, line, strlen(line)), strlen(line));
	while (!strchr(answer, '\n')) {
		ssize_t got;

		assert_int_equal(poll(&poll_fd, 1, 5000), 1);
		got = read(rig->fd, answer + len, sizeof answer - 1 - len);
		assert_true(got > 0);
		len += (size_t)got;
		answer[len] = '\0';
	}
	root = json_loads(answer, 0, NULL);
	assert_non_null(root);
	return root;
}

char *signer_rig_sign(struct signer_rig *rig, const char *key, char reason[256])
{
	const char *signature, *message;
	char line[512], *copy = NULL;
	json_t *answer;

	snprintf(line, sizeof line, "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"signer.sign\", \"params\": "
		 "{\"key\": \"%s\", \"digest\": \"" SIGNER_DIGEST "\"}}\n", key);
	answer = signer_rig_call(rig, line);
	signature = json_string_value(json_object_get(json_object_get(answer, "result"), "signature"));
	message = json_string_value(json_object_get(json_object_get(answer, "error"), "message"));
	if (signature)
		copy = strdup(signature);
	snprintf(reason, 256, "%s", message ? message : "");
	json_decref(answer);
	return copy;
}

bool signer_rig_verify(const char *pem, const char *base64)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char signature[128];
	int len = EVP_DecodeBlock(signature, (const unsigned char *)base64, (int)strlen(base64));
	X509 *certificate;
	bool good;

	assert_true(len > 0);
	for (const char *at = strchr(base64, '='); at && *at == '='; at++)
		len--;
	assert_int_equal(trust_read_certificate(&certificate, pem, NULL), 0);
	EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, X509_get0_pubkey(certificate));
	good = EVP_DigestVerify(context, signature, (size_t)len, (const unsigned char *)"test", 4) == 1;
	ERR_clear_error();
	EVP_MD_CTX_free(context);
	X509_free(certificate);
	return good;
}
