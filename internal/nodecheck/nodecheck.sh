# shellcheck shell=bash
# Checks on a node what blocks connections between tunnel agents and kubelets. It only reads and connects. To count, it adds an
# nftables table that drops nothing and that the kernel removes with the process that owns it.
# Arguments; the words of each are one argument:
#   agent UID NAME HEALTHPORT   the pod of a tunnel agent on this node; connections are made from its network namespace
#   api HOST PORT ALPN PROTOCOL connect to the agents' endpoint; ALPN is - if they offer none; PROTOCOL is tcp or udp
#   reach ADDRESS               connect to the kubelet at the address
#   service ADDRESS PORT        connect to an address of a Service, or of a pod behind it
#   egress NAME                 connect to the HTTPS server, from the node's network namespace and through its proxy, if any
#   kubelet ADDRESS             read the state of this node's kubelet
#   firewall ADDRESS...         read the packet filters and IPsec policies, and the interfaces of the routes to the addresses
#   count SECONDS ADDRESS...    count connections to this node's kubelet from the addresses, before any filter
#   connections ADDRESS...      count the tracked connections to addresses outside the cluster, and to these
# Output: "@@ NAME" starts a part; its lines follow, each after a space.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C
have() { command -v "$1" >/dev/null 2>&1; }
fds=() names=() pid='' uid=''

# start NAME COMMAND... runs the command in parallel with the others
start() {
  names+=("$1")
  shift
  exec {fd}< <("$@" 2>&1)
  fds+=("$fd")
}

# inside runs a command in the agent's network namespace, or in the node's if there is no agent
inside() {
  if [ -n "$pid" ]; then nsenter -t "$pid" -n -- "$@"; else "$@"; fi
}

hostport() {
  case $1 in
  *:*) echo "[$1]:$2" ;;
  *) echo "$1:$2" ;;
  esac
}

# get prints the result of a request: curl's exit code, the status, seconds to connect, seconds to TLS, the error
get() { # URL OPTION...
  local text code
  text=$(curl -sS -o /dev/null --connect-timeout 4 --max-time 6 -w '%{http_code} %{time_connect} %{time_appconnect} ' "$@" 2>&1)
  code=$?
  printf '%s %s\n' "$code" "$(printf '%s' "$text" | tr '\n' ' ' | sed -E 's/^curl: \([0-9]+\) (.*)([0-9]{3} [0-9.]+ [0-9.]+ )$/\2\1/; s/^(.*) curl: \([0-9]+\) /\1 /')"
}

# connect prints "ok" or the error of a TCP connection
connect() {
  timeout 4 bash -c 'exec 3<>"/dev/tcp/$1/$2" && echo ok' connect "$1" "$2" 2>&1 | sed 's/^.*: //' | head -1
  [ "${PIPESTATUS[0]}" = 124 ] && echo 'timed out'
}

# asked prints the result of a request to the kubelet at the address. curl 7.85 and later do not say why a connection failed; connect does.
asked() { # ADDRESS HOST:PORT
  local answer why
  answer=$(get "https://$2/healthz" -k --noproxy '*')
  case $answer in
  "7 "*"Couldn't connect"*)
    why=$(connect "$1" "${2##*:}")
    [ "$why" = ok ] || answer="connect $why"
    ;;
  esac
  echo "$answer"
}

reach() { # ADDRESS
  if have curl; then
    inside bash -c "$(declare -f get connect asked); asked \"\$@\" & asked \"\$@\"; wait" asked "$1" "$(hostport "$1" 10250)"
  else
    echo "connect $(inside bash -c "$(declare -f connect); connect \"\$@\"" connect "$1" 10250)"
  fi
}

# service prints "ok" or the error of a connection. It tries twice: rules lag behind what they follow
service() { # ADDRESS PORT
  local answer
  answer=$(inside bash -c "$(declare -f connect); connect \"\$@\"" connect "$1" "$2")
  if [ "$answer" != ok ]; then
    sleep 2
    answer=$(inside bash -c "$(declare -f connect); connect \"\$@\"" connect "$1" "$2")
  fi
  echo "connect $answer"
}

