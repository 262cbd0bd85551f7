/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one place where bytes become integers and integers bytes.
 * Little-endian, as every format here. Freestanding.
 */
#ifndef FUOTA_DEVICE_BYTES_H
#define FUOTA_DEVICE_BYTES_H

#include <stdint.h>

static inline uint16_t
fuota_get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] | (unsigned)p[1] << 8);
}

static inline uint32_t
fuota_get_u24(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

static inline uint32_t
fuota_get_u32(const uint8_t *p)
{
	return fuota_get_u24(p) | (uint32_t)p[3] << 24;
}

static inline void
fuota_put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void
fuota_put_u24(uint8_t *p, uint32_t v)
{
	fuota_put_u16(p, (uint16_t)v);
	p[2] = (uint8_t)(v >> 16);
}

static inline void
fuota_put_u32(uint8_t *p, uint32_t v)
{
	fuota_put_u24(p, v);
	p[3] = (uint8_t)(v >> 24);
}

#endif
