package nodepod

import (
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// likeOurs reports whether the Job is one as this program creates: bound to a node, limited in time, and with a pod that enters the node
// by our commands. Labels alone prove nothing, as everyone who can change a Job can set them.
func likeOurs(j *batchv1.Job) bool {
	pod := &j.Spec.Template.Spec
	limited := j.Spec.ActiveDeadlineSeconds != nil && j.Spec.TTLSecondsAfterFinished != nil &&
		ptr.Deref(j.Spec.BackoffLimit, 6) == 0 && ptr.Deref(j.Spec.Parallelism, 1) == 1 && ptr.Deref(j.Spec.Completions, 1) == 1
	bound := checkName(pod.NodeName) == nil && pod.NodeName == j.Annotations[NodeAnnotation] && pod.HostNetwork &&
		pod.RestartPolicy == corev1.RestartPolicyNever
	if !limited || !bound || !strings.HasPrefix(j.Name, namePrefix) || len(pod.InitContainers) > 0 || len(pod.Containers) == 0 {
		return false
	}
	for i, c := range pod.Containers {
		if c.Name != container(i, "", nil).Name || c.Image != pod.Containers[0].Image {
			return false
		}
	}
	if pod.OS != nil && pod.OS.Name == corev1.Windows {
		return isHostProcess(pod)
	}
	return pod.HostPID && isPrivileged(pod.Containers[0]) && (isGuarded(pod) || runsOnce(pod))
}

func isPrivileged(c corev1.Container) bool {
	return c.SecurityContext != nil && ptr.Deref(c.SecurityContext.Privileged, false)
}

// isHostProcess reports whether the pod is one of Manager.HostProcess.
func isHostProcess(pod *corev1.PodSpec) bool {
	s := pod.SecurityContext
	if s == nil || s.WindowsOptions == nil || !ptr.Deref(s.WindowsOptions.HostProcess, false) || len(pod.Containers) != 1 {
		return false
	}
	before, after, _ := strings.Cut(hostProcessGuard, "%d")
	command := pod.Containers[0].Command
	return len(command) == 4 && command[0] == "powershell.exe" && strings.HasPrefix(command[3], before) && strings.HasSuffix(command[3], after)
}

// isGuarded reports whether the pod is one of Manager.Acquire.
func isGuarded(pod *corev1.PodSpec) bool {
	command, guard := pod.Containers[0].Command, guardCommand(0)
	return len(pod.Containers) == 1 && len(command) == len(guard) && slices.Equal(command[:len(guard)-1], guard[:len(guard)-1])
}

// runsOnce reports whether the pod is one of Manager.RunOnce: all containers run the same script, the first to enter the node.
func runsOnce(pod *corev1.PodSpec) bool {
	first := pod.Containers[0].Command
	if !slices.Contains(first, nsenter) {
		return false
	}
	for _, c := range pod.Containers {
		if len(c.Command) < 4 || !slices.Equal(c.Command[:2], []string{"/usr/bin/bash", "-c"}) || !slices.Equal(c.Command[:4], first[:4]) {
			return false
		}
	}
	return true
}
