# shellcheck shell=sh
# Runs a command and compresses its output if the node has zstd. The first line of output names the format. Exits with the command's code.
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
# Runs a command and does not compress its output.
plain() {
  echo plain
  "$@"
}
# Tests whether zstd saves at least a tenth of a sample: the $3 bytes from offset $2 of file $1, 1 MiB at most.
compresses() {
  command -v zstd >/dev/null || return
  length=$3
  [ "$length" -le 1048576 ] || length=1048576
  n=$(dd if="$1" bs="$length" count=1 iflag=skip_bytes,fullblock skip="$2" status=none 2>/dev/null | zstd -1 -q -c | wc -c)
  [ "$n" -lt $((length * 9 / 10)) ]
}
