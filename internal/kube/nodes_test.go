package kube

import (
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	metadatafake "k8s.io/client-go/metadata/fake"
	ktesting "k8s.io/client-go/testing"
)

// Nodes with an invalid name or UID are rejected by every client.
func TestInvalidNodes(t *testing.T) {
	const uid = "7a9a0d5c-2f6b-4a39-8c0e-6f2d7b1c9e55"
	for _, c := range []struct {
		test, name string
		uid        types.UID
		valid      bool
	}{
		{"AKS", "aks-nodepool1-12345678-vmss000000", uid, true},
		{"dots", "ip-10-0-0-1.ec2.internal", uid, true},
		{"line in the UID", "node", "x\n    ProxyCommand touch marker\nMatch all", false},
		{"quote in the UID", "node", `x\'`, false},
		{"no UID", "node", "", false},
		{"pattern", "*", uid, false},
		{"path", "../../../escaped", uid, false},
		{"line", "node\nHost *", uid, false},
		{"option", "-oProxyCommand=x", uid, false},
		{"no name", "", uid, false},
	} {
		t.Run(c.test, func(t *testing.T) {
			node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: c.name, UID: c.uid}}
			clients := lying(node)
			ctx, asked := t.Context(), c.name
			_, get := clients.CoreV1().Nodes().Get(ctx, asked, metav1.GetOptions{})
			_, list := clients.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
			_, getMeta := clients.Metadata("v1", "nodes").Get(ctx, asked, metav1.GetOptions{})
			_, listMeta := clients.Metadata("v1", "nodes").List(ctx, metav1.ListOptions{})
			for call, err := range map[string]error{"get": get, "list": list, "get metadata": getMeta, "list metadata": listMeta} {
				var invalid *InvalidNodeError
				if c.valid && err != nil || !c.valid && !errors.As(err, &invalid) {
					t.Errorf("%s: %v", call, err)
				}
			}
		})
	}
}

// A node other than the requested one is rejected.
func TestOtherNodeReturned(t *testing.T) {
	clients := lying(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "other", UID: "1"}})
	if n, err := clients.CoreV1().Nodes().Get(t.Context(), "node", metav1.GetOptions{}); err == nil {
		t.Errorf("got node %s", n.Name)
	}
	if n, err := clients.Metadata("v1", "nodes").Get(t.Context(), "node", metav1.GetOptions{}); err == nil {
		t.Errorf("got the metadata of node %s", n.Name)
	}
}

// lying returns clients that answer with the node whatever they are asked for.
func lying(node *corev1.Node) *Clients {
	typed := fake.NewClientset()
	typed.PrependReactor("get", "nodes", func(ktesting.Action) (bool, runtime.Object, error) { return true, node, nil })
	typed.PrependReactor("list", "nodes", func(ktesting.Action) (bool, runtime.Object, error) {
		return true, &corev1.NodeList{Items: []corev1.Node{*node}}, nil
	})
	meta := metadatafake.NewSimpleMetadataClient(metadatafake.NewTestScheme())
	object := metav1.PartialObjectMetadata{ObjectMeta: node.ObjectMeta}
	meta.PrependReactor("get", "nodes", func(ktesting.Action) (bool, runtime.Object, error) { return true, &object, nil })
	meta.PrependReactor("list", "nodes", func(ktesting.Action) (bool, runtime.Object, error) {
		return true, &metav1.List{Items: []runtime.RawExtension{{Object: &object}}}, nil
	})
	return &Clients{Interface: typed, metadata: meta}
}
