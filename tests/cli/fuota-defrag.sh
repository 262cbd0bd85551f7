# SPDX-License-Identifier: BSD-2-Clause
. "$TOP/tests/cli/lib"

seq 1 8000 | head -c 15001 >block
for ts004 in 1 2 2-absn; do
	expect 0 fuota-frag --frag-size 48 --redundancy 60% --ts004 $ts004 -o $ts004.frags block
	expect 0 fuota-defrag -o back $ts004.frags
	same block back
	expect 0 fuota-defrag --loss 20% --seed 5 -o back $ts004.frags
	says 'uncoded fragments were missing'
	same block back
	# no order is needed, nor that a line comes once, nor how lines end
	(sed -n 1p $ts004.frags; sed 1d $ts004.frags | tac; sed 1d $ts004.frags) |
	    sed 's/$/\r/' >mixed
	expect 0 fuota-defrag -o back mixed
	same block back
	fuota-defrag <$ts004.frags >back
	same block back
done

# the same seed, the same losses; another one, others
fuota-defrag -q --loss 0.2 --seed 5 --report r1 -o back 1.frags
fuota-defrag -q --loss 20% --seed 5 --report r2 -o back 1.frags
fuota-defrag -q --loss 20% --seed 6 --report r3 -o back 1.frags
same r1 r2
cmp -s r1 r3 && die "--seed has no effect"

# what is dropped is missing
expect 0 fuota-defrag --drop 1,7-9 --drop 20 --report rep -o back 1.frags
says '5 of [0-9]* uncoded fragments were missing (1, 7-9, 20); rebuilt at'
same block back
grep -q '"complete": true' rep || die "report"
grep -q '"missing": 5' rep || die "report: missing"

# too many losses: how many more, and with them it is done
m=$(sed -n 's/.*"nb_frag":\([0-9]*\).*/\1/p' 1.frags)
expect 1 fuota-defrag --drop 5-24,$((m + 8))- --report rep -o no 1.frags
absent no
grep -q '"complete": false' rep || die "report"
grep -q '"missing": 20' rep || die "report: missing"
needed=$(sed -n 's/.*"needed": \([0-9]*\).*/\1/p' rep)
says "'1.frags': $needed more fragments needed: 20 of $m"
last=$(sed -n 's/.*"would_complete_at": \([0-9]*\).*/\1/p' rep)
expect 1 fuota-defrag --drop 5-24,$last- -o no 1.frags
expect 0 fuota-defrag --drop 5-24,$((last + 1))- -o back 1.frags
same block back
expect 1 fuota-defrag --loss 1 -o no 1.frags
expect 1 fuota-defrag --drop 1- -o no 1.frags

# a file and its top-up: one session line, then all fragments
fuota-frag --frag-size 48 --redundancy 60 --from $((m + 8)) block >top.frags
(head -n $((m + 8)) 1.frags | sed '6,25d'; sed 1d top.frags) >both
expect 0 fuota-defrag -o back both
same block back

# a device's limit
expect 0 fuota-defrag --drop 1-20 --max-lost 20 -o back 1.frags
expect 5 fuota-defrag --drop 1-20 --max-lost 19 -o no 1.frags
says '20 of [0-9]* uncoded fragments missing, the device can compute 19'

# damage and contradictions, with their lines
sed '3s/"payload":"080200../"payload":"080200ff/' 1.frags >bad
expect 1 fuota-defrag -o no bad
says 'SHA-256'
(cat 1.frags; sed -n 3p 1.frags | sed 's/..."}/000"}/') >bad
expect 3 fuota-defrag -o no bad
says 'n = 2 again, with other bytes than on line 3'
printf '\357\273\277' | cat - 1.frags >bad
expect 3 fuota-defrag -o no bad
says 'byte order mark'
cat 1.frags 2.frags >bad
expect 3 fuota-defrag -o no bad
says 'second session line'
sed 1d 1.frags >bad
expect 3 fuota-defrag -o no bad
says 'line 1: is not the session line'
expect 3 fuota-defrag -o no block
head -c 1000 1.frags >bad
expect 3 fuota-defrag -o no bad
says 'is not JSON'
absent no

# usage
expect 2 fuota-defrag --drop 0 1.frags
expect 2 fuota-defrag --drop 9-3 1.frags
expect 2 fuota-defrag --drop x 1.frags
expect 2 fuota-defrag --loss 1.1 1.frags
expect 2 fuota-defrag --max-lost 16384 1.frags
expect 4 fuota-defrag missing
expect 2 fuota-defrag -o 1.frags 1.frags
