package podhealth

import "slices"

// PullFailed reports whether the reason for which a container waits is that its image cannot be had
// (https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/images/types.go).
func PullFailed(reason string) bool {
	return slices.Contains([]string{
		"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable",
		"SignatureValidationFailed",
	}, reason)
}

// CreateFailed reports whether the reason for which a container waits is that it cannot be created or started
// (https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/kuberuntime/kuberuntime_container.go).
func CreateFailed(reason string) bool {
	return slices.Contains([]string{
		"CreateContainerConfigError", "CreateContainerError", "RunContainerError",
		"PreCreateHookError", "PreStartHookError", "PostStartHookError",
	}, reason)
}

// CannotStart reports whether a container that waits for the reason needs somebody's help to start.
func CannotStart(reason string) bool {
	return PullFailed(reason) || CreateFailed(reason) || reason == "CrashLoopBackOff"
}
