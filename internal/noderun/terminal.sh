# shellcheck shell=bash
# Runs a command on a terminal, between a frame S and a frame E with its exit code. $1: marker; then the command.
m=$1
shift
printf '\0%sS\0' "$m"
trap : INT QUIT # they end the command, but must not end this script
"$@"
printf '\0%sE%s 0 0\0' "$m" $?
