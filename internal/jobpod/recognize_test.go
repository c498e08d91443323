package jobpod

import (
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

func testJob() *batchv1.Job {
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "aksnode-victim-abcde"},
		Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
			NodeName: "victims-node", HostPID: true, RestartPolicy: corev1.RestartPolicyNever, AutomountServiceAccountToken: ptr.To(false),
			Volumes: []corev1.Volume{{Name: "host-usr", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/usr"}}}},
			Containers: []corev1.Container{{
				Name: "node", Image: "image", Command: []string{"/usr/bin/bash", "-c", "guard"}, Stdin: true,
				SecurityContext: &corev1.SecurityContext{Privileged: ptr.To(true)},
				VolumeMounts:    []corev1.VolumeMount{{Name: "host-usr", MountPath: "/usr", ReadOnly: true}},
			}},
		}}},
	}
}

// attacks are pods that somebody makes to be taken for the Job's own.
var attacks = map[string]func(*corev1.Pod){
	"label alone":       func(p *corev1.Pod) { p.OwnerReferences, p.Annotations = nil, nil },
	"not controlled":    func(p *corev1.Pod) { p.OwnerReferences[0].Controller = nil },
	"another job's":     func(p *corev1.Pod) { p.OwnerReferences[0].UID = "other" },
	"no token":          func(p *corev1.Pod) { p.Annotations = nil },
	"another token":     func(p *corev1.Pod) { p.Annotations[TokenAnnotation] = "guessed" },
	"another node":      func(p *corev1.Pod) { p.Spec.NodeName = "attackers-node" },
	"another image":     func(p *corev1.Pod) { p.Spec.Containers[0].Image = "evil" },
	"another command":   func(p *corev1.Pod) { p.Spec.Containers[0].Command[2] = "evil" },
	"arguments":         func(p *corev1.Pod) { p.Spec.Containers[0].Args = []string{"evil"} },
	"environment":       func(p *corev1.Pod) { p.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "BASH_ENV", Value: "/evil"}} },
	"not privileged":    func(p *corev1.Pod) { p.Spec.Containers[0].SecurityContext.Privileged = nil },
	"its own PIDs":      func(p *corev1.Pod) { p.Spec.HostPID = false },
	"another volume":    func(p *corev1.Pod) { p.Spec.Volumes[0].HostPath.Path = "/evil" },
	"a mount over ours": func(p *corev1.Pod) { p.Spec.Containers[0].VolumeMounts[0].SubPath = "evil" },
	"a sidecar":         func(p *corev1.Pod) { p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: "evil"}) },
	"an init container": func(p *corev1.Pod) { p.Spec.InitContainers = []corev1.Container{{Name: "evil"}} },
	"a hook": func(p *corev1.Pod) {
		p.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{PostStart: &corev1.LifecycleHandler{}}
	},
	"names of its own": func(p *corev1.Pod) {
		p.Spec.HostAliases = []corev1.HostAlias{{IP: "192.0.2.1", Hostnames: []string{"shop"}}}
	},
	"a DNS server of its own": func(p *corev1.Pod) { p.Spec.DNSConfig = &corev1.PodDNSConfig{Nameservers: []string{"192.0.2.1"}} },
	"our container renamed":   func(p *corev1.Pod) { p.Spec.Containers[0].Name = "other" },
	"a lure that cannot start": func(p *corev1.Pod) {
		p.OwnerReferences = nil
		waiting := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ErrImagePull"}}
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{State: waiting}}
	},
	"a container that was replaced": func(p *corev1.Pod) {
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "node", RestartCount: 1}}
	},
	"a lure that failed": func(p *corev1.Pod) { p.OwnerReferences, p.Status.Phase = nil, corev1.PodFailed },
}

// A pod that somebody created to be mistaken for the Job's own is ignored, with a warning that names it, and does not end the run: the
// Job's own pod, which appears later, is used.
func TestAnothersPod(t *testing.T) {
	for name, change := range attacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{t: t, admit: func(*corev1.Pod) {}, pods: func(j *batchv1.Job) []*corev1.Pod {
				return []*corev1.Pod{others(j, change), controllers(j)}
			}}
			notes := &said{}
			pod, _, err := s.maker(notes).Start(t.Context(), testJob(), 20*time.Second, Running, "")
			if err != nil || pod.UID != "real" {
				t.Errorf("got pod %q, %v", pod.Name, err)
			}
			if !notes.has("ignoring pod evil ") {
				t.Errorf("the user is told %q", notes.warnings)
			}
		})
	}
}

