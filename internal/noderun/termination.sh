# shellcheck shell=bash
# Runs a command and puts its output, packed, into the termination messages of this pod's containers.
# "run" SECONDS PARTS COMMAND... runs it, writes the first part as this container's message and leaves the others in the shared
# directory; "part" N waits for part N and writes it as this container's message.
#
# The message is "akstools1 CODE OUT OUTALL ERR ERRALL SHA256 LENGTH", a newline, then base64 of gzip of the first OUT bytes of
# stdout and the first ERR bytes of stderr. OUTALL and ERRALL are the full lengths; SHA256 is that of the data before gzip; LENGTH
# is that of the base64.
#
# File descriptor 3 is the pipe that wakes a waiting part. o and e are the numbers of bytes of stdout and stderr that are kept.
PATH=/usr/bin:/usr/sbin
cd /run/akstools || exit 1
if [ "$1" = part ]; then
  # opened at both ends, the pipe keeps what is written to it: neither side waits for the other to open it
  mkfifo "wake$2" && exec 3<>"wake$2" || exit 1
  [ -e 'done' ] || read -r -u 3
  cat "part$2" >/dev/termination-log
  exit
fi
seconds=$2 parts=$3
shift 3
# Keeps the first 16 MiB, far more than fits into the messages, and reads the rest. dd writes what it reads immediately.
collect() {
  dd bs=65536 iflag=count_bytes count=16777216 status=none >"$1"
  cat >/dev/null
  : >"$1.ended"
}
timeout -k 2 "$seconds" "$@" </dev/null > >(collect out) 2> >(collect err)
code=$?
# collect ends when the last process that holds the output exits: do not wait long for a daemon that the command has left
for _ in {1..100}; do
  [ -e out.ended ] && [ -e err.ended ] && break
  sleep 0.02
done
outall=$(stat -c %s out) errall=$(stat -c %s err)
room=$((parts * 4096 - 200))
keep=$((outall > errall ? outall : errall))
[ "$keep" -gt 262144 ] && keep=262144
while :; do
  head -c "$keep" out >raw
  o=$(stat -c %s raw)
  head -c "$keep" err >>raw
  e=$(($(stat -c %s raw) - o))
  gzip -9 <raw | base64 -w0 >packed
  length=$(stat -c %s packed)
  [ "$length" -le "$room" ] && break
  keep=$((keep * 4 / 5))
done
sum=$(sha256sum <raw)
{
  echo "akstools1 $code $o $outall $e $errall ${sum%% *} $length"
  cat packed
} >message
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
