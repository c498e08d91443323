package facts

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/fact"
)

// eachOnce calls read once for each of the Services, some at a time: many webhooks have the same one.
func eachOnce[T any](services []check.Ref, read func(check.Ref) (T, error)) (map[check.Ref]T, error) {
	var distinct []check.Ref
	seen := map[check.Ref]bool{}
	for _, s := range services {
		if !seen[s] {
			seen[s] = true
			distinct = append(distinct, s)
		}
	}
	results, errs := make([]T, len(distinct)), make([]error, len(distinct))
	fact.Concurrently(len(distinct), func(i int) { results[i], errs[i] = read(distinct[i]) })
	of := map[check.Ref]T{}
	for i, s := range distinct {
		if errs[i] != nil {
			return nil, errs[i]
		}
		of[s] = results[i]
	}
	return of, nil
}

// readyEndpoints returns how many ready endpoints each of the Services has.
func readyEndpoints(ctx context.Context, e *Env, services []check.Ref) (map[check.Ref]int, error) {
	return eachOnce(services, func(s check.Ref) (int, error) { return cluster.ReadyEndpoints(ctx, e.Clients, s) })
}

// readyPods returns the names of the pods behind the ready endpoints of each of the Services; empty for an endpoint that is no pod.
func readyPods(ctx context.Context, e *Env, services []check.Ref) (map[check.Ref][]string, error) {
	return eachOnce(services, func(s check.Ref) ([]string, error) {
		list, err := cluster.EndpointSlices(ctx, e.Clients, s.Namespace, discoveryv1.LabelServiceName+"="+s.Name)
		var pods []string
		for _, slice := range list {
			for _, endpoint := range slice.Endpoints {
				if endpoint.Ready {
					pods = append(pods, endpoint.Pod)
				}
			}
		}
		return pods, err
	})
}

// servicePorts returns the ports of each of the Services. A Service that cannot be read has none here: that it is missing shows by its
// endpoints.
func servicePorts(ctx context.Context, e *Env, services []check.Ref) map[check.Ref][]int32 {
	of, _ := eachOnce(services, func(ref check.Ref) (ports []int32, _ error) { // read returns no error
		s, err := e.Clients.CoreV1().Services(ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
		if err != nil || s.Spec.Type == corev1.ServiceTypeExternalName {
			return nil, nil
		}
		for _, p := range s.Spec.Ports {
			ports = append(ports, p.Port)
		}
		return ports, nil
	})
	return of
}

// without returns the ports if the port is not one of them; else nil.
func without(ports []int32, port int32) []int32 {
	if slices.Contains(ports, port) {
		return nil
	}
	return ports
}

// mixed reports whether the pods seem to be of several workloads, by their names.
func mixed(pods []string) bool {
	return slices.ContainsFunc(pods, func(pod string) bool { return workload(pod) != workload(pods[0]) })
}

// workload returns the name of a pod's workload as the pod's name suggests it: without the random ends that controllers append.
func workload(pod string) string {
	i := strings.LastIndexByte(pod, '-')
	if i <= 0 {
		return pod
	}
	name := pod[:i]
	if j := strings.LastIndexByte(name, '-'); j > 0 && len(pod)-i == 6 && len(name)-j >= 6 { // of a ReplicaSet of a Deployment
		return name[:j]
	}
	return name
}
