# shellcheck shell=sh
# Sends requests, all in parallel, and reports by the termination message. Arguments: the seconds for a connection and again for
# its response; then HOST, PORT, HTTP host and path for each request; without a path it only connects. Output: lines with the
# request's index and C and the first line of the response, followed by @ unless it timed out; or F and the error, if no
# connection was established.
# File descriptor 8 is the termination message.
exec 8>/dev/termination-log
limit=$1
shift
ask() {
  why=$(nc -w "$limit" "$2" "$3" -e sh -c '
    exec 2>/dev/null
    trap "" PIPE
    if [ -z "$4" ]; then echo "$1 C" >&8; exit; fi
    printf "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: akstools\r\nConnection: close\r\n\r\n" "$4" "$3"
    said=$({ timeout "$2" head -n 1; [ $? = 143 ] || echo @; } | tr -cd "\\040-\\176" | head -c 60)
    echo "$1 C $said" >&8' ask "$1" "$limit" "$4" "$5" 2>&1 </dev/null)
  [ -z "$why" ] || echo "$1 F $(echo "$why" | tr -cd "\\040-\\176" | tail -c 60)" >&8
}
i=0
while [ $# -ge 4 ]; do
  ask "$i" "$1" "$2" "$3" "$4" &
  i=$((i + 1))
  shift 4
done
wait
echo end >&8
