package aksnode

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
)

// Nodes that join or leave while a command runs on all are named.
func TestNodesChange(t *testing.T) {
	node := func(name, uid, os string) corev1.Node {
		labels := map[string]string{corev1.LabelOSStable: os}
		return corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(uid), Labels: labels}}
	}
	a, again, c, w := node("a", "1", "linux"), node("b", "3", "linux"), node("c", "4", "linux"), node("w", "5", "windows")
	var stderr bytes.Buffer
	o := &runOptions{app: &cli.App{Streams: genericiooptions.IOStreams{ErrOut: &stderr}}, choice: choice{all: true}}
	clients := &kube.Clients{Interface: fake.NewClientset(&a, &again, &c, &w)}
	o.noteJoined(t.Context(), clients, []corev1.Node{a, node("b", "2", "linux")})
	if want := "warning: joined the cluster meanwhile, so that the command did not run there: b, c\n"; stderr.String() != want {
		t.Errorf("%q, want %q", &stderr, want)
	}
	missing := fmt.Errorf("x: %w", &nodepod.UnusableNodeError{Node: "b", Missing: true})
	if err := o.leftCluster("b", missing); err.Error() != "node b has left the cluster since the command started" {
		t.Error(err)
	}
	o.choice = choice{names: []string{"b"}}
	if err := o.leftCluster("b", missing); !errors.Is(err, missing) {
		t.Error(err)
	}
}
