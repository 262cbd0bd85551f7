# SPDX-License-Identifier: BSD-2-Clause
# ChirpStack's JSON against the protobuf definitions of its npm package
. "$TOP/tests/cli/lib"
. "$TOP/tests/cli/session-campaign"
package=@chirpstack/chirpstack-api@4.19.0

expect 0 $script --format chirpstack-fuota --gateway gw-1 \
    --application 5d8a3d4c-0000-4000-8000-000000000001 -o fuota campaign.yaml app.frags
says 'ChirpStack: 20 % of 36 fragments are 8 coded ones, 8 were asked for'
expect 0 $script --format chirpstack-queue --show-keys -o queue.jsonl \
    campaign.yaml app.frags
# 101 of 998 are 11 %, of which ChirpStack makes 110: its session is longer
printf 'profile: large\nbase: lbm-v2\nmax_nb_frag: 2000\n' >large.yaml
seq 1 60000 | head -c 111776 | fuota-frag -q --ts004 2 --frag-size 112 \
    --redundancy 101 --mc-group-bit-mask 1 -o large.frags
sed '$a min_interval_ms: 7370' campaign.yaml >large-campaign.yaml
expect 0 $script --profile ./large.yaml -o large.jsonl large-campaign.yaml large.frags
expect 0 $script --profile ./large.yaml --format chirpstack-fuota -o large large-campaign.yaml large.frags
says 'ChirpStack: 11 % of 998 fragments are 110 coded ones, 101 were asked for'
grep -q '"time_out":13,' large.jsonl || die "$(head -1 large.jsonl)"
grep -q '"multicastTimeout":14,' large/create-deployment.json || die "$(grep Timeout large/create-deployment.json)"
[ -x fuota/run.sh ] || die "run.sh cannot be run"
sh -n fuota/run.sh

command -v node >/dev/null || skip "no node"
command -v npm >/dev/null || skip "no npm"
modules=$BUILD/npm/node_modules
[ -d "$modules/@chirpstack/chirpstack-api" ] ||
    timeout 60 npm install --prefix "$BUILD/npm" --no-audit --no-fund \
	--ignore-scripts --omit=dev --fetch-retries=0 $package >npm.log 2>&1 ||
    skip "$package cannot be fetched"
node "$TOP/tests/cli/chirpstack.js" "$modules" fuota queue.jsonl >checked ||
    die "ChirpStack would not take it"
# group, 2 devices, 10 unicast steps for each, 44 fragments
grep -q '^65 requests, payload of 4000 bytes$' checked || die "$(cat checked)"

# the check itself fails when a member is wrong
sed -i 's/"multicastDr"/"multicastDataRate"/' fuota/create-deployment.json
! node "$TOP/tests/cli/chirpstack.js" "$modules" fuota queue.jsonl 2>/dev/null ||
    die "an unknown member was taken"
