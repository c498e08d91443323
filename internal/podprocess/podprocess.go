// Package podprocess finds the processes of pods on their node, without a container runtime.
package podprocess

import _ "embed"

// Script defines the function process_of of bash. With the UID of a pod, it prints the ID of a process in the pod's network namespace, or
// nothing if there is none. It believes only cgroups that the kubelet made.
//
//go:embed process.sh
var Script string
