# shellcheck shell=bash
# process_of prints a process in the network namespace of the pod with that UID: the kubelet names a pod's cgroup after it
process_of() {
  find /proc -maxdepth 3 -path '/proc/[0-9]*/ns/net' -printf '%l %h\n' 2>/dev/null | awk '!seen[$1]++ { print $2 }' |
    while IFS= read -r path; do
      if grep -qE "pod(${1//-/_}|$1)([./]|\$)" "${path%/ns}/cgroup" 2>/dev/null; then
        basename "${path%/ns}"
        break
      fi
    done
}
