# shellcheck shell=bash
# Runs a command and puts its output, packed by pack.sh, into the termination messages of this pod's containers.
# "run" SECONDS PARTS KEEP COMMAND... runs it, writes the first part as this container's message and leaves the others in the shared
# directory; KEEP is head or tail, the end of a long output that is kept. "part" N waits for part N and writes it as this container's
# message.
#
# File descriptor 3 is the pipe that wakes a waiting part.
PATH=/usr/bin:/usr/sbin
cd /run/akstools || exit 1
if [ "$1" = part ]; then
  # opened at both ends, the pipe keeps what is written to it: neither side waits for the other to open it
  mkfifo "wake$2" && exec 3<>"wake$2" || exit 1
  [ -e 'done' ] || read -r -u 3
  cat "part$2" >/dev/termination-log
  exit
fi
parts=$3
pack "$2" $((parts * 4096)) "$4" "${@:5}"
i=1
while [ "$i" -le "$parts" ]; do
  tail -c +$(((i - 1) * 4096 + 1)) message | head -c 4096 >"part$i"
  i=$((i + 1))
done
: >'done'
for pipe in wake*; do
  [ -p "$pipe" ] && echo 1<>"$pipe"
done
cat part1 >/dev/termination-log
