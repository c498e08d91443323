# shellcheck shell=sh
# Looks the name $1 up as programs in the pod do, with the search list. The first name with addresses is the answer. If no
# server answers, the other names are not tried.
sed -n 's/^nameserver \([^ ]*\).*/server \1/p' /etc/resolv.conf
search=$(sed -n 's/^search //p' /etc/resolv.conf | tail -n 1)
ndots=$(sed -n 's/^options .*ndots:\([0-9]*\).*/\1/p' /etc/resolv.conf | tail -n 1)
dots=$(printf %s "$1" | tr -cd . | wc -c)
names=
for zone in $search; do names="$names $1.$zone"; done
if [ "$dots" -lt "${ndots:-1}" ]; then names="$names $1"; else names="$1 $names"; fi
case $1 in *.) names=${1%.} ;; esac
for name in $names; do
  echo "name $name"
  found=$(nslookup "$name." 2>&1)
  echo "$found" | sed 's/^/text /'
  echo "$found" | sed -n '/^Name:/,$p' | grep -q '^Address' && break
  case $found in *"no servers could be reached"* | *"timed out"*) break ;; esac
done
