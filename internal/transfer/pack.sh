# Copies stdin to stdout, compressed where the node has zstd; the first line says which.
pack() {
  if zstd -1 -q -c </dev/null >/dev/null 2>&1; then
    echo zstd
    zstd -1 -q -c
  else
    echo plain
    cat
  fi
}
