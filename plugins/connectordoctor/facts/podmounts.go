package facts

import (
	"cmp"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/redact"
)

// closed returns the mode if it lets only the owner and the group of files read them, otherwise zero. The default is 0644.
func closed(mode *int32) int32 {
	const othersRead = 0o004
	if mode == nil || *mode&othersRead != 0 {
		return 0
	}
	return *mode
}

// files fills in who may not read the files of closed volumes. They belong to root and its group, or with fsGroup to a group of each
// container (https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#set-the-security-context-for-a-pod).
func (u *PodUse) files(spec *corev1.PodSpec) {
	pod := ptr.Deref(spec.SecurityContext, corev1.PodSecurityContext{})
	if pod.FSGroup != nil {
		return
	}
	for _, c := range slices.Concat(spec.InitContainers, spec.Containers) {
		own := ptr.Deref(c.SecurityContext, corev1.SecurityContext{})
		user, group := cmp.Or(own.RunAsUser, pod.RunAsUser), cmp.Or(own.RunAsGroup, pod.RunAsGroup)
		if user == nil || *user == 0 || group == nil || *group == 0 { // unknown, or root
			continue
		}
		for _, m := range c.VolumeMounts {
			for i := range u.Uses {
				if use := &u.Uses[i]; use.How == Volume && use.Name == m.Name && use.Mode != 0 {
					use.Unreadable = append(use.Unreadable, Runner{c.Name, *user})
				}
			}
		}
	}
}

// mounts fills in which files containers need of volumes that are one Secret: parts that they mount by subPath, and their programs, where
// the volume is mounted over the directory of these.
func (u *PodUse) mounts(spec *corev1.PodSpec) {
	of := map[string]bool{}
	for _, v := range spec.Volumes {
		of[v.Name] = v.Secret != nil
	}
	for _, c := range slices.Concat(spec.InitContainers, spec.Containers) {
		for _, m := range c.VolumeMounts {
			if !of[m.Name] || m.SubPathExpr != "" {
				continue
			}
			f := MountedFile{Container: c.Name, Volume: m.Name, Name: m.SubPath}
			if f.Name == "" && len(c.Command) > 0 {
				if inside, ok := below(m.MountPath, c.Command[0]); ok && !mountedOver(c.VolumeMounts, m.MountPath, c.Command[0]) {
					f.Name, f.Program = inside, redact.Line(c.Command[0])
				}
			}
			if f.Name, _, _ = strings.Cut(path.Clean(f.Name), "/"); f.Name == "." {
				continue
			}
			f.Name = redact.Line(f.Name)
			u.Files = append(u.Files, f)
		}
	}
}

// below returns the path in the directory of a file, if that is there.
func below(directory, file string) (inside string, ok bool) {
	return strings.CutPrefix(path.Clean(file), path.Clean(directory)+"/")
}

// mountedOver reports whether the file is in another mount, inside of that of the directory.
func mountedOver(mounts []corev1.VolumeMount, directory, file string) bool {
	return slices.ContainsFunc(mounts, func(m corev1.VolumeMount) bool {
		_, inside := below(directory, m.MountPath)
		_, holds := below(m.MountPath, file)
		return inside && (holds || path.Clean(m.MountPath) == path.Clean(file))
	})
}