# resolver prints the agent's own resolv.conf, or else the node's, whose stub resolver a pod's network namespace does not have
resolver() { cat ${pid:+"/proc/$pid/root/etc/resolv.conf"} 2>/dev/null || cat /etc/resolv.conf; }

# resolve resolves the name as the agent would: with its resolv.conf mounted over the node's, and without the node's hosts, in a temporary
# mount namespace
resolve() { # NAME
  local ask='mount -t tmpfs akstools /mnt && cat >/mnt/resolv.conf && mount --bind /mnt/resolv.conf /etc/resolv.conf || exit 99
if [ "$(readlink /proc/self/ns/net)" != "$(readlink /proc/1/ns/net)" ]; then # a pod does not see the names in the node'"'"'s /etc/hosts
  echo 127.0.0.1 localhost >/mnt/hosts && mount --bind /mnt/hosts /etc/hosts || exit 99
fi
exec timeout 5 getent ahosts "$1"' code=99
  if [ -n "$pid" ] && [ -r "/proc/$pid/root/etc/resolv.conf" ]; then
    inside unshare --mount -- bash -c "$ask" resolve "$1" <"/proc/$pid/root/etc/resolv.conf" 2>/dev/null
    code=$?
  fi
  [ "$code" = 99 ] || return "$code"
  inside timeout 5 getent ahosts "$1"
}

