/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "plan_matrix.h"

enum fuota_status
fuota_rank_matrix_make(struct rank_matrix *m, enum fuota_ts004 ts004,
    uint32_t nb_frag, uint32_t rows)
{
	uint8_t row[FUOTA_PARITY_ROW_SIZE(FUOTA_FRAG_N_MAX)];
	enum fuota_status status = FUOTA_OK;

	*m = (struct rank_matrix){ nb_frag, rows, (rows + 63) / 64, NULL };
	m->columns = calloc((size_t)nb_frag * (m->words + 1), 8);
	if (m->columns == NULL)
		return FUOTA_E_MEMORY;
	for (uint32_t n = 0; n < rows && status == FUOTA_OK; n++) {
		status = fuota_parity_row(ts004, (uint16_t)(n + 1),
		    (uint16_t)nb_frag, row, sizeof(row));
		uint64_t *word = m->columns + n / 64;
		for (uint32_t c = 0; c < nb_frag; c++, word += m->words)
			*word |= (uint64_t)(row[c / 8] >> (7 - c % 8) & 1)
			    << n % 64;
	}
	if (status != FUOTA_OK)
		fuota_rank_matrix_free(m);
	return status;
}

void
fuota_rank_matrix_free(struct rank_matrix *m)
{
	free(m->columns);
	m->columns = NULL;
}
