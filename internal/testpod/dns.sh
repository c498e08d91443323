# shellcheck shell=sh
# Sends a DNS query over UDP to each address, all in parallel. Arguments: HOST, PORT and the seconds to wait, for each query.
# Output: a line for each query with its index and C, if something came back, or F and the error.
name=kubernetes.default.svc.$(sed -n 's/^search .*[ .]svc\.\([^ ]*\).*/\1/p' /etc/resolv.conf | head -n 1)
[ "${name##*.}" ] || name=${name}cluster.local
bind=
case $(nslookup -version 2>&1) in nslookup\ [0-9]*) bind=yes ;; esac # BIND's nslookup, otherwise busybox's
ask() {
  case $2 in *:*) at="[$2]:$3" ;; *) at=$2:$3 ;; esac
  if [ "$bind" ]; then
    said=$(timeout "$4" nslookup -port="$3" -type=a "$name." "$2" 2>&1)
  else
    said=$(timeout "$4" nslookup -type=a "$name." "$at" 2>&1)
  fi
  case $said in
  *Server:*) echo "$1 C" ;;
  *efused*) echo "$1 F connection refused" ;;
  '' | Terminated) echo "$1 F timed out" ;;
  *) echo "$1 F $(echo "$said" | tr -cd "\040-\176" | tail -c 90)" ;;
  esac
}
i=0
while [ $# -ge 3 ]; do
  ask "$i" "$1" "$2" "$3" &
  i=$((i + 1))
  shift 3
done
wait
echo end
