/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * role.h - the roles of a remote party. This list is the one place: rules, certificates, passes, console
 * and page expand it or get it from who does.
 */
#ifndef OSTEND_BASE_ROLE_H
#define OSTEND_BASE_ROLE_H

/* ROLE(identifier, name in certificates, passes and JSON, name on screens) */
#define ROLES                                                                                      \
	ROLE(JUDGE, "judge", N_("Judge"))                                                          \
	ROLE(PROSECUTOR, "prosecutor", N_("Prosecutor"))                                           \
	ROLE(DEFENCE, "defence", N_("Defence counsel"))                                            \
	ROLE(CLERK, "clerk", N_("Clerk"))                                                          \
	ROLE(ROOM, "room", N_("Room display"))

#endif
