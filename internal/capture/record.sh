# shellcheck shell=bash
# Captures packets until its stdin ends or has a line, and writes them to stdout as tcpdump does.
# $1: the UID of the pod whose network namespace it is, or empty: the node's; $2: an address, to capture on the interface through which
# packets to it leave, or empty: on all interfaces; $3: seconds at most; $4: packets at most; $5: bytes of each packet; $6: the filter.
# $7: the size of a recorder, compressed by gzip, with which stdin begins; 0: tcpdump captures. $8: the SHA-256 of the recorder; $9: the
# filter as it takes it.
# Exit code 96: the recorder cannot be run; 97: no tcpdump can be run; 98: no process of the pod was found; 99: there is no route to the
# address. With 97, "machine NAME" is printed to stderr.
uid=$1 toward=$2 seconds=$3 packets=$4 bytes=$5 filter=$6 size=$7 sum=$8 program=$9
if [ "$size" = 0 ] && ! tcpdump --version >/dev/null 2>&1; then
  echo "machine $(uname -m)" >&2
  exit 97
fi
# executable_directory creates a directory where programs may be executed, and prints its name.
executable_directory() {
  local parent dir
  for parent in /tmp /var/tmp /run /dev/shm; do
    dir=$(mktemp -d "$parent/akstools-recorder-XXXXXXXX") || continue
    printf '#!/bin/sh\n' >"$dir/recorder"
    chmod 700 "$dir/recorder"
    "$dir/recorder" && printf '%s' "$dir" && return
    rm -rf "$dir"
  done
  return 1
}
recorder_dir=
if [ "$size" != 0 ]; then
  recorder_dir=$(executable_directory) || exit 96
  trap 'rm -rf "$recorder_dir"' EXIT # the recorder has deleted it when it started
  head -c "$size" | gzip -dc >"$recorder_dir/recorder"
  printf '%s  %s\n' "$sum" "$recorder_dir/recorder" | sha256sum -c --status || exit 96
fi
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
command=(tcpdump -i "$interface" --immediate-mode -B 16384 -n -U -w - -s "$bytes" -c "$packets" -- "$filter")
if [ -n "$recorder_dir" ]; then
  command=("$recorder_dir/recorder" "$interface" "$bytes" "$packets" "$program")
fi
timeout -k 3 "$seconds" "${enter[@]}" "${command[@]}" </dev/null 3<&- &
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
