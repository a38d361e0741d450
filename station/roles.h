/* SPDX-License-Identifier: GPL-3.0-or-later */
/* roles.h - what this program is when it is started with --child ROLE OPTIONS (see child.h). */
#ifndef OSTEND_ROLES_H
#define OSTEND_ROLES_H

/**
 * Be the child named @role ("capture", "table", "signer", "simulator") until the parent closes the
 * sockets on descriptors 3 and 4.
 *
 * @options_text a JSON object, made by children.c
 * @return the exit code
 */
int roles_run(const char *role, const char *options_text);

#endif
