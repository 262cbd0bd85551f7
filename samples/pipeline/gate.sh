#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# usage: gate.sh PUB HW-ID SLOT-SIZE MAX-FRAGMENTS FRAGS [BASE]
#
# The last step before a fragment file is handed to a network server: would
# the devices take it, does it fit their slot, is it short enough to send?
# One line of result; status 0, or that of the tool that refused, or 5 when
# there are too many fragments.
set -euo pipefail
[ $# = 5 ] || [ $# = 6 ] || { sed -n '3s/^# //p' "$0" >&2; exit 2; }
pub=$1 hw_id=$2 slot_size=$3 max_fragments=$4 frags=$5

fuota-verify -q --pub "$pub" --hw-id "$hw_id" --slot-size "$slot_size" \
    ${6:+--base "$6"} "$frags"
fragments=$(fuota-info "$frags" | awk '$1 == "fragments" { print $2 }')
if [ "$fragments" -gt "$max_fragments" ]; then
	echo "gate.sh: '$frags': $fragments fragments, at most $max_fragments" >&2
	exit 5
fi
echo "$frags: sound, $fragments fragments"
