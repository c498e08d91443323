# shellcheck shell=bash
# Runs a command on a terminal between two frames: $1 marker; then the command.
m=$1
shift
printf '\0%sS\0' "$m"
trap : INT QUIT # which end the command, and not what tells how it ended
"$@"
printf '\0%sE%s 0 0\0' "$m" $?
