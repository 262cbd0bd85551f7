/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything of the host library; see libfuota(3). */
#ifndef FUOTA_FUOTA_H
#define FUOTA_FUOTA_H

#include <fuota/api.h>
#include <fuota/apply.h>
#include <fuota/base.h>
#include <fuota/bsdiff40.h>
#include <fuota/buffer.h>
#include <fuota/campaign.h>
#include <fuota/command.h>
#include <fuota/compress.h>
#include <fuota/cost.h>
#include <fuota/defrag.h>
#include <fuota/delta.h>
#include <fuota/error.h>
#include <fuota/firmware.h>
#include <fuota/frag.h>
#include <fuota/fragfile.h>
#include <fuota/image.h>
#include <fuota/key.h>
#include <fuota/ledger.h>
#include <fuota/limits.h>
#include <fuota/loss.h>
#include <fuota/mckey.h>
#include <fuota/object.h>
#include <fuota/plan.h>
#include <fuota/profile.h>
#include <fuota/region.h>
#include <fuota/sign.h>
#include <fuota/sim.h>
#include <fuota/status.h>
#include <fuota/symbols.h>
#include <fuota/uplink.h>
#include <fuota/verify.h>
#include <fuota/version.h>

#endif
