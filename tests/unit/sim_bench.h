/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_bench.h - a simulated board alone on a bench: bytes in, bytes out, and time. */
#ifndef OSTEND_TESTS_SIM_BENCH_H
#define OSTEND_TESTS_SIM_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "station/base/clock.h"
#include "turntable/sim_board.h"

struct sim_bench {
	struct sim_board *sim;
	uint64_t now_ns;
	char said[16384];
	size_t len;
};

static inline void bench_run(struct sim_bench *bench, unsigned ms)
{
	while (ms--) {
		bench->now_ns += NS_PER_MS;
		sim_board_advance(bench->sim, bench->now_ns);
		assert_true(bench->len < sizeof bench->said - 600);
		bench->len += sim_board_tx(bench->sim, (uint8_t *)bench->said + bench->len, 512);
		bench->said[bench->len] = '\0';
	}
}

static inline void bench_forget(struct sim_bench *bench)
{
	bench->len = 0;
	bench->said[0] = '\0';
}

static inline void bench_say(struct sim_bench *bench, const char *bytes)
{
	sim_board_rx(bench->sim, (const uint8_t *)bytes, strlen(bytes), bench->now_ns);
}

/* What comes within @ms of saying @bytes. */
static inline const char *bench_hear(struct sim_bench *bench, const char *bytes, unsigned ms)
{
	bench_forget(bench);
	bench_say(bench, bytes);
	bench_run(bench, ms);
	return bench->said;
}

/* Switched on @boot_ms ago. */
static inline struct sim_bench *bench_open(const char *driver, const struct sim_config *config, unsigned boot_ms)
{
	struct sim_bench *bench = test_calloc(1, sizeof *bench);
	struct err err;

	assert_non_null(bench);
	bench->now_ns = 5 * NS_PER_S;
	assert_int_equal(sim_board_new(&bench->sim, driver, config, bench->now_ns, &err), 0);
	bench_run(bench, boot_ms);
	return bench;
}

static inline struct sim_bench *bench_new(const char *driver, const char *variant, int64_t true_mdeg, unsigned boot_ms)
{
	const struct sim_config config = { .true_mdeg = true_mdeg, .variant = variant };

	return bench_open(driver, &config, boot_ms);
}

static inline void bench_free(struct sim_bench *bench)
{
	sim_board_free(bench->sim);
	test_free(bench);
}

#endif
