# Copies stdin to stdout, compressed where the node has zstd; the first line says which.
pack() {
  if zstd -1 -q -c </dev/null >/dev/null 2>&1; then
    echo zstd
    zstd -1 -q -c
  else
    plain cat
  fi
}
# Runs a command whose output is to be copied as it is.
plain() {
  echo plain
  "$@"
}
# Whether zstd makes the mebibyte at byte $2 of the file $1 smaller by a tenth.
compresses() {
  n=$(dd if="$1" bs=1048576 count=1 iflag=skip_bytes,fullblock skip="$2" status=none | zstd -1 -q -c 2>/dev/null | wc -c)
  [ "$n" -gt 0 ] && [ "$n" -lt 943718 ]
}
