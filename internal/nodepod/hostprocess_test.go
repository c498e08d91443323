package nodepod

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// The template must equal a golden file, which AKSTOOLS_UPDATE=1 rewrites.
func TestHostProcessTemplate(t *testing.T) {
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: "aksnpwin000000", Labels: map[string]string{corev1.LabelOSStable: "windows", windowsBuild: "10.0.20348"},
		},
		Spec: corev1.NodeSpec{Taints: []corev1.Taint{{Key: "os", Value: "Windows", Effect: corev1.TaintEffectNoSchedule}}},
	}
	image, known := hostProcessImage(node)
	if !known {
		t.Error("the build of Windows Server 2022 is not known")
	}
	got, err := yaml.Marshal(hostProcessTemplate(node, image, Options{IdleTimeout: 2 * time.Minute}))
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/hostprocess.yaml"
	if os.Getenv("AKSTOOLS_UPDATE") != "" {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestHostProcessImage(t *testing.T) {
	for build, want := range map[string]string{
		"10.0.17763": "1809", "10.0.20348": "ltsc2022", "10.0.20348.2762": "ltsc2022", "10.0.26100": "ltsc2025",
		"10.0.203480": "ltsc2022", "": "ltsc2022",
	} {
		image, known := hostProcessImage(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{windowsBuild: build}}})
		if image != "mcr.microsoft.com/windows/nanoserver:"+want || known != (build != "" && build != "10.0.203480") {
			t.Errorf("%s: %s, %t", build, image, known)
		}
	}
}
