# shellcheck shell=sh
# Runs a command whose output is copied compressed where the node has zstd; the first line says which. The exit code is the command's.
# File descriptors: 3 the pipe that brings the exit code, 4 stdout.
pack() {
  command -v zstd >/dev/null || {
    plain "$@"
    return
  }
  echo zstd
  exec 4>&1
  code=$({ {
    "$@" 3>&- 4>&-
    echo $? >&3
  } | zstd -1 -q -c >&4 3>&- 4>&-; } 3>&1) || return
  return "$code"
}
# Runs a command whose output is copied as it is.
plain() {
  echo plain
  "$@"
}
# Whether zstd makes a sample of the $3 bytes from byte $2 of the file $1 on, a mebibyte at most, smaller by a tenth.
compresses() {
  command -v zstd >/dev/null || return
  length=$3
  [ "$length" -le 1048576 ] || length=1048576
  n=$(dd if="$1" bs="$length" count=1 iflag=skip_bytes,fullblock skip="$2" status=none 2>/dev/null | zstd -1 -q -c | wc -c)
  [ "$n" -lt $((length * 9 / 10)) ]
}
