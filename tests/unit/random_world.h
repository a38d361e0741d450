/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * random_world.h - a table, and people around it who do anything at all, by chance and by a seed.
 *
 * They give commands at the table and from afar, put things on it, pull its plug and have every
 * fault strike that its simulator knows. And there is its operator, who brings it back to work by
 * what he is told.
 */
#ifndef OSTEND_TESTS_RANDOM_WORLD_H
#define OSTEND_TESTS_RANDOM_WORLD_H

#include "random_judge.h"

struct world;

/** A table of @driver that is switched on; room for @commands of world_trouble(). */
struct world *world_new(const char *driver, size_t commands, uint64_t seed);
void world_free(struct world *world);

/** One command, and perhaps a fault, a lease or another burden; then some time passes. */
void world_trouble(struct world *world);
/** It has been halted for a while; and now and then anyway. To be asked after each trouble. */
bool world_needs_its_operator(struct world *world);
/** All faults go away; it is stopped, cleared and homed. What cannot be brought back is accused. */
void world_bring_back(struct world *world);

struct judge *world_judge(const struct world *world);
unsigned world_taken_from_afar(const struct world *world);	/* motions */

#endif
