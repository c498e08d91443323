# shellcheck shell=bash
# Connects stdin and stdout to a TCP address. $1: host; $2: port; $3: connect timeout in seconds.
# Frames on stdout: the first announces the marker; C connected; D connected, and the end of stdin will be passed on; F and the
# reason: not connected; R the peer sends no more, followed by cat's message if that was an error; W the peer receives no more.
# File descriptors: 3 the connection, 5 stdin, 7 a pipe that keeps the last error's text, 8 stdout, 9 stderr.
IFS= read -r m </proc/sys/kernel/random/uuid || exit 1
say() { printf '\0%s%.200s\0' "$m" "$1" >&8; }
# what is written just before the connection is closed may be lost: the close overtakes it in the tunnel
linger() { IFS= read -r -t 1 _ <> <(:) || :; }
# unread data would stall the tunnel, which all streams of the cluster share: read and discard it
refuse() {
  say W
  cat <&5 >/dev/null
}
# containerd closes stdin when an output pipe reaches its end: fds 8 and 9 hold the pipes open
exec 8>&1 9>&2 5<&0 </dev/null
printf '\0%s\0' "$m" >&8
export LC_ALL=C PATH=/usr/bin:/bin
trap 'say "Fconnection timed out"; linger; exit' ALRM
(
  read -r -t "$3" <> <(:)
  kill -ALRM $$
) >/dev/null 2>&1 8>&- 9>&- 5<&- &
limit=$!
exec 7<> <(:)
exec 2>&7 3<>"/dev/tcp/$1/$2"
code=$?
kill "$limit" 2>/dev/null
if [ "$code" != 0 ]; then
  IFS= read -r -t 1 -u 7 why
  say "F$why"
  linger
  exit
fi
exec 2>/dev/null
if command -v socat >/dev/null; then
  half=1
  say D
else
  half=
  say C
fi
cat <&3 >&8 2>&7 5<&- 9>&- &
reader=$!
if [ "$half" ]; then
  (
    exec 7>&- 9>&-
    socat -u -b 131072 FD:5 FD:3,shut-down || refuse
  ) &
else # the end of stdin cannot be passed on: close the connection
  (
    exec 7>&- 9>&-
    if cat <&5 >&3; then kill "$reader"; else refuse; fi
  ) &
fi
writer=$!
exec 5<&-
why=
wait "$reader" || IFS= read -r -t 1 -u 7 why
say "R$why"
wait "$writer"
linger
