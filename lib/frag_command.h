/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FUOTA_LIB_FRAG_COMMAND_H
#define FUOTA_LIB_FRAG_COMMAND_H

#include <stdint.h>

/* The FragIndex of a DataFragment command, 0..3. */
uint8_t
fuota_frag_command_index(const uint8_t *command);

#endif
