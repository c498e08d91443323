package nodepod

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/jobpod"
)

// windowsBuild is the label with the node's Windows build
// (https://kubernetes.io/docs/reference/labels-annotations-taints/#nodekubernetesiowindows-build).
const windowsBuild = "node.kubernetes.io/windows-build"

// nanoserver lists the image tag for each Windows build: a container's build must match the node's
// (https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility).
var nanoserver = []struct{ build, tag string }{
	{"10.0.17763", "1809"},
	{"10.0.20348", "ltsc2022"},
	{"10.0.26100", "ltsc2025"},
}

// hostProcessImage returns the image for the node. known is false if the node's build is not in nanoserver.
func hostProcessImage(node *corev1.Node) (image string, known bool) {
	const repository = "mcr.microsoft.com/windows/nanoserver:"
	for _, n := range nanoserver {
		if build := node.Labels[windowsBuild]; build == n.build || strings.HasPrefix(build, n.build+".") {
			return repository + n.tag, true
		}
	}
	return repository + "ltsc2022", false
}

// hostProcessGuard is idleGuard in PowerShell, the main process of a HostProcess pod. It reads a stream rather than the Console, which
// cannot read a line with a timeout.
const hostProcessGuard = `$in = New-Object IO.StreamReader([Console]::OpenStandardInput()); ` +
	`while ($true) { $line = $in.ReadLineAsync(); if (-not $line.Wait(%d) -or $null -eq $line.Result) { break } }`

// HostProcess creates a HostProcess pod on a Windows node
// (https://learn.microsoft.com/azure/aks/node-access#create-a-host-process-container), in which commands run on the node as SYSTEM.
// The pod is not shared with other processes. The caller must Release the lease.
func (m *Manager) HostProcess(ctx context.Context, nodeName string, o Options) (*Lease, error) {
	var (
		node     *corev1.Node
		who      identity
		bindings []rbacv1.RoleBinding
	)
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		if node, err = GetNode(gctx, m.Clients, nodeName); err == nil && !IsWindows(node) {
			err = &UnusableNodeError{
				Node: nodeName, Reason: "does not run Windows, which HostProcess pods need",
				Hints: []string{"open a shell on it: " + cmdline.Kubectl("aksnode", "ssh", nodeName).String()},
			}
		}
		if err != nil {
			return err
		}
		var unusable *UnusableNodeError
		if _, err := CheckNode(node); errors.As(err, &unusable) && unusable.NotReady {
			return err
		}
		return nil
	})
	g.Go(func() error { return m.Clients.Check(gctx, Rights(o.Namespace, true)...) })
	g.Go(func() error {
		who = m.identity(gctx)
		return nil
	})
	g.Go(func() error {
		bindings = m.bindings(gctx, o.Namespace)
		return nil
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	m.warnOfOthers(bindings, o.Namespace, who.user)
	name, known := o.Image, true
	if name == "" {
		name, known = hostProcessImage(node)
	}
	if !known {
		m.Notes.Warnf("the Windows build %q of node %s is unknown; trying image %s (to use another: --image)",
			node.Labels[windowsBuild], nodeName, name)
	}
	d := &draft{node: node, who: who, options: o, images: []image{{name: name}}}
	d.template = func(image string) (*corev1.PodTemplateSpec, error) { return hostProcessTemplate(node, image, o), nil }
	pod, _, unclaim, err := m.launch(ctx, d, jobpod.Running, true)
	if err != nil {
		return nil, err
	}
	l := &Lease{Pod: pod, manager: m, unclaim: unclaim}
	l.guard(ctx)
	return l, nil
}

// hostProcessTemplate returns the pod that AKS documents, with tolerations for the node's taints, and with hostProcessGuard in place of
// the documented sleep.
func hostProcessTemplate(node *corev1.Node, image string, o Options) *corev1.PodTemplateSpec {
	return &corev1.PodTemplateSpec{Spec: corev1.PodSpec{
		NodeName:                      node.Name,
		OS:                            &corev1.PodOS{Name: corev1.Windows},
		HostNetwork:                   true,
		RestartPolicy:                 corev1.RestartPolicyNever,
		TerminationGracePeriodSeconds: ptr.To[int64](1),
		AutomountServiceAccountToken:  ptr.To(false),
		EnableServiceLinks:            ptr.To(false),
		Tolerations:                   jobpod.Tolerations(node),
		SecurityContext: &corev1.PodSecurityContext{WindowsOptions: &corev1.WindowsSecurityContextOptions{
			HostProcess: ptr.To(true), RunAsUserName: ptr.To(`NT AUTHORITY\SYSTEM`),
		}},
		Containers: []corev1.Container{{
			Name: containerName, Image: image, ImagePullPolicy: corev1.PullIfNotPresent, Stdin: true,
			Command: []string{"powershell.exe", "-NoProfile", "-Command", fmt.Sprintf(hostProcessGuard, o.IdleTimeout.Milliseconds())},
		}},
	}}
}
