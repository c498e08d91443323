# shellcheck shell=sh
# Connects stdin and stdout with a TCP address by the image's own nc: $1 marker, $2 host, $3 port, $4 seconds to connect.
# Frames on stdout: C connected; F the connection failed, with why; R the peer sends no more. The end of stdin ends all.
# File descriptors: 5 stdin, 6 the connection, 8 stdout, 9 stderr.
m=$1
say() { printf '\0%s%.200s\0' "$m" "$1" >&8; }
# containerd closes stdin when an output pipe reaches its end: these hold the pipes open
exec 8>&1 9>&2 5<&0 </dev/null
export LC_ALL=C
kill -USR1 1 2>/dev/null # the test pod's idle guard: somebody is here
# dd, not cat: busybox's cat splices, and a splice from a silent socket keeps the pipe locked, with what is in it unread.
# With -e, busybox's nc runs a program on the connection once it is there
why=$(nc -w "$4" "$2" "$3" -e sh -c '
  exec 6<&0 2>/dev/null
  printf "\0%sC\0" "$1" >&8
  dd bs=65536 <&6 >&8 5<&- 9>&- &
  reader=$!
  { dd bs=65536 <&5 >&6 8>&- 9>&-; kill "$reader"; } 8>&- 9>&- &
  wait "$reader"
  printf "\0%sR\0" "$1" >&8' relay "$m" 2>&1)
case $why in
*option* | *[Uu]sage*) # another nc: it cannot say that it connected, so ask first
  if why=$(nc -v -z -w "$4" "$2" "$3" 2>&1); then
    say C
    nc "$2" "$3" <&5 >&8 2>/dev/null
    say R
    exit
  fi
  ;;
esac
[ -z "$why" ] || say "F$why"
