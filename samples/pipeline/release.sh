#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# usage: release.sh OLD.bin OLD-VERSION NEW.bin NEW-VERSION KEY PUB DIR
#
# One release for a build server. Into DIR go, for devices that run OLD and
# for all others:
#     delta.fuota delta.frags   an image with a delta against OLD, signed
#     full.fuota full.frags     the compressed image, signed
# Each fragment file is received once with losses, verified as a device would
# and applied; only then are the files in place. DIR must not exist.
# HW_ID (0x0102), REGION (EU868), DR (3), REDUNDANCY (30%) may be set.
set -euo pipefail
[ $# = 7 ] || { sed -n '3s/^# //p' "$0" >&2; exit 2; }
old=$1 old_version=$2 new=$3 new_version=$4 key=$5 pub=$6 dir=$7
hw_id=${HW_ID:-0x0102} region=${REGION:-EU868} dr=${DR:-3}
redundancy=${REDUNDANCY:-30%}
[ ! -e "$dir" ] || { echo "release.sh: '$dir' is there already" >&2; exit 2; }

work=$(mktemp -d "$(dirname "$dir")/release.XXXXXX")
trap 'rm -rf "$work"' EXIT

sign_and_split() { # NAME: a signed image and its fragments from an image
	fuota-sign --key "$key" -o "$work/$1.fuota"
	fuota-frag -q --region "$region" --dr "$dr" --redundancy "$redundancy" \
	    -o "$work/$1.frags" "$work/$1.fuota"
}

image() {
	fuota-image --hw-id "$hw_id" --fw-version "$new_version" "$new"
}

# As a device does it: a tenth of the fragments is lost.
rehearse() { # NAME VERIFY-OPTION...
	local name=$1
	shift
	fuota-verify -q --pub "$pub" --hw-id "$hw_id" "$@" "$work/$name.frags"
	fuota-defrag -q --loss 10% --seed 1 "$work/$name.frags" |
	    fuota-apply -q --pub "$pub" "$@" -o "$work/installed"
	cmp "$work/installed" "$new"
	rm "$work/installed"
}

image | fuota-delta -q --base "$old" --base-fw-version "$old_version" |
    sign_and_split delta
rehearse delta --base "$old"
image | fuota-compress -q | sign_and_split full
rehearse full

mv "$work" "$dir"
trap - EXIT
chmod 755 "$dir"
(cd "$dir" && wc -c *.fuota)
