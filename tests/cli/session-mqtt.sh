# SPDX-License-Identifier: BSD-2-Clause
# MQTT lines through a real broker on loopback
. "$TOP/tests/cli/lib"
. "$TOP/tests/cli/session-campaign"

expect 0 $script --format mqtt --application 7 -o unicast.txt campaign.yaml app.frags
says 'the fragments are left out'
[ "$(wc -l <unicast.txt)" = 18 ] || die "not 9 steps for 2 devices"
echo 'network_server: tts' >>campaign.yaml
expect 0 $script --format mqtt --application app1 --gateway gw-1 -o tts.txt \
    campaign.yaml app.frags
[ "$(wc -l <tts.txt)" = 62 ] || die "not 18 unicast lines and 44 fragments"

broker=$(command -v mosquitto || ls /usr/sbin/mosquitto 2>/dev/null || true)
[ -n "$broker" ] || skip "no mosquitto"
command -v mosquitto_pub >/dev/null || skip "no mosquitto_pub"
port=$((20000 + $$ % 20000))
"$broker" -p $port >broker.log 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null || true' EXIT
for try in 1 2 3 4 5 6 7 8 9 10; do
	mosquitto_pub -p $port -t ready -m '' 2>/dev/null && break
	sleep 0.2
done
mosquitto_pub -p $port -t ready -m '' || skip "mosquitto does not listen"
mosquitto_sub -p $port -t 'v3/#' -t 'application/#' -v -C 80 -W 20 >received &
sub=$!
sleep 0.5
cat unicast.txt tts.txt | while read -r topic payload; do
	mosquitto_pub -p $port -t "$topic" -m "$payload"
done
wait $sub || die "not all messages came: $(wc -l <received)"
cat unicast.txt tts.txt >sent
same sent received
grep -q '^application/7/device/70b3d57ed0000001/command/down {"devEui":' received
grep -q '^v3/app1@ttn/devices/pump-1/down/push ' received
grep -q '^v3/app1@ttn/devices/mc-01020304/down/push .*"absolute_time":"2026-12-01T12:00:06' received ||
    die "no fragment with its time"
