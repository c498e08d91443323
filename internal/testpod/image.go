package testpod

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/akstools/akstools/internal/cmdline"
)

// tools are the repositories whose images are known to have sh and nc; the first is preferred. They are full names: anybody who may
// create pods brings an image of any other registry to a node, whatever its last part is. netcat reports whether nc has -e.
var tools = []struct {
	repository string
	netcat     bool
}{
	{"mcr.microsoft.com/azurelinux/busybox", true},
	{"mcr.microsoft.com/cbl-mariner/busybox", true},
	{"docker.io/library/busybox", true},
	{"docker.io/library/alpine", true},
	{"docker.io/nicolaka/netshoot", false},
}

var digest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// chooseImage sets the image, unless the user has: one that is on the node, so that nothing is pulled, otherwise cmdline.ToolImage.
// pulled reports the latter. With netcat, the image's nc must have -e.
func (o *Options) chooseImage(node *corev1.Node, netcat bool) (pulled bool) {
	if o.Image != "" {
		return false
	}
	for _, tool := range tools {
		if netcat && !tool.netcat {
			continue
		}
		if o.Image = imageOf(node, tool.repository); o.Image != "" {
			return false
		}
	}
	o.Image = cmdline.ToolImage
	return true
}

// imageOf returns an image of the repository that is on the node (status.images: the 50 largest): by its digest if one has any, so that it
// is this very image that runs; otherwise by its tag; empty if there is none.
func imageOf(node *corev1.Node, repository string) (tagged string) {
	for _, image := range node.Status.Images {
		for _, name := range image.Names {
			rest, ok := strings.CutPrefix(name, repository)
			switch {
			case !ok || rest == "":
			case rest[0] == '@' && digest.MatchString(rest[1:]):
				return name
			case rest[0] == ':' && !strings.Contains(rest, "@") && tagged == "":
				tagged = name
			}
		}
	}
	return tagged
}

// withImageHint adds to the error of a pod that did not start, and whose image had to be pulled, how to choose another image. It adds
// nothing to an answer of the API server, which did not take the pod.
func withImageHint(err error, o Options) error {
	var refused apierrors.APIStatus
	if errors.As(err, &refused) {
		return err
	}
	return fmt.Errorf("%w (node %s has no image of a repository that is known to have sh and nc, so it had to pull %s; "+
		"choose one that it has with --probe-image)", err, o.Node, o.Image)
}
