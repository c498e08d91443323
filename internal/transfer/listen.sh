# shellcheck shell=sh
# Runs the script S with its stdin and stdout connected to a port of the node's loopback. The first line of stdin is a token, which a
# connection must send as its first line. The token also follows the script's output and marks its end: the connection itself ends a
# second later, as containerd waits that long for the other direction. Exit codes: 96 no socat; 97 no token; 98 wrong token.
# Variables that the connection's shell reads: T the token, S the script, G what runs S; t is the token that came, c S's exit code.
IFS= read -r T || exit 97
command -v socat >/dev/null || exit 96
export T S
export G='IFS= read -r t; [ "$t" = "$T" ] || exit 98; unset T; (unset t; eval "$S"); c=$?; printf %s "$t"; exit $c'
exec socat -d -d TCP-LISTEN:0,bind=127.0.0.1 'SYSTEM:eval \"$G\",nofork' </dev/null
