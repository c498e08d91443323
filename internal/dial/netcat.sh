# shellcheck shell=sh
# Connects stdin and stdout to a TCP address with the image's own nc. $1: marker; $2: host; $3: port; $4: connect timeout in seconds.
# Frames on stdout: C connected; F and the reason: not connected; R the peer sends no more. The end of stdin closes the connection.
# File descriptors: 5 stdin, 6 the connection, 8 stdout, 9 stderr.
m=$1
say() { printf '\0%s%.200s\0' "$m" "$1" >&8; }
# containerd closes stdin when an output pipe reaches its end: fds 8 and 9 hold the pipes open
exec 8>&1 9>&2 5<&0 </dev/null
export LC_ALL=C
kill -USR1 1 2>/dev/null # tells the test pod's idle guard that the pod is in use
# dd, not cat: busybox's cat uses splice, which locks the pipe while the socket is silent, with data in it unread.
# With -e, busybox's nc runs a program on the connection once it is established
why=$(nc -w "$4" "$2" "$3" -e sh -c '
  exec 6<&0 2>/dev/null
  printf "\0%sC\0" "$1" >&8
  dd bs=65536 <&6 >&8 5<&- 9>&- &
  reader=$!
  { dd bs=65536 <&5 >&6 8>&- 9>&-; kill "$reader"; } 8>&- 9>&- &
  wait "$reader"
  printf "\0%sR\0" "$1" >&8' relay "$m" 2>&1)
case $why in
*option* | *[Uu]sage*) # another nc, which cannot report that it is connected: test the port first
  if why=$(nc -v -z -w "$4" "$2" "$3" 2>&1); then
    say C
    nc "$2" "$3" <&5 >&8 2>/dev/null
    say R
    exit
  fi
  ;;
esac
[ -z "$why" ] || say "F$why"