# shellcheck disable=SC2012 # the names are Kubernetes', which hold no odd character
certificates() { ls -d /var/lib/kubelet/pods/"$uid"/volumes/kubernetes.io~secret/*/"$1" 2>/dev/null | head -1; }

handshake() { # ADDRESS PORT NAME [ALPN]
  local ca offer=() name=()
  ca=$(certificates ca.crt)
  [ -n "$ca" ] || ca=/etc/kubernetes/certs/ca.crt
  [ -n "$4" ] && offer=(-alpn "$4,h2")
  case $3 in *:* | *[!0-9.]*) name=(-servername "$3") ;; esac
  [ -r "$ca" ] && echo "ca $ca" || echo 'ca none'
  inside timeout 5 openssl s_client -connect "$(hostport "$1" "$2")" "${name[@]}" "${offer[@]}" -CAfile "$ca" </dev/null 2>&1 |
    grep -E '^(issuer|subject)=|^ *Verify return code|ALPN|^ *New, |errno|:error:|alert|unable|refused|timed out|unexpected eof' | head -12
  echo "exit ${PIPESTATUS[0]}"
}

# hello sends OpenVPN's first packet, which its server answers unless it has a key for all packets (tls-auth)
hello() { # ADDRESS PORT
  local answer
  answer=$(timeout 4 bash -c 'exec 3<>"/dev/udp/$1/$2" && printf "\x38akstools\0\0\0\0\0" >&3 && head -c 1 <&3 | wc -c' hello "$1" "$2" 2>&1)
  case $answer in
  *refused*) echo refused ;;
  1) echo answered ;;
  *) echo silent ;;
  esac
}

api() { # HOST PORT ALPN PROTOCOL
  local host=$1 port=$2 alpn=$3 answer code address tcp
  resolver | grep '^nameserver' | sed 's/^/dns /'
  answer=$(resolve "$host")
  code=$?
  printf '%s\n' "$answer" | awk 'NF {print "dns address", $1}' | sort -u
  echo "dns exit $code"
  address=$(printf '%s\n' "$answer" | awk 'NR==1{print $1}')
  [ -n "$address" ] || return
  if [ "$4" = udp ]; then
    echo "udp $(inside bash -c "$(declare -f hello); hello \"\$@\"" hello "$address" "$port")"
    return
  fi
  tcp=$(inside bash -c "$(declare -f connect); connect \"\$@\"" connect "$address" "$port")
  echo "tcp $tcp"
  if [ "$alpn" = - ] || [ "$tcp" != ok ]; then return; fi
  if ! have openssl; then
    echo 'tls missing openssl'
    return
  fi
  exec {with}< <(handshake "$address" "$port" "$host" "$alpn" 2>&1)
  # a ClientHello that does not fit into one packet, such as that of Go 1.24 and later, by protocols that no server knows
  exec {long}< <(handshake "$address" "$port" "$host" "http/1.1$(printf ',akstools-%0190d' 1 2 3 4 5 6 7)" 2>&1)
  handshake "$address" "$port" "$host" | sed 's/^/tls /'
  sed 's/^/alpn /' <&"$with"
  grep -E '^(subject=|exit )' <&"$long" | sed 's/^/long /'
}

# proxies exports the proxy settings in stdin, which is /etc/environment
proxies() {
  local name value
  while IFS='=' read -r name value; do
    case ${name,,} in
    https_proxy | no_proxy)
      value=${value//[\"\']/}
      export "${name,,}=$value"
      ;;
    esac
  done
}

# hide prints the result of a request, as get prints it, without what the proxy's URL has before its last @. curl's errors quote the
# URL, or parts of a password that it takes for a host or a port.
hide() { # RESULT URL
  local text secret word
  text=$(cut -d' ' -f5- <<<"$1 ")
  if [[ $2 == *@* ]]; then
    secret=${2%@*}
    secret=${secret#*://}
    text=${text//"$secret"/...}
    for word in ${secret//[!a-zA-Z0-9]/ }; do text=${text//"$word"/...}; done
  fi
  echo "$(cut -d' ' -f1-4 <<<"$1") ${text/:\/\/*@/:\/\/...@}"
}

# egress connects as kubelet and containerd do: through the node's proxy, and with the node's trusted CAs
egress() { # NAME
  local answer
  have curl || {
    echo 'missing curl'
    return
  }
  proxies </etc/environment
  [ -n "$https_proxy" ] && echo proxy
  answer=$(hide "$(get "https://$1/" --connect-timeout 6 --max-time 8)" "$https_proxy")
  echo "get $answer"
  # 60: the certificate is from a CA that the node does not trust
  if [ "${answer%% *}" = 60 ] && [ -z "$https_proxy" ] && have openssl; then
    timeout 5 openssl s_client -connect "$1:443" -servername "$1" </dev/null 2>/dev/null | openssl x509 -noout -issuer 2>/dev/null
  fi
}

# secretless replaces in log lines what looks like a secret: the report may be readable for more people than the log
secretless() {
  sed -E 's#://[^[:space:]"]*@#://...@#g
s/\b(bearer|basic) +[^[:space:]",;]+/\1 .../Ig
s/((pass|pwd|secret|token|[_-]key|apikey|authorization|credential|cookie|signature|\bsig)[[:alnum:]_.-]*\\?["'\'']?[[:space:]]*[:=][[:space:]]*)(\\?"[^"]*"|[^[:space:],;&]+)/\1.../Ig'
}

# mtu prints the MTU of the interface of the default route, or of eth0, as Azure's machines call theirs
mtu() {
  local device
  device=$(ip -o route show default 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -1)
  ip -o link show dev "${device:-eth0}" 2>/dev/null | sed -n 's/.* mtu \([0-9]*\).*/\1/p'
}

# bridge prints the bridge that connects the agent's pod, if one does and kube-proxy has rules on the node, and whether packets between its
# pods pass these rules: 1, 0, or nothing without the module br_netfilter
bridge() {
  local port name
  port=$(inside ip -o link show eth0 2>/dev/null | sed -n 's/^[0-9]*: eth0@if\([0-9]*\):.*/\1/p')
  name=$(ip -o link 2>/dev/null | sed -n "s/^${port:-0}: .* master \([^ ]*\) .*/\1/p")
  [ -n "$name" ] && [ -d "/sys/class/net/$name/bridge" ] || return
  iptables -w 2 -t nat -S KUBE-SERVICES >/dev/null 2>&1 || nft list table ip kube-proxy >/dev/null 2>&1 || return
  # for all bridges, or for this one
  echo "bridge $name $(cat /proc/sys/net/bridge/bridge-nf-call-iptables "/sys/class/net/$name/bridge/nf_call_iptables" 2>/dev/null | sort -r | head -1)"
}

