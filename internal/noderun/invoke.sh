# shellcheck shell=bash
# Runs a command, and prints its output, packed by pack.sh, in parts.
# "run" SECONDS ROOM KEEP MOST COMMAND... prints "akstools-part DIRECTORY LENGTH", a newline, and the first MOST bytes of the message, whose
# length is LENGTH. If there are more, they stay in DIRECTORY until ten minutes after the last part was read, otherwise DIRECTORY is -. "part" DIRECTORY FROM MOST prints
# up to MOST bytes from that position, counted from 0; with the last ones, it removes the directory.
PATH=/usr/bin:/usr/sbin
# Removes the directory $1 in $2 seconds.
remove_later() {
  setsid bash -c 'sleep "$2" && rm -rf "$1"' remover "$1" "$2" </dev/null >/dev/null 2>&1 &
  echo $! >remover
}
if [ "$1" = part ]; then
  cd "$2" || exit 1
  tail -c "+$(($3 + 1))" message | head -c "$4"
  kill -- "-$(cat remover)"
  if [ "$(($3 + $4))" -ge "$(stat -c %s message)" ]; then
    rm -rf "$2"
  else
    remove_later "$2" 600
  fi
  exit
fi
[ -n "$HOME" ] || export HOME=/root
directory=$(mktemp -d /run/akstools.XXXXXXXXXX) && cd "$directory" || exit 1
remove_later "$directory" $((${2%.*} + 600))
pack "$2" "$3" "$4" "${@:6}"
length=$(stat -c %s message)
if [ "$length" -gt "$5" ]; then
  echo "akstools-part $directory $length"
  head -c "$5" message
  exit
fi
echo "akstools-part - $length"
cat message
kill -- "-$(cat remover)"
rm -rf "$directory"
