/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts on the board, simulated: what a converter or a bus transfer
 * would deliver at a time of day, with noise and now and then an outlier.
 */
#ifndef NODE_BUS_H
#define NODE_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum adc_channel {
	ADC_NTC,
	ADC_SOIL,
	ADC_LIGHT,
	ADC_BATTERY,
	ADC_CO2,
	ADC_COUNT,
};

/* A 12-bit conversion. */
uint32_t
adc_read(enum adc_channel channel, uint32_t now);

#define BUS_HUMIDITY 0x44u

/* Reads from a part on the two-wire bus; false when nobody answers. */
bool
bus_read(uint8_t address, uint8_t reg, uint32_t now, uint8_t *data, size_t len);
/* The part does not answer for this many reads: a test's tool. */
void
bus_break(uint8_t address, unsigned reads);

#endif
