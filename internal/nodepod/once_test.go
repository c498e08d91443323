package nodepod

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestMessageEndsWithThePartThatIsNotFull(t *testing.T) {
	full := strings.Repeat("x", maxMessage)
	running := "running"
	for name, c := range map[string]struct {
		parts []string // of the containers in order
		want  string
		whole bool
	}{
		"short":           {[]string{"a", running, running}, "a", true},
		"none":            {[]string{running, "b", "c"}, "", false},
		"empty":           {[]string{"", running, running}, "", true},
		"full, no second": {[]string{full, running, "c"}, full, false},
		"two":             {[]string{full, "b", running}, full + "b", true},
		"all full":        {[]string{full, full, full}, full + full + full, true},
	} {
		var p corev1.Pod
		for i, part := range c.parts {
			name := string(rune('a' + i))
			p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: name})
			s := corev1.ContainerStatus{Name: name}
			if part != running {
				s.State.Terminated = &corev1.ContainerStateTerminated{Message: part}
			}
			// the kubelet sorts by name, not as the pod does
			p.Status.ContainerStatuses = append([]corev1.ContainerStatus{s}, p.Status.ContainerStatuses...)
		}
		if text, whole := message(&p); text != c.want || whole != c.whole {
			t.Errorf("%s: %d bytes, whole %v; want %d, %v", name, len(text), whole, len(c.want), c.whole)
		}
	}
}
