# shellcheck shell=sh
# Runs the script S with stdin and stdout being a connection to a port of the node's loopback. The first line of stdin is a token; a
# connection that does not begin with it gets nothing. What the script writes is followed by the token: the connection's own end comes a
# second late, for so long does containerd wait for the other way. Exit codes: 96 no socat, 98 another token.
# Variables that the connection's shell reads: T the token, S the script, G what runs S; t is the token that came, c S's exit code.
IFS= read -r T || exit 97
command -v socat >/dev/null || exit 96
export T S
export G='IFS= read -r t; [ "$t" = "$T" ] || exit 98; unset T; (unset t; eval "$S"); c=$?; printf %s "$t"; exit $c'
exec socat -d -d TCP-LISTEN:0,bind=127.0.0.1 'SYSTEM:eval \"$G\",nofork' </dev/null
