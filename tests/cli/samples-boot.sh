# SPDX-License-Identifier: BSD-2-Clause
# Both releases start on the emulated machine, pass their self test and say
# which release they are.
. "$TOP/tests/cli/lib"

command -v qemu-system-arm >/dev/null || skip "no qemu-system-arm"

node() {
	expect 0 "$TOP/samples/run-node" "$@"
}

node "$TOP/samples/app-1.2.bin" version selftest
shows '^sensor node 1.2.0$'
shows '^self test: 18 of 18 passed$'
shows '^sensor node 1.2.0 (0x01020000) for hardware 0x00000102$'

node "$TOP/samples/app-1.3.bin" version selftest
shows '^sensor node 1.3.0$'
shows '^self test: 21 of 21 passed$'
shows '^sensor node 1.3.0 (0x01030000) for hardware 0x00000102$'

# The bug that 1.3.0 repairs, seen from outside: the first reading.
node "$TOP/samples/app-1.2.bin" restart read
shows '^temperature  *0.00 C$'
node "$TOP/samples/app-1.3.bin" restart read
shows '^temperature  *15.70 C$'
shows '^pressure  *1012.83 hPa$'

# A version request from the network is answered: TS006 DevVersionAns.
node "$TOP/samples/app-1.3.bin" 'run 60' 'downlink 203:01' 'run 60' 'log 20'
shows 'downlink on port 203, 1 bytes'
shows 'uplink on port 203, 9 bytes'

# A damaged copy does not pass for a good one.
head -c 30000 "$TOP/samples/app-1.3.bin" >cut.bin
code=0
NODE_TIMEOUT=2 "$TOP/samples/run-node" cut.bin version >out 2>err || code=$?
[ "$code" != 0 ] || die "a truncated firmware passed its self test"
