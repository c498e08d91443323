# shellcheck shell=bash
# Runs a command and tells by frames in its output that it started, how it ended, and how much of stdin arrived.
# $1 marker, $2 seconds to wait for the count, $3 "stdin" where stdin is piped; then the command.
# A frame is NUL marker text NUL: S before the command; A and the bytes of stdin that it took since the last; E at the end
# of stdout, and of stderr with exit code, whether stdin's end was seen, and the bytes of stdin.
# File descriptors: 5 the command's stdin, from feed; 6 in feed, its other end; 7 a pipe for feed's count; 8 stdout; 9 stderr.
m=$1 wait=$2 stdin=$3
shift 3
# containerd closes stdin when an output pipe reaches its end: these two hold the pipes open
# and bash's own words, such as "Killed", are not the command's
exec 8>&1 9>&2 2>/dev/null
printf '\0%sS\0' "$m" >&9
# passes stdin on to the command piece by piece, and tells what it took, so that the client sends no more than that
feed() {
  exec 8>&-
  total=0
  while :; do
    stats=$(LC_ALL=C /usr/bin/dd bs=65536 count=32 2>&1 >&6) || exit 3 # the command wants no more
    # maybe a warning, then "30+2 records in", "30+2 records out", "2000000 bytes ..."
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
  # the feeder tells its count when it has read to the end; where the command did not want all, it still reads
  IFS= read -r -t "$wait" -u 7 n && eof=1
  kill "$feeder"
  wait "$feeder"
  case $? in
  0 | 3 | 143) ;;  # all read; not wanted; still reading
  *) eof=1 n=-1 ;; # it broke: the command may have seen an end that was none
  esac
else
  "$@" 2>&9 8>&- 9>&- </dev/null
  code=$?
fi
printf '\0%sE\0' "$m" >&8
printf '\0%sE%s %s %s\0' "$m" "$code" "$eof" "${n:-0}" >&9
