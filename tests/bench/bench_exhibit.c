/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a search takes among 100,000 exhibits, and an import of them; prints milliseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/evidence/exhibit.h"
#include "tests/unit/temp_folder.h"

#define EXHIBITS 100000
#define CASES 5000
#define TRIES 20

static struct err err;

static void must(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "bench-exhibit: %s\n", err.text);
		exit(1);
	}
}

static void fill(struct exhibit_values *values, unsigned n)
{
	static const char *const things[] = { "水果刀", "手机", "现金", "银行卡", "衣服", "笔记本电脑", "鞋", "绳索",
					      "银手镯", "枪支模型", "玻璃瓶", "螺丝刀", "kitchen knife", "mobile phone" };
	static const char *const families[] = { "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "周", "吴", "欧阳" };
	static const char *const names[] = { "伟", "芳", "秀英", "敏", "静", "强", "磊", "军", "洋", "勇", "建国" };

	snprintf(values->exhibit_no, sizeof values->exhibit_no, "%u", n / CASES + 1);
	snprintf(values->name, sizeof values->name, "%s", things[n * 5 % ARRAY_LEN(things)]);
	snprintf(values->holder, sizeof values->holder, "%s%s", families[n / 3 % ARRAY_LEN(families)],
		 names[n * 17 / 11 % ARRAY_LEN(names)]);
	snprintf(values->seal_no, sizeof values->seal_no, "F-2026-%06u", n);
	snprintf(values->place, sizeof values->place, "%c区%u架%u层", 'A' + (int)(n % 6), n / 6 % 40, n % 5);
	snprintf(values->handling, sizeof values->handling, "%s", n % 9 ? "" : "fragile");
}

static void fill_store(struct store *store, struct act *act)
{
	static struct case_file files[CASES];

	must(store_begin(store, &err));
	for (unsigned i = 0; i < CASES; i++) {
		struct case_values values = { .title = "盗窃案" };

		snprintf(values.case_no, sizeof values.case_no, "（2026）浙0108刑初%u号", i);
		must(case_add(store, act, &values, &files[i], &err));
	}
	for (unsigned i = 0; i < EXHIBITS; i++) {
		struct exhibit_values values = { 0 };

		fill(&values, i);
		must(exhibit_add(store, act, &files[i % CASES], &values, NULL, &err));
	}
	must(store_commit(store, &err));
}

static double ms_since(uint64_t then_ns)
{
	return (double)(clock_mono_ns() - then_ns) / 1e6;
}

static void measure(struct store *store, const char *text, int64_t case_id)
{
	struct exhibit_wish wish = { .text = text, .case_id = case_id, .limit = 50 };
	double worst = 0, sum = 0;
	size_t count = 0;

	for (int i = 0; i < TRIES; i++) {
		uint64_t begun_ns = clock_mono_ns();
		json_t *list;
		int64_t next;
		double ms;

		must(exhibit_list(store, &wish, &list, &next, &err));
		ms = ms_since(begun_ns);
		worst = ms > worst ? ms : worst;
		sum += ms;
		count = json_array_size(list);
		json_decref(list);
	}
	printf("search %-32s%s %3zu shown  mean %6.2f ms  worst %6.2f ms\n", text,
	       case_id ? " in one case" : "", count, sum / TRIES, worst);
}

int main(void)
{
	static const char *const texts[] = { "刀", "王", "0", "水果", "欧阳", "果刀", "2026", "099999", "F-2026-0", "knife",
					     "初4999号", "浙0108刑初", "欧阳 枪支 A区", "王 0", "没有这个", "E-" };
	struct act act = { .actor = "bench", .role = "operator", .utc_us = 1 };
	char *folder = temp_folder_new();
	struct store *store;
	uint64_t begun_ns = clock_mono_ns();

	must(store_open(&store, folder, &err));
	fill_store(store, &act);
	printf("%d exhibits in %d cases entered in %.0f ms\n", EXHIBITS, CASES, ms_since(begun_ns));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		measure(store, texts[i], 0);
	measure(store, "0", CASES);
	measure(store, "2026 刀", CASES);
	store_free(store);
	temp_folder_free(folder);
	return 0;
}
