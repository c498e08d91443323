# shellcheck shell=bash
# Functions that run a command and pack its output.
#
# The packed form is "akstools2 CODE OUT OUTALL ERR ERRALL SHA256 LENGTH TOOK", a newline, then base64 of gzip of the first or last OUT bytes
# of stdout and ERR bytes of stderr. OUTALL and ERRALL are the full lengths; SHA256 is that of the data before gzip; LENGTH is that of the
# base64; TOOK is how long the command took, in milliseconds.
segment=1048576 most=262144 # a segment is more than is ever kept, and that is more than ever fits into the messages
# Reads everything into files $1.0, $1.1 and so on, of about a segment each, of which the first or the last two are kept. gone-$1 is how many
# bytes are not. dd writes what it reads immediately; 64 reads are up to 4 MiB.
collect() {
  n=0 size=0 gone=0
  while :; do
    dd bs=65536 count=64 status=none >>"$1.$n"
    now=$(stat -c %s "$1.$n")
    [ "$now" = "$size" ] && break
    size=$now
    [ "$size" -ge $segment ] || continue
    if [ "$kind" = head ]; then
      wc -c >"gone-$1"
      break
    fi
    n=$((n + 1)) size=0
    if [ "$n" -ge 2 ]; then
      gone=$((gone + $(stat -c %s "$1.$((n - 2))")))
      echo "$gone" >"gone-$1"
      rm -f "$1.$((n - 2))"
    fi
  done
  : >"ended-$1"
}
# Puts the first or last bytes of the files of $1 into one file, and prints how many bytes there were in all.
settle() {
  gone=$(cat "gone-$1" 2>/dev/null)
  sum=${gone:-0} first=''
  for file in "$1".*; do
    sum=$((sum + $(stat -c %s "$file")))
    if [ -z "$first" ] || [ "${file##*.}" -lt "${first##*.}" ]; then
      first=$file
    fi
  done
  if [ "$kind" = head ]; then
    head -c $most "$first" >"$1"
  else
    next=$1.$((${first##*.} + 1))
    [ -e "$next" ] || next=/dev/null
    cat "$first" "$next" | tail -c $most >"$1"
  fi
  echo "$sum"
}
# pack SECONDS ROOM KEEP COMMAND... runs the command and puts its output, packed into ROOM bytes, into the file "message" of the current
# directory. KEEP is head or tail, the end of a long output that is kept. o and e are the numbers of bytes of stdout and stderr that are
# kept.
pack() {
  seconds=$1 room=$(($2 - 200)) kind=$3
  shift 3
  start=$(date +%s%3N)
  timeout -k 2 "$seconds" "$@" </dev/null > >(collect out) 2> >(collect err)
  code=$? took=$(($(date +%s%3N) - start))
  # collect ends when the last process that holds the output exits: do not wait long for a daemon that the command has left
  for _ in {1..100}; do
    [ -e ended-out ] && [ -e ended-err ] && break
    sleep 0.02
  done
  outall=$(settle out) errall=$(settle err)
  keep=$((outall > errall ? outall : errall))
  [ "$keep" -gt $most ] && keep=$most
  while :; do
    "$kind" -c "$keep" out >raw
    o=$(stat -c %s raw)
    "$kind" -c "$keep" err >>raw
    e=$(($(stat -c %s raw) - o))
    gzip -9 <raw | base64 -w0 >packed
    length=$(stat -c %s packed)
    [ "$length" -le "$room" ] && break
    keep=$((keep * 4 / 5))
  done
  sum=$(sha256sum <raw)
  {
    echo "akstools2 $code $o $outall $e $errall ${sum%% *} $length $took"
    cat packed
  } >message
}
