# shellcheck shell=bash
# process_of prints the first process of the pod with that UID, which lives as long as the pod's network namespace
process_of() { # UID
  local f
  f=$(grep -lsE "$(ofpod "$1")" /proc/[0-9]*/cgroup | sort -t/ -k3 -n | head -1)
  printf '%s' "${f//[!0-9]/}"
}

# ofpod prints the regular expression for a process of the pod with the uid in /proc/PID/cgroup: below kubelet's cgroup, where only root
# can create any. Others can choose the names of cgroups that systemd delegates to them.
ofpod() { # UID
  local uid=${1//[!a-zA-Z0-9-]/}
  uid=${uid:-none}
  echo "^[0-9]+:[^:]*:/(\.\./)*kubepods[./].*pod($uid|${uid//-/_})[./]"
}