// If the Job gets no pod of its own, the error names the other pod.
func TestOnlyAnothersPod(t *testing.T) {
	s := &server{t: t, admit: func(*corev1.Pod) {}, pods: func(j *batchv1.Job) []*corev1.Pod {
		return []*corev1.Pod{others(j, attacks["another node"])}
	}}
	pod, _, err := s.maker(&said{}).Start(t.Context(), testJob(), time.Second, Running, "")
	if err == nil || !strings.Contains(err.Error(), "pod evil") || !strings.Contains(err.Error(), "spec.nodeName") {
		t.Errorf("got pod %q, %v", pod.Name, err)
	}
}

// The number of warnings about other pods is limited.
func TestManyOfAnothersPods(t *testing.T) {
	s := &server{t: t, pods: func(j *batchv1.Job) (pods []*corev1.Pod) {
		for i := range 100 {
			pods = append(pods, others(j, func(p *corev1.Pod) {
				p.OwnerReferences, p.UID, p.Name = nil, types.UID(rune('a'+i)), string(rune('a'+i))
			}))
		}
		return append(pods, controllers(j))
	}}
	notes := &said{}
	pod, _, err := s.maker(notes).Start(t.Context(), testJob(), 20*time.Second, Running, "")
	if err != nil || pod.UID != "real" || len(notes.warnings) != maxWarnings {
		t.Errorf("got pod %q, %v, %q", pod.Name, err, notes.warnings)
	}
}

// mesh is what a webhook makes of each pod: a sidecar first, with the pod's name in its environment, and a certificate for all.
func mesh(p *corev1.Pod) {
	p.Spec.InitContainers = append(p.Spec.InitContainers, corev1.Container{Name: "istio-init", Image: "proxy", Command: []string{"iptables"}})
	p.Spec.Containers = append([]corev1.Container{{
		Name: "istio-proxy", Image: "proxy", Args: []string{"sidecar"}, Env: []corev1.EnvVar{{Name: "POD", Value: p.Name}},
	}}, p.Spec.Containers...)
	p.Spec.SecurityContext = &corev1.PodSecurityContext{FSGroup: ptr.To[int64](1337)}
	c := &p.Spec.Containers[1]
	c.Env = append(c.Env, corev1.EnvVar{Name: "HTTPS_PROXY", Value: "http://proxy:3128"})
	c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: "ca", MountPath: "/etc/ca"})
	p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "ca"})
}

// The Job's own pod is recognized as admission changed it; pods with other changes are not.
func TestAdmissionsPod(t *testing.T) {
	free := func(p *corev1.Pod) {
		p.Spec.Tolerations = append(p.Spec.Tolerations, corev1.Toleration{Key: "node.kubernetes.io/not-ready"})
		p.Spec.Priority, p.Spec.ServiceAccountName = ptr.To[int32](0), "default"
		p.Spec.Containers[0].ImagePullPolicy = corev1.PullAlways
		p.Spec.Containers[0].Resources.Limits = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}
		p.Labels["added"], p.Annotations["added"] = "1", "1"
	}
	for _, c := range []struct {
		name    string
		admit   func(*corev1.Pod) // of the dry run
		made    func(*corev1.Pod)
		taken   bool
		dryRuns int
	}{
		{"nothing", nil, func(*corev1.Pod) {}, true, 0},
		{"what no program sees", nil, free, true, 0},
		{"a mesh", mesh, mesh, true, 1},
		{"a mesh, and more", mesh, func(p *corev1.Pod) { mesh(p); p.Spec.NodeName = "attackers-node" }, false, 1},
		{"a mesh of another image", mesh, func(p *corev1.Pod) { mesh(p); p.Spec.Containers[0].Image = "evil" }, false, 1},
		{"a mesh, and more environment of ours", mesh, func(p *corev1.Pod) {
			mesh(p)
			p.Spec.Containers[1].Env = append(p.Spec.Containers[1].Env, corev1.EnvVar{Name: "LD_PRELOAD", Value: "/evil"})
		}, false, 1},
		{"a mesh that does not exist", func(*corev1.Pod) {}, mesh, false, 1},
		{"a mesh that cannot be asked for", nil, mesh, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &server{t: t, admit: c.admit, pods: func(j *batchv1.Job) []*corev1.Pod {
				p := controllers(j)
				c.made(p)
				return []*corev1.Pod{p}
			}}
			limit := 20 * time.Second
			if !c.taken {
				limit = time.Second
			}
			pod, _, err := s.maker(&said{}).Start(t.Context(), testJob(), limit, Running, "")
			if (err == nil) != c.taken || s.dryRuns != c.dryRuns {
				t.Errorf("got pod %q, %v, by %d dry runs", pod.Name, err, s.dryRuns)
			}
		})
	}
}
