#!/bin/sh
# connect CONNECTION NAMESPACE [HELM-ARGUMENT...]: does what creating a connection does in the cluster. Helm installs the chart in sc-system,
# whose Job writes the Secret, and the ExtensionConfig gets the status that extension-operator would write. It exits with 0 if Helm fails
# too: that is the fault. WAIT is how long Helm waits for the Job, 30s by default.
set -u
command -v helm >/dev/null || { echo "there is no helm: make bin/helm" >&2 && exit 1; }
name=$(printf %s "$1" | tr '[:upper:]' '[:lower:]' | tr -cd a-z0-9)
namespace=$2
shift 2
kubectl create namespace "$namespace" >/dev/null 2>&1 # as the extension does; it may exist
status='Successfully installed the extension' message=
if ! out=$(helm upgrade --install sc-extension "$(dirname "$(readlink -f "$0")")/chart" -n sc-system --create-namespace --timeout "${WAIT:-30s}" \
  --set "secret=sc-$name-secret,namespace=$namespace" "$@" 2>&1); then
  status='Failed to install the extension' message=$out
fi
kubectl patch extensionconfig sc-extension -n kube-system --type=merge --subresource=status -p "$(
  printf '%s\n%s' "$status" "$message" | awk '
    function quoted(s) { gsub(/\\/, "\\\\\\\\", s); gsub(/"/, "\\\"", s); gsub(/\t/, " ", s); return "\"" s "\"" }
    NR == 1 { s = $0 } NR > 1 { m = m " " $0 }
    END { printf "{\"status\":{\"status\":%s,\"message\":%s,\"isSyncedWithAzure\":true}}", quoted(s), quoted(m) }'
)"
