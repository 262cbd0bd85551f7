/* SPDX-License-Identifier: BSD-2-Clause */
/* Which release this is. Source of what the node reports by TS006. */
#ifndef NODE_VERSION_H
#define NODE_VERSION_H

#define NODE_VERSION_TEXT "1.2.0"
#define NODE_VERSION      0x01020000u /* TS006 FWversion */
#define NODE_HARDWARE     0x00000102u /* TS006 HWversion */

#endif
