package jobpod

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/utils/ptr"
)

// difference returns the first difference between want and got in anything that decides what the pod's containers run, see and may do,
// or "". template is the spec before admission if want is that after it, else nil.
//
// Not compared are fields that only the API server and the kubelet use: resources, tolerations, priority, service account (its token is
// not mounted), pull policy and pull secrets. The environment of containers that admission added is not compared either, as it may
// contain the name of the pod.
func difference(want, got, template *corev1.PodSpec) string {
	if name := differs([]field{
		{"spec.nodeName", want.NodeName, got.NodeName},
		{"spec.hostNetwork", want.HostNetwork, got.HostNetwork},
		{"spec.hostPID", want.HostPID, got.HostPID},
		{"spec.hostIPC", want.HostIPC, got.HostIPC},
		{"spec.hostUsers", ptr.Deref(want.HostUsers, true), ptr.Deref(got.HostUsers, true)},
		{"spec.shareProcessNamespace", ptr.Deref(want.ShareProcessNamespace, false), ptr.Deref(got.ShareProcessNamespace, false)},
		{
			"spec.automountServiceAccountToken",
			ptr.Deref(want.AutomountServiceAccountToken, true), ptr.Deref(got.AutomountServiceAccountToken, true),
		},
		{"spec.enableServiceLinks", ptr.Deref(want.EnableServiceLinks, true), ptr.Deref(got.EnableServiceLinks, true)},
		{"spec.runtimeClassName", want.RuntimeClassName, got.RuntimeClassName},
		{"spec.restartPolicy", want.RestartPolicy, got.RestartPolicy},
		{
			"spec.securityContext",
			ptr.Deref(want.SecurityContext, corev1.PodSecurityContext{}), ptr.Deref(got.SecurityContext, corev1.PodSecurityContext{}),
		},
		{"spec.dnsPolicy", want.DNSPolicy, got.DNSPolicy},
		{"spec.dnsConfig", want.DNSConfig, got.DNSConfig},
		{"spec.hostAliases", want.HostAliases, got.HostAliases},
		{"spec.hostname", []string{want.Hostname, want.Subdomain}, []string{got.Hostname, got.Subdomain}},
		{"spec.hostnameOverride", want.HostnameOverride, got.HostnameOverride},
		{"spec.setHostnameAsFQDN", ptr.Deref(want.SetHostnameAsFQDN, false), ptr.Deref(got.SetHostnameAsFQDN, false)},
	}); name != "" {
		return name
	}
	for _, v := range want.Volumes { // further volumes do not matter: the mounts are compared below
		i := slices.IndexFunc(got.Volumes, func(g corev1.Volume) bool { return g.Name == v.Name })
		if i < 0 || !equality.Semantic.DeepEqual(v, got.Volumes[i]) {
			return "volume " + v.Name
		}
	}
	if template == nil {
		template = want
	}
	if name := containersDiffer(want.InitContainers, got.InitContainers, template.InitContainers); name != "" {
		return name
	}
	return containersDiffer(want.Containers, got.Containers, template.Containers)
}

// containersDiffer compares containers by name; their order does not matter. original are the containers of the template.
func containersDiffer(want, got, original []corev1.Container) string {
	index := func(all []corev1.Container, name string) int {
		return slices.IndexFunc(all, func(c corev1.Container) bool { return c.Name == name })
	}
	for i := range want {
		w := &want[i]
		at := index(got, w.Name)
		if at < 0 {
			return fmt.Sprintf("missing container %s", w.Name)
		}
		if name := containerDiffers(w, &got[at], index(original, w.Name) < 0); name != "" {
			return fmt.Sprintf("%s of container %s", name, w.Name)
		}
	}
	for i := range got {
		if index(want, got[i].Name) < 0 {
			return "additional container " + got[i].Name
		}
	}
	return ""
}

func containerDiffers(want, got *corev1.Container, added bool) string {
	fields := []field{
		{"image", want.Image, got.Image},
		{"command", want.Command, got.Command},
		{"args", want.Args, got.Args},
		{"workingDir", want.WorkingDir, got.WorkingDir},
		{"volumeMounts", want.VolumeMounts, got.VolumeMounts},
		{"volumeDevices", want.VolumeDevices, got.VolumeDevices},
		{
			"securityContext",
			ptr.Deref(want.SecurityContext, corev1.SecurityContext{}), ptr.Deref(got.SecurityContext, corev1.SecurityContext{}),
		},
		{"lifecycle", want.Lifecycle, got.Lifecycle},
		{"livenessProbe", want.LivenessProbe, got.LivenessProbe},
		{"readinessProbe", want.ReadinessProbe, got.ReadinessProbe},
		{"startupProbe", want.StartupProbe, got.StartupProbe},
		{"restartPolicy", want.RestartPolicy, got.RestartPolicy},
		{"restartPolicyRules", want.RestartPolicyRules, got.RestartPolicyRules},
		{"terminationMessagePath", want.TerminationMessagePath, got.TerminationMessagePath},
		{"terminationMessagePolicy", want.TerminationMessagePolicy, got.TerminationMessagePolicy},
		{"stdin", []bool{want.Stdin, want.StdinOnce, want.TTY}, []bool{got.Stdin, got.StdinOnce, got.TTY}},
	}
	if !added {
		fields = append(fields, field{"env", want.Env, got.Env}, field{"envFrom", want.EnvFrom, got.EnvFrom})
	}
	return differs(fields)
}

// field is a field of two objects, with its value in each.
type field struct {
	name      string
	want, got any
}

// differs returns the name of the first field whose values are not semantically equal (nil equals empty), or "".
func differs(fields []field) string {
	for _, f := range fields {
		if !equality.Semantic.DeepEqual(f.want, f.got) {
			return f.name
		}
	}
	return ""
}
