# shellcheck shell=bash
# Captures packets until its stdin ends or has a line, and writes them to stdout as tcpdump does.
# $1: the UID of the pod whose network namespace it is, or empty: the node's; $2: an address, to capture on the interface through which
# packets to it leave, or empty: on all interfaces; $3: seconds at most; $4: packets at most; $5: bytes of each packet; $6: the filter.
# Exit code 97: there is no tcpdump; 98: no process of the pod was found; 99: there is no route to the address.
uid=$1 toward=$2 seconds=$3 packets=$4 bytes=$5 filter=$6
command -v tcpdump >/dev/null || exit 97
enter=()
if [ -n "$uid" ]; then
  process=$(process_of "$uid")
  [ -n "$process" ] || exit 98
  enter=(nsenter -t "$process" -n --)
fi
interface=any
if [ -n "$toward" ]; then
  interface=$("${enter[@]}" ip -o route get "$toward" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p')
  [ -n "$interface" ] || exit 99
fi
exec 3<&0
# immediate mode: what was captured last is not lost in a buffer when it is told to stop
timeout -k 3 "$seconds" "${enter[@]}" tcpdump -i "$interface" --immediate-mode -B 16384 -n -U -w - -s "$bytes" -c "$packets" -- "$filter" \
  </dev/null 3<&- &
recorder=$!
{
  IFS= read -r _ <&3
  kill -TERM "$recorder"
} >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$recorder"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