agent() { # UID NAME HEALTHPORT
  local certificate
  certificate=$(certificates client.crt)
  if [ -n "$certificate" ] && have openssl; then
    openssl x509 -noout -startdate -enddate -in "$certificate" | sed 's/^/certificate /'
  fi
  if [ -n "$pid" ] && have curl; then
    inside curl -s --noproxy '*' --max-time 3 "http://127.0.0.1:$3/readyz?verbose" | grep '^\[' | sed 's/^/ready /'
    inside curl -s --noproxy '*' --max-time 3 "http://127.0.0.1:$3/metrics" |
      grep -E '^konnectivity_network_proxy_agent_(open_server_connections|endpoint_dial_failure_total)' | sed 's/^/metric /'
  fi
  have curl || echo 'missing curl'
  # what a pod with a network namespace of its own sends, the node's kernel must forward
  if [ -n "$pid" ] && [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]; then
    echo "forwarding $(cat /proc/sys/net/ipv4/ip_forward)"
    bridge
  fi
  echo "mtu $(inside bash -c "$(declare -f mtu); mtu") $(mtu)"
  # of OpenVPN: whether it was last connected or got no answer
  cat "/var/log/pods/kube-system_$2_$1"/*/*.log 2>/dev/null | tail -c 100000 |
    grep -oE 'Initialization Sequence Completed|TLS key negotiation failed|Inactivity timeout' | tail -1 | sed 's/^/session /'
  cat "/var/log/pods/kube-system_$2_$1"/*/*.log 2>/dev/null | tail -c 100000 | grep -E ' [EF][0-9]{4} |rror' | tail -8 | secretless | cut -c1-700 | sed 's/^/log /'
}

kubelet() { # ADDRESS
  if have systemctl; then echo "unit $(systemctl is-active kubelet)"; fi
  ps -o stat= -C kubelet | head -1 | sed 's/^/process /'
  if have ss; then
    ss -Hltn 'sport = :10250' | awk '{print "listens", $4}'
    echo 'listed'
  fi
  if have curl; then
    echo "local $(get https://127.0.0.1:10250/healthz -k --noproxy '*')"
    echo "own $(get "https://$(hostport "$1" 10250)/healthz" -k --noproxy '*')"
  fi
  echo "tracked $(cat /proc/sys/net/netfilter/nf_conntrack_count /proc/sys/net/netfilter/nf_conntrack_max 2>/dev/null | tr '\n' ' ')"
  # after how long containerd ends a stream (exec, attach, port-forward) on which nothing is sent
  if have containerd; then
    timeout 3 containerd config dump 2>/dev/null | sed -nE "s/^ *stream_idle_timeout = [\"']([^\"']*)[\"'].*/streams \1/p" | head -1
  fi
  # root's inotify instances, and how many it may have
  echo "inotify $(find /proc/[0-9]*/fd -user 0 -lname anon_inode:inotify 2>/dev/null | wc -l) $(cat /proc/sys/fs/inotify/max_user_instances)"
}

# saved prints an iptables-save without kube-proxy's rules for single Services, which match only Services' addresses
saved() {
  local text
  text=$("$1" 2>/dev/null) || {
    echo 'missing iptables-save'
    return
  }
  printf '%s\n' "$text" | grep -vE '^(-A |:)KUBE-(SVC|SEP|EXT|FW)-|^-A KUBE-(SERVICES|EXTERNAL-SERVICES|NODEPORTS|PROXY-FIREWALL) '
}

tables() {
  local all word family name
  have nft || {
    echo 'missing nft'
    return
  }
  all=$(iptables-nft-save 2>/dev/null | grep -c incompatible)
  nft list tables 2>&1 | while read -r word family name; do
    [ "$word" = table ] || continue
    case "$family $name" in
    # kube-proxy's own table is for Services' addresses and node ports only
    *' kube-proxy') continue ;;
    'ip filter' | 'ip nat' | 'ip mangle' | 'ip raw' | 'ip security' | 'ip6 filter' | 'ip6 nat' | 'ip6 mangle' | 'ip6 raw' | 'ip6 security')
      # iptables-nft's own, which iptables-save prints unless nft was used on it
      [ "$all" = 0 ] && have iptables-nft-save && continue
      ;;
    esac
    nft -j list table "$family" "$name" 2>/dev/null
  done
}

