# SPDX-License-Identifier: BSD-2-Clause
# bash completion for the fuota-* tools. Options come from the tool's own
# --help, so there is no second list to keep.

_fuota() {
	local tool=$1 word=$2 previous=$3 values
	case $previous in
	--region)
		values="EU868 EU433 US915 AU915 AS923 IN865 KR920 RU864 CN470"
		;;
	--ts004)
		values="1 2 2-absn"
		;;
	--method)
		values="codec deflate none"
		[[ $tool != *-plan ]] || values="auto closed matrix"
		;;
	--class)
		values="A B C"
		;;
	--layout)
		values="banks swap single"
		;;
	--package)
		values="clocksync multicastsetup fragmentation firmwaremanagement multipackage"
		;;
	--direction)
		values="up down"
		;;
	--lorawan)
		values="1.0 1.1"
		;;
	--arch)
		values="thumb thumb2 arm riscv xtensa avr none"
		;;
	--digest)
		values="16 32 none"
		;;
	--profile)
		values="loramac-node lbm-v1 lbm-v2 zephyr-lowmem zephyr-semtech fuota-device"
		;;
	--format)
		case $tool in
		*-pubkey) values="pem hex minisign openssh c-header" ;;
		*-image) values="bin hex elf" ;;
		*-frag) values="jsonl hex base64 bin" ;;
		*-delta | *-apply) values="fuota bsdiff40" ;;
		*-session) values="jsonl hex mqtt tts chirpstack-queue chirpstack-fuota aws thingpark" ;;
		esac
		;;
	esac
	if [[ -n ${values-} ]]; then
		COMPREPLY=($(compgen -W "$values" -- "$word"))
	elif [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "$("$tool" --help 2>/dev/null |
		    grep -oE -- '--[a-z0-9][a-z0-9-]+' | sort -u)" -- "$word"))
	elif [[ $tool == *-session && $COMP_CWORD == 1 ]]; then
		COMPREPLY=($(compgen -W "$("$tool" --help 2>/dev/null |
		    sed -n 's/^\([a-z]\{1,\}\) .*/\1/p' | grep -v '^usage' | sort -u)" -- "$word"))
	fi
}

complete -o default -F _fuota $(compgen -c fuota- | sort -u)
