package kube

import (
	"context"
	"fmt"
	"regexp"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/metadata"
)

// InvalidNodeError reports that the API server returned a node that cannot exist: the server, or something between it and us, is
// hostile. Names and UIDs of nodes are used as hosts and options of ssh, as file names and in commands.
type InvalidNodeError struct{ Reason string }

func (e *InvalidNodeError) Error() string {
	return "invalid response from the API server: " + e.Reason
}

// CoreV1 returns the client for the core API. Every node that it reads has a valid name and UID, or the call fails.
func (c *Clients) CoreV1() corev1client.CoreV1Interface { return core{c.Interface.CoreV1()} }

type core struct{ corev1client.CoreV1Interface }

func (c core) Nodes() corev1client.NodeInterface { return nodes{c.CoreV1Interface.Nodes()} }

// nodes validates what is read; nothing in the suite writes or watches nodes.
type nodes struct{ corev1client.NodeInterface }

func (n nodes) Get(ctx context.Context, name string, o metav1.GetOptions) (*corev1.Node, error) {
	node, err := n.NodeInterface.Get(ctx, name, o)
	if err == nil {
		err = checkNode(name, node.ObjectMeta)
	}
	if err != nil {
		return nil, err
	}
	return node, nil
}

func (n nodes) List(ctx context.Context, o metav1.ListOptions) (*corev1.NodeList, error) {
	list, err := n.NodeInterface.List(ctx, o)
	if err != nil {
		return nil, err
	}
	for i := range list.Items {
		if err := validNode(list.Items[i].ObjectMeta); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// nodeMetadata is nodes for the client that reads only metadata.
type nodeMetadata struct{ metadata.Getter }

func (n nodeMetadata) Get(
	ctx context.Context, name string, o metav1.GetOptions, subresources ...string,
) (*metav1.PartialObjectMetadata, error) {
	node, err := n.Getter.Get(ctx, name, o, subresources...)
	if err == nil {
		err = checkNode(name, node.ObjectMeta)
	}
	if err != nil {
		return nil, err
	}
	return node, nil
}

func (n nodeMetadata) List(ctx context.Context, o metav1.ListOptions) (*metav1.PartialObjectMetadataList, error) {
	list, err := n.Getter.List(ctx, o)
	if err != nil {
		return nil, err
	}
	for i := range list.Items {
		if err := validNode(list.Items[i].ObjectMeta); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// checkNode returns an error unless m is a valid node of that name.
func checkNode(name string, m metav1.ObjectMeta) error {
	if m.Name != name {
		return &InvalidNodeError{fmt.Sprintf("node %q was requested, node %q was returned", name, m.Name)}
	}
	return validNode(m)
}

// nodeUID allows more than the UUIDs that API servers generate.
var nodeUID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

func validNode(m metav1.ObjectMeta) error {
	if errs := validation.IsDNS1123Subdomain(m.Name); len(errs) > 0 {
		return &InvalidNodeError{fmt.Sprintf("node name %.300q is invalid: %s", m.Name, errs[0])}
	}
	if !nodeUID.MatchString(string(m.UID)) {
		return &InvalidNodeError{fmt.Sprintf("node %q has the invalid UID %.300q", m.Name, m.UID)}
	}
	return nil
}
