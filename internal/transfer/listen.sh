# shellcheck shell=sh
# Runs the script S with its stdin and stdout connected to a port of the node's loopback. Stdin has two secrets, each on a line: P proves
# this script to the client, T proves the client. On a connection
#   the client sends a line of 26 characters, new each time;
#   the script sends the SHA-256 of P and that line, a blank, and 32 characters of its own, new each time;
#   the client sends the SHA-256 of T and those characters, and only then the data.
# Other programs of the node can connect too. Each connection has a process of its own, and the port stays open until the end, so that
# none of them can take it and stand between the two. What the client sent last also follows the script's output and marks its end: the
# connection itself ends a second later, as containerd waits that long for the other direction.
# The third line of stdin, W, is not empty if S reads its stdin and writes nothing. Then take stands between the connection and S: it
# sends how many bytes were taken, each time on a line, and once S has exited it discards what the client had already sent. Data that
# nobody reads would stall the cluster's tunnel. The mark is then the last line.
# G is what a connection's shell runs; it writes S's exit code to file descriptor 4 and ends all processes of the port. File descriptor 5
# is the connection, 6 in take is S's stdin.
# Exit codes: S's; 96 no socat; 97 no secrets, or socat failed.
IFS= read -r P && IFS= read -r T && IFS= read -r W || exit 97
cat >/dev/null
command -v socat >/dev/null || exit 96
export P T S W
export G='line() { timeout --foreground 60 dd bs="$1" count=1 iflag=fullblock status=none 2>/dev/null; }
digest() { printf %s "$1" | sha256sum; }
n=$(line 27)
[ "${#n}" = 26 ] || exit
p=$(digest "$P$n") n=$(od -An -N16 -tx1 /dev/urandom | tr -d " \n")
[ "${#n}" = 32 ] || exit
echo "${p%% *} $n"
t=$(line 65) p=$(digest "$T$n")
[ "${#t}" = 64 ] && [ "$t" = "${p%% *}" ] || exit
unset P T n p
take() {
  while stats=$(LC_ALL=C dd bs=65536 count=32 2>&1 >&6); do
    bytes=${stats##*records out?} bytes=${bytes%% *}
    [ "$bytes" != 0 ] || exit
    echo "$bytes" >&5
  done
  exec 6>&-
  exec timeout --foreground 60 cat >/dev/null
}
run() {
  (unset t; eval "$S") 4>&- 5>&-
  echo "$?" >&4
  trap "" PIPE
  printf "%s${W:+\\n}" "$t" >&5 2>/dev/null
}
exec 5>&1
if [ "$W" ]; then take 6>&1 4>&- | run >/dev/null; else run; fi
kill -KILL "-$SOCAT_PPID"'
exec 5>&2 </dev/null 2>/dev/null # the shell would report that socat was killed
code=$(exec setsid -w socat -d -d TCP-LISTEN:0,bind=127.0.0.1,fork,max-children=16 'SYSTEM:eval \"$G\",nofork' 4>&1 >/dev/null 2>&5 5>&-)
exit "${code:-97}"
