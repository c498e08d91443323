package testpod

import (
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/akstools/akstools/internal/cmdline"
)

// TestChooseImage: only images of repositories that are known by their full name are run, by digest if the node reports one.
func TestChooseImage(t *testing.T) {
	const azure, library, netshoot = "mcr.microsoft.com/azurelinux/busybox", "docker.io/library/busybox", "docker.io/nicolaka/netshoot"
	sum := "@sha256:" + strings.Repeat("0123abcd", 8)
	for name, c := range map[string]struct {
		images [][]string
		netcat bool
		chosen string // the user's
		want   string // empty: it is pulled
	}{
		"another registry": {
			[][]string{{"attacker.example/team-b/busybox:latest", "attacker.example/azurelinux/busybox" + sum}}, false, "", "",
		},
		"another owner": {
			[][]string{{"docker.io/attacker/busybox:1", "docker.io/nicolaka-x/netshoot:1", "mcr.microsoft.com/x/busybox:1"}}, false, "", "",
		},
		"a repository below":          {[][]string{{library + "/x:1", library + "-x:1", "x" + library + ":1"}}, false, "", ""},
		"a short name":                {[][]string{{"busybox:1", "library/busybox:1"}}, false, "", ""},
		"with a port":                 {[][]string{{"docker.io:5000/library/busybox:1"}}, false, "", ""},
		"after larger ones of others": {[][]string{{"attacker.example/busybox:1"}, {azure + ":1.36"}}, false, "", azure + ":1.36"},
		"by tag":                      {[][]string{{library + ":1.37"}}, false, "", library + ":1.37"},
		"by digest":                   {[][]string{{library + sum, library + ":1.37"}}, false, "", library + sum},
		"by digest, named later":      {[][]string{{library + ":1.36"}, {library + ":1.37", library + sum}}, false, "", library + sum},
		"a malformed digest": {
			[][]string{{library + "@sha256:123", library + ":1@" + sum[1:], library + ":1.37"}}, false, "", library + ":1.37",
		},
		"Microsoft's first":      {[][]string{{library + sum}, {azure + ":1.36"}}, false, "", azure + ":1.36"},
		"netshoot":               {[][]string{{netshoot + ":v1"}}, false, "", netshoot + ":v1"},
		"netshoot's nc lacks -e": {[][]string{{netshoot + ":v1"}}, true, "", ""},
		"the user's own":         {[][]string{{azure + ":1.36"}}, false, "attacker.example/x", "attacker.example/x"},
	} {
		var node corev1.Node
		for _, names := range c.images {
			node.Status.Images = append(node.Status.Images, corev1.ContainerImage{Names: names})
		}
		o := Options{Image: c.chosen}
		pulled := o.chooseImage(&node, c.netcat)
		if want := c.want; pulled != (want == "") || o.Image != want && want != "" || pulled && o.Image != cmdline.ToolImage {
			t.Errorf("%s: image %q, pulled %v", name, o.Image, pulled)
		}
	}
}

// TestImageHint: the error of a pod that did not start names the flag that chooses its image; one that was refused does not.
func TestImageHint(t *testing.T) {
	o := Options{Node: "n", Image: cmdline.ToolImage}
	backOff := errors.New("pod x cannot start: ImagePullBackOff: no route to host")
	if err := withImageHint(backOff, o); !errors.Is(err, backOff) || !strings.Contains(err.Error(), "--probe-image") {
		t.Error(err)
	}
	denied := apierrors.NewForbidden(schema.GroupResource{Resource: "jobs"}, "x", errors.New("no"))
	if err := withImageHint(denied, o); err.Error() != denied.Error() {
		t.Error(err)
	}
}
