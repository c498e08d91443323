# shellcheck shell=bash
# Runs a command. Frames in its output report that it started, how it ended, and how much of stdin it took.
# $1: seconds to wait for the count of stdin; $2: "stdin" if there is stdin; then the command.
# A frame is NUL marker text NUL. The first frame of each stream announces the marker and has no text; it is made here because other
# users of the node can read this script's arguments. The text is S before the command starts; A and the number of bytes of stdin taken since the
# last A; E at the end of stdout; E with exit code, 1 if stdin was read to its end, and the bytes of stdin, at the end of stderr.
# File descriptors: 5 the command's stdin, from feed; 6 in feed, its other end; 7 a pipe for feed's count; 8 stdout; 9 stderr.
wait=$1 stdin=$2
shift 2
IFS= read -r m </proc/sys/kernel/random/uuid || exit 1
# containerd closes stdin when an output pipe reaches its end: fds 8 and 9 hold the pipes open
# and bash's own messages, such as "Killed", must not appear in the command's stderr
exec 8>&1 9>&2 2>/dev/null
printf '\0%s\0' "$m" >&8
printf '\0%s\0\0%sS\0' "$m" "$m" >&9
# Passes stdin on to the command (fd 6) in blocks and acknowledges each; the client sends no more than was acknowledged. It
# writes the total to fd 7 once stdin has ended.
feed() {
  exec 8>&-
  total=0
  while :; do
    stats=$(LC_ALL=C /usr/bin/dd bs=65536 count=32 2>&1 >&6) || exit 3 # the command reads no more
    # perhaps a warning, then "30+2 records in", "30+2 records out", "2000000 bytes ..."
    reads=${stats%% records in*} reads=${reads##*[!0-9+]} bytes=${stats##*records out?}
    bytes=${bytes%% *} total=$((total + bytes))
    printf '\0%sA%s\0' "$m" "$bytes" >&9
    [ $((${reads%+*} + ${reads#*+})) = 32 ] || break
  done
  echo "$total" >&7
}
eof=0 n=0
if [ "$stdin" = stdin ]; then
  exec 7<> <(:)
  exec 5< <(
    exec 6>&1
    feed
  )
  feeder=$!
  "$@" <&5 2>&9 5<&- 7>&- 8>&- 9>&-
  code=$?
  # the feeder has written the total if it read stdin to its end; if the command did not read all, it is still reading
  IFS= read -r -t "$wait" -u 7 n && eof=1
  kill "$feeder"
  wait "$feeder"
  case $? in
  0 | 3 | 143) ;;  # it read all; the command read no more; it was still reading
  *) eof=1 n=-1 ;; # it failed: the command may have seen a false end of stdin
  esac
else
  "$@" 2>&9 8>&- 9>&- </dev/null
  code=$?
fi
printf '\0%sE\0' "$m" >&8
printf '\0%sE%s %s %s\0' "$m" "$code" "$eof" "${n:-0}" >&9
# what is written just before the connection is closed may be lost: the close overtakes it in the tunnel. The client closes it before
IFS= read -r -t 1 _ <> <(:) || exit 0
