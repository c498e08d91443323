# Runs a command and tells by frames in its output that it started, how it ended, and how much of stdin arrived.
# $1 marker, $2 seconds to wait for the count, $3 "stdin" where stdin is piped; then the command.
# A frame is NUL marker text NUL.
m=$1 wait=$2 stdin=$3
shift 3
# containerd closes stdin when an output pipe reaches its end: these two hold the pipes open
exec 8>&1 9>&2
printf '\0%sS\0' "$m" >&9
eof=0 n=0
if [ "$stdin" = stdin ]; then
  exec 7<> <(:)
  "$@" < <(exec 8>&- 9>&-; LC_ALL=C exec /usr/bin/dd bs=131072 2>&7) 7>&- 8>&- 9>&-
  code=$? reader=$!
  # dd tells its count when it has read to the end; where the command did not want all, it still reads
  IFS= read -r -t "$wait" -u 7 _ && IFS= read -r -t 1 -u 7 _ && read -r -t 1 -u 7 n _
  kill "$reader" 2>&-
  wait "$reader" 2>&- && eof=1
else
  "$@" 8>&- 9>&- </dev/null
  code=$?
fi
printf '\0%sE\0' "$m" >&8
printf '\0%sE%s %s %s\0' "$m" "$code" "$eof" "${n:-0}" >&9
