# SPDX-License-Identifier: BSD-2-Clause
# The session that README.md shows is what really happens. The key is new
# every time, so its hint is left out of the comparison.
. "$TOP/tests/cli/lib"

cp "$TOP/samples/app-1.2.bin" "$TOP/samples/app-1.3.bin" .
sed -n '/^## An example/,/^## Where/s/^    //p' "$TOP/README.md" >shown

# A line that starts with "$ " and those that follow with "> " are a command.
awk '/^\$ / { print ""; sub(/^\$ /, ""); printf "%s", $0; next }
    /^> / { sub(/^> */, ""); printf " %s", $0 }
    END { print "" }' shown | sed 1d >commands

status=0
while read -r command; do
	case $command in
	'echo $?') echo "$status" >result ;;
	*)
		status=0
		sh -c "$command" >result 2>&1 </dev/null || status=$?
		;;
	esac
	cat result >>happened
done <commands

grep -v '^[$>] ' shown | sed 's/key_hint .*/key_hint/' >wanted
sed 's/key_hint .*/key_hint/' happened >got
diff wanted got || die "README.md shows (<) what does not happen (>)"
[ "$(wc -l <commands)" -ge 7 ] || die "README.md has lost its example"
