# shellcheck shell=sh
# Connects stdin and stdout to a TCP address with the image's own nc. $1: host; $2: port; $3: connect timeout in seconds.
# Frames on stdout: the first announces the marker; C connected; F and the reason: not connected; R the peer sends no more.
# The end of stdin closes the connection. m, the marker, is passed on in the environment: others can read arguments.
# File descriptors: 5 stdin, 6 the connection, 8 stdout, 9 stderr.
IFS= read -r m </proc/sys/kernel/random/uuid || exit 1
say() { printf '\0%s%.200s\0' "$m" "$1" >&8; }
# containerd closes stdin when an output pipe reaches its end: fds 8 and 9 hold the pipes open
exec 8>&1 9>&2 5<&0 </dev/null
printf '\0%s\0' "$m" >&8
export LC_ALL=C m
kill -USR1 1 2>/dev/null # tells the test pod's idle guard that the pod is in use
# dd, not cat: busybox's cat uses splice, which locks the pipe while the socket is silent, with data in it unread.
# With -e, busybox's nc runs a program on the connection once it is established
why=$(nc -w "$3" "$1" "$2" -e sh -c '
  exec 6<&0 2>/dev/null
  printf "\0%sC\0" "$m" >&8
  dd bs=65536 <&6 >&8 5<&- 9>&- &
  reader=$!
  { dd bs=65536 <&5 >&6 8>&- 9>&-; kill "$reader"; } 8>&- 9>&- &
  wait "$reader"
  printf "\0%sR\0" "$m" >&8' 2>&1)
case $why in
*option* | *[Uu]sage*) # another nc, which cannot report that it is connected: test the port first
  if why=$(nc -v -z -w "$3" "$1" "$2" 2>&1); then
    say C
    nc "$1" "$2" <&5 >&8 2>/dev/null
    say R
    sleep 1 2>/dev/null # what is written just before the connection is closed may be lost: the close overtakes it in the tunnel
    exit
  fi
  ;;
esac
[ -z "$why" ] || say "F$why"
sleep 1 2>/dev/null || :