# ipsec prints the kernel's IPsec policies that apply to all packets between two ranges, and between which addresses there are keys. The keys
# themselves are never read.
ipsec() {
  have ip || return
  ip xfrm policy list 2>/dev/null | awk '
    function policy() { if (from != "" && !special) print "policy", from, to, direction, action, protocol, request, outer }
    $1 == "src" {
      policy()
      from = $2; to = $4; special = NF > 4; direction = "-"; action = "allow"; protocol = "-"; request = 0; outer = "- -"
    }
    $1 == "dir" { direction = $2; if (/ action block/) action = "block" }
    $1 == "socket" || $1 == "mark" || $1 == "if_id" || $1 == "level" && $2 == "use" { special = 1 }
    $1 == "tmpl" { outer = $3 " " $5 }
    $1 == "proto" { protocol = $2; for (i = 3; i < NF; i++) if ($i == "reqid") request = $(i + 1) }
    END { policy() }' | head -60
  ip xfrm state list nokeys 2>/dev/null | awk '
    $1 == "src" { outer = $2 " " $4 }
    $1 == "proto" { request = 0; for (i = 3; i < NF; i++) if ($i == "reqid") request = $(i + 1); print "key", $2, request, outer }' | head -60
  [ "${PIPESTATUS[0]}" = 0 ] && echo listed
}

# count lets the kernel count the first packets of connections. The table has an owner: it is removed when nft exits.
count() { # SECONDS ADDRESS...
  local seconds=$1 list
  shift
  have nft || {
    echo 'missing nft'
    return
  }
  list=$(printf '%s, ' "$@")
  coproc NFT { exec nft -i 2>&1; }
  exec {answers}<&"${NFT[0]}" # a pipeline does not inherit a coproc's descriptors
  {
    echo 'add table ip akstools_count { flags owner; }'
    echo 'add chain ip akstools_count c { type filter hook prerouting priority -450; }'
    echo "add rule ip akstools_count c ip saddr { ${list%, } } tcp dport 10250 tcp flags & (syn | ack) == syn counter"
    sleep "$seconds"
    echo 'list chain ip akstools_count c'
    echo quit
  } >&"${NFT[1]}"
  timeout 2 cat <&"$answers" | sed -n 's/.* counter packets \([0-9]*\) .*/packets \1/p'
}

# tracked prints the kernel's table of connections
tracked() {
  if [ -r /proc/net/nf_conntrack ]; then cat /proc/net/nf_conntrack; elif have conntrack; then conntrack -L 2>/dev/null; else echo 'missing conntrack'; fi
}

