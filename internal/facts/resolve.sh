# Looks a name up as the programs of the pod do, by the search list: $1 the name. The first that has addresses is the answer.
sed -n 's/^nameserver \([^ ]*\).*/server \1/p' /etc/resolv.conf
search=$(sed -n 's/^search //p' /etc/resolv.conf | tail -n 1)
ndots=$(sed -n 's/^options .*ndots:\([0-9]*\).*/\1/p' /etc/resolv.conf | tail -n 1)
dots=$(printf %s "$1" | tr -cd . | wc -c)
names=$1
for zone in $search; do
  if [ "$dots" -lt "${ndots:-1}" ]; then
    case $names in *" "*) names="${names% *} $1.$zone $1" ;; *) names="$1.$zone $1" ;; esac
  else
    names="$names $1.$zone"
  fi
done
case $1 in *.) names=${1%.} ;; esac
for name in $names; do
  echo "name $name"
  found=$(nslookup "$name." 2>&1)
  echo "$found" | sed 's/^/text /'
  echo "$found" | sed -n '/^Name:/,$p' | grep -q '^Address' && break
done
