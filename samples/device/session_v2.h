/* SPDX-License-Identifier: BSD-2-Clause */
/* What TS004-2.0.0 needs beside 1.0.0. */
#ifndef DEVICE_SESSION_V2_H
#define DEVICE_SESSION_V2_H

#include <fuota/device/session.h>

/*
 * Fills the callbacks: AES-CMAC by libtomcrypt under DataBlockIntKey, 16
 * bytes, and SessionCnt in a journal of its own.
 */
enum fuota_status
session_v2_init(struct fuota_session_device *device, const uint8_t int_key[16]);

#endif