# owners prints the pods whose network namespaces have one of the addresses: the kubelet names a pod's directory of logs after it
owners() { # ADDRESS...
  local path process uid address directory
  find /proc -maxdepth 3 -path '/proc/[0-9]*/ns/net' -printf '%l %h\n' 2>/dev/null | awk '!seen[$1]++ { print $2 }' | while read -r path; do
    process=${path#/proc/}
    process=${process%/ns}
    uid=$(sed -nE 's#^[0-9]+:[^:]*:/(\.\./)*kubepods[./].*pod([0-9a-f]{8}([-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})[./].*#\2#p' "/proc/$process/cgroup" 2>/dev/null | head -1)
    [ -n "$uid" ] || continue
    nsenter -t "$process" -n -- ip -o -4 addr show scope global 2>/dev/null | while read -r _ _ _ address _; do
      address=${address%/*}
      case " $* " in
      *" $address "*)
        directory=$(printf '%s\n' /var/log/pods/*_"${uid//_/-}" | head -1)
        directory=${directory##*/}
        directory=${directory%_*}
        echo "pod $address ${directory%%_*} ${directory#*_}"
        ;;
      esac
    done
  done
}

# connections prints the largest groups of connections with the same protocol, source, destination and port: how many are open, how many
# wait for their first answer, and how many have ended and are still remembered. Addresses of private ranges are left out, but for those given.
connections() { # ADDRESS...
  local flows
  echo "table $(cat /proc/sys/net/netfilter/nf_conntrack_count /proc/sys/net/netfilter/nf_conntrack_max 2>/dev/null | tr '\n' ' ')"
  flows=$(tracked | awk -v also=" $* " '
    $1 == "missing" { print; exit }
    {
      state = ""; src = dst = dport = ""
      protocol = ($1 == "ipv4") ? $3 : $1
      if (protocol != "tcp" && protocol != "udp") next
      for (i = 2; i <= NF && (src == "" || dst == "" || dport == ""); i++) {
        if (src == "" && $i ~ /^src=/) { src = substr($i, 5); if ($(i - 1) ~ /^[A-Z_]+$/) state = $(i - 1) }
        else if (dst == "" && $i ~ /^dst=/) dst = substr($i, 5)
        else if (dport == "" && $i ~ /^dport=/) dport = substr($i, 7)
      }
      if (dport == "" || dst ~ /:/) next
      if (index(also, " " dst " ") == 0 && dst ~ /^(10|127|0)\.|^192\.168\.|^169\.254\.|^172\.(1[6-9]|2[0-9]|3[01])\.|^100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|^168\.63\.129\.16$|^(22[4-9]|2[3-5][0-9])\./) next
      key = protocol " " src " " dst " " dport
      if (state == "TIME_WAIT" || state == "CLOSE" || state == "LAST_ACK") ended[key]++
      else if (state == "SYN_SENT" || protocol == "udp" && /UNREPLIED/) waiting[key]++
      else open[key]++
      all[key] = 1
    }
    END { for (key in all) print "flow", key, open[key] + 0, waiting[key] + 0, ended[key] + 0 }' | sort -k6,6nr -k7,7nr | head -60)
  printf '%s\n' "$flows"
  # shellcheck disable=SC2046 # addresses
  owners $(printf '%s\n' "$flows" | awk '$1 == "flow" && !seen[$3]++ { print $3 }' | head -10)
  if have ss; then # who of the programs in the node's own network namespace has them
    ss -Htnp 2>/dev/null | awk '{ name = "?"; if (split($6, q, "\"") > 2) name = q[2]; print $5, name }' | sort | uniq -c | sort -rn | head -60 |
      awk '{ print "program", $2, $1, $3 }'
  fi
}

for argument in "$@"; do
  read -ra words <<<"$argument"
  if [ "${words[0]}" = agent ]; then
    uid=${words[1]}
    pid=$(process_of "$uid")
    start agent agent "${words[@]:1}"
  fi
done
[ -n "$pid" ] && place=agent || place=node
for argument in "$@"; do
  read -ra words <<<"$argument"
  case ${words[0]} in
  api | reach | service | egress | kubelet | count | connections) start "$argument" "${words[@]}" ;;
  esac
done
echo "@@ now"
echo " $(date +%s)"
echo "@@ place"
echo " $place"
for i in "${!fds[@]}"; do
  echo "@@ ${names[i]}"
  sed 's/^/ /' <&"${fds[i]}"
done
for argument in "$@"; do
  read -ra words <<<"$argument"
  [ "${words[0]}" = firewall ] || continue
  echo '@@ interfaces'
  for address in "${words[@]:1}"; do
    echo " $address $(ip -o route get "$address" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p')"
  done
  echo '@@ ufw'
  if have ufw; then timeout 5 ufw status verbose 2>&1 | head -60 | sed 's/^/ /'; fi
  echo '@@ iptables'
  if have iptables-nft-save; then saved iptables-nft-save; elif have iptables-save; then saved iptables-save; else echo 'missing iptables-save'; fi | sed 's/^/ /'
  echo '@@ iptables-legacy'
  if have iptables-legacy-save && grep -q . /proc/net/ip_tables_names 2>/dev/null; then saved iptables-legacy-save | sed 's/^/ /'; fi
  echo '@@ nftables'
  tables | sed 's/^/ /'
  echo '@@ ipsec'
  ipsec | sed 's/^/ /'
done
echo '@@ end'
