package facts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// TestMounts holds which files containers need of a volume that is one Secret.
func TestMounts(t *testing.T) {
	for name, c := range map[string]struct {
		command string
		mount   corev1.VolumeMount
		want    []MountedFile
	}{
		"a directory of its own": {"/bin/httpd", corev1.VolumeMount{MountPath: "/etc/db"}, nil},
		"over the program":       {"/bin/httpd", corev1.VolumeMount{MountPath: "/bin/"}, []MountedFile{{"web", "files", "httpd", "/bin/httpd"}}},
		"above the program": {
			"/usr/bin/httpd", corev1.VolumeMount{MountPath: "/usr"}, []MountedFile{{"web", "files", "bin", "/usr/bin/httpd"}},
		},
		"beside the program":         {"/bin2/httpd", corev1.VolumeMount{MountPath: "/bin"}, nil},
		"a program found by PATH":    {"httpd", corev1.VolumeMount{MountPath: "/bin"}, nil},
		"a part":                     {"httpd", corev1.VolumeMount{MountPath: "/c", SubPath: "ca"}, []MountedFile{{"web", "files", "ca", ""}}},
		"below a part":               {"httpd", corev1.VolumeMount{MountPath: "/c", SubPath: "a/x"}, []MountedFile{{"web", "files", "a", ""}}},
		"a part that is not known":   {"httpd", corev1.VolumeMount{MountPath: "/x", SubPathExpr: "$(POD)"}, nil},
		"no command but the image's": {"", corev1.VolumeMount{MountPath: "/bin"}, nil},
	} {
		c.mount.Name = "files"
		container := corev1.Container{Name: "web", VolumeMounts: []corev1.VolumeMount{c.mount}}
		if c.command != "" {
			container.Command = []string{c.command}
		}
		got := podUseOf(nil, nil, &corev1.PodSpec{
			Volumes:    []corev1.Volume{{Name: "files", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "s"}}}},
			Containers: []corev1.Container{container},
		})
		if diff := cmp.Diff(c.want, got.Files); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestUndefined holds which references of a container to variables lead nowhere.
func TestUndefined(t *testing.T) {
	env := []corev1.EnvVar{
		{Name: "HOST", Value: "x"},
		{Name: "URL", Value: "pg://$(HOST):$(PORT)/$$(NAME)/$(PORT)"},
		{Name: "OTHER", Value: "$(date +%s) $(DB.NAME)"},
	}
	if diff := cmp.Diff([]string{"PORT", "DB.NAME"}, undefined(&corev1.Container{Env: env})); diff != "" {
		t.Error(diff)
	}
	from := []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{}}}
	if got := undefined(&corev1.Container{Env: env, EnvFrom: from}); got != nil {
		t.Errorf("with envFrom: %v", got)
	}
}
