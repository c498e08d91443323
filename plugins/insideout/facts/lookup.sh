# shellcheck shell=sh
# Looks names up as the pods of the namespace do: $1 the record type, then the names; one that ends in .svc gets the cluster's
# domain, which the search list says.
domain=$(sed -n 's/^search .*[ .]svc\.\([^ ]*\).*/\1/p' /etc/resolv.conf | head -n 1)
sed -n 's/^nameserver \([^ ]*\).*/server \1/p' /etc/resolv.conf
type=$1
shift
for name; do
  case $name in *.svc) name=$name.${domain:-cluster.local} ;; esac
  echo "name $name"
  nslookup -type="$type" "$name." 2>&1 | sed 's/^/text /'
done
