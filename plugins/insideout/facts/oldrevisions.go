package facts

import (
	"context"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
)

// OldRevision is a pod of a StatefulSet that keeps the pod in the way of its own update.
type OldRevision struct {
	Pod         string `json:"pod"`
	StatefulSet string `json:"statefulSet"`
	// Manual means that the StatefulSet's update strategy is OnDelete.
	Manual bool `json:"manual,omitempty"`
}

// OldRevisions are the pods that are not Ready and of an older revision than their StatefulSet wants by now, and that it does not
// replace: with the pod management OrderedReady it waits until each pod is Ready
// (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback).
var OldRevisions = &Fact[[]OldRevision]{
	Name:   "old-revisions",
	Needs:  []check.Need{Pods},
	Access: []rbacv1.PolicyRule{fact.Rule("apps", "statefulsets", "get")},
	Gather: func(ctx context.Context, e *Env) ([]OldRevision, []check.Evidence, error) {
		pods, err := Pods.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		old := []OldRevision{}
		var seen []check.Evidence
		sets := map[string]*appsv1.StatefulSet{}
		for _, p := range podhealth.NotReady(pods.Items) {
			name, ok := strings.CutPrefix(p.Owner, "statefulset/")
			if !ok || p.Revision == "" {
				continue
			}
			if sets[name] == nil {
				s, err := e.Clients.AppsV1().StatefulSets(e.Target.Namespace).Get(ctx, name, metav1.GetOptions{})
				if apierrors.IsNotFound(err) {
					continue
				}
				if err != nil {
					return old, seen, err
				}
				sets[name] = s
				seen = append(seen, check.Evidence{Source: cmdline.Kubectl("get", "statefulset", name, "-n", e.Target.Namespace, "-o", "yaml")})
			}
			if ordinal, err := strconv.Atoi(strings.TrimPrefix(p.Name, name+"-")); err == nil && ordinal < partition(sets[name]) {
				continue // it is kept at the old revision on purpose
			}
			manual := sets[name].Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType
			ordered := sets[name].Spec.PodManagementPolicy != appsv1.ParallelPodManagement
			if p.Revision != sets[name].Status.UpdateRevision && (manual || ordered) {
				old = append(old, OldRevision{Pod: p.Name, StatefulSet: name, Manual: manual})
			}
		}
		slices.SortFunc(old, func(a, b OldRevision) int { return strings.Compare(a.Pod, b.Pod) })
		return old, seen, nil
	},
}

// partition is the ordinal below which the StatefulSet keeps its pods at the old revision
// (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#partitions).
func partition(s *appsv1.StatefulSet) int {
	if r := s.Spec.UpdateStrategy.RollingUpdate; r != nil {
		return int(ptr.Deref(r.Partition, 0))
	}
	return 0
}
