// Package cluster reads Kubernetes objects into small types that hold nothing secret. Its functions neither remember nor decide
// anything: errors are those of the API server.
package cluster

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// PodOf returns what is kept of the pod.
func PodOf(p *corev1.Pod) podhealth.Pod {
	pod := podhealth.Pod{
		Name: p.Name, IP: p.Status.PodIP, Node: p.Spec.NodeName, HostNetwork: p.Spec.HostNetwork,
		Phase: string(p.Status.Phase), Reason: p.Status.Reason, Message: redact.Message(p.Status.Message),
		Created: p.CreationTimestamp.UTC(), Deleting: p.DeletionTimestamp != nil,
	}
	if p.Spec.DNSPolicy != corev1.DNSClusterFirst { // the default
		pod.DNSPolicy = string(p.Spec.DNSPolicy)
	}
	pod.Owner, pod.Revision = Owner(&p.ObjectMeta), p.Labels[appsv1.ControllerRevisionHashLabelKey]
	if p.Spec.SchedulerName != corev1.DefaultSchedulerName {
		pod.Scheduler = p.Spec.SchedulerName
	}
	if config := p.Spec.DNSConfig; p.Spec.DNSPolicy == corev1.DNSNone && config != nil {
		for _, server := range config.Nameservers {
			pod.NameServers = append(pod.NameServers, redact.Line(server))
		}
	}
	for _, ip := range p.Status.PodIPs {
		pod.IPs = append(pod.IPs, ip.IP)
	}
	for _, c := range p.Status.Conditions {
		pod.Conditions = append(pod.Conditions, Condition(string(c.Type), string(c.Status), c.Reason, c.Message, c.LastTransitionTime))
	}
	for _, g := range p.Spec.ReadinessGates {
		pod.Gates = append(pod.Gates, string(g.ConditionType))
	}
	for i := range p.Spec.InitContainers {
		pod.Containers = append(pod.Containers, containerOf(&p.Spec.InitContainers[i], true, p.Status.InitContainerStatuses))
	}
	for i := range p.Spec.Containers {
		pod.Containers = append(pod.Containers, containerOf(&p.Spec.Containers[i], false, p.Status.ContainerStatuses))
	}
	return pod
}
