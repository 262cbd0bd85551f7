# SPDX-License-Identifier: BSD-2-Clause
# The runner of the pages' examples: what it takes and what it complains of.
. "$TOP/tests/cli/lib"

command -v python3 >/dev/null || skip "no python3"

page() {
	{
		printf '.Sh DESCRIPTION\n.Bd -literal\n$ false\n.Ed\n.Sh EXAMPLES\n.Bd -literal -offset indent\n'
		cat
		printf '.Ed\n.Sh SEE ALSO\n'
	} >page.1
}
run() {
	code=0
	"$TOP/tests/run-examples" "$BUILD" "$PWD/page.1" >out 2>err || code=$?
	[ "$code" = "$1" ] || die "exit $code instead of $1: $(cat out err)"
}

page <<'E2'
$ wc -c <app-1.2.bin
40036
$ echo one; echo two >&2
one
two
$ printf '%s\en' a b | \e
> tr a c
c
b
$ seq 100
1
\&...
100
$ ls release.*
release.key
release.pub
$ sh -c 'exit 5'
$ echo $?
5
E2
run 0
shows '^7 example commands of 1 pages, 0 mistakes$'

page <<'E2'
$ echo one
two
E2
run 1
shows 'page.1:7: \$ echo one$'
shows '1 mistakes$'

page <<'E2'
$ echo one; echo more
one
E2
run 1

page <<'E2'
$ true
one
E2
run 1

page <<'E2'
$ sh -c 'exit 3'
E2
run 1
shows "page.1:7: status 3 of .* is not shown"

page <<'E2'
one
$ echo one
E2
run 1
shows 'page.1:7: output before any command'

page <<'E2'
a listing, nothing to run
E2
run 1
shows 'no EXAMPLES that can be run'
