/* SPDX-License-Identifier: BSD-2-Clause */
/* What the node checks about itself at every start. */
#ifndef NODE_SELFTEST_H
#define NODE_SELFTEST_H

#include <stdbool.h>

/* Prints one line a test when verbose, and a summary. Number of failures. */
unsigned
selftest_run(bool verbose);

#endif
