#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# usage: signing-room.sh request IMAGE MESSAGE
#        signing-room.sh sign KEY MESSAGE SIGNATURE
#        signing-room.sh attach IMAGE SIGNATURE PUB SIGNED
#
# The secret key never meets the build server. There, `request` writes the
# message of an unsigned image, at most 512 bytes to carry over. In the
# signing room, `sign` needs only openssl and the key; a smart card or a key
# management service does the same for its key. Back on the build server,
# `attach` puts the signature to the image, after it has been checked under
# the public key; a wrong one ends with status 1 and no output.
set -euo pipefail
usage() {
	sed -n '3,5s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

[ $# -ge 1 ] || usage
step=$1
shift
case $step,$# in
request,2)
	fuota-sign --emit-message -o "$2" "$1"
	;;
sign,3)
	openssl pkeyutl -sign -rawin -inkey "$1" -in "$2" -out "$3"
	;;
attach,4)
	fuota-sign --attach "$2" --pubkey "$3" -o "$4" "$1"
	;;
*)
	usage
	;;
esac
