# shellcheck shell=sh
# Looks names up as the pods of the namespace do: $1 is the record type, the names follow. A name that ends in .svc gets the
# cluster's domain, from the search list.
domain=$(sed -n 's/^search .*[ .]svc\.\([^ ]*\).*/\1/p' /etc/resolv.conf | head -n 1)
sed -n 's/^nameserver \([^ ]*\).*/server \1/p' /etc/resolv.conf
type=$1
shift
for name; do
  case $name in *.svc) name=$name.${domain:-cluster.local} ;; esac
  echo "name $name"
  nslookup -type="$type" "$name." 2>&1 | sed 's/^/text /'
done
