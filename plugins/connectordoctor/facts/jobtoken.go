package facts

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
)

// TokenInfo is whether the newest pod of the Job has a token for the API server.
type TokenInfo struct {
	Pod     string `json:"pod,omitempty"` // empty: there is none
	Account string `json:"account,omitempty"`
	// Absent reports that none of its containers, but for init containers, mounts a token; Off that the pod's own specification says so, not
	// its ServiceAccount's.
	Absent bool `json:"absent,omitempty"`
	Off    bool `json:"off,omitempty"`
}

// JobToken is whether the Job's newest pod has a token for the API server
// (https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting).
var JobToken = &Fact[TokenInfo]{
	Name:     "job-token",
	Needs:    []check.Need{Job, JobPods},
	AccessIn: map[string][]rbacv1.PolicyRule{System: {fact.Rule("", "pods", "list")}},
	Gather: func(ctx context.Context, e *Env) (TokenInfo, []check.Evidence, error) {
		job, err := Job.From(ctx, e)
		if err != nil || !job.Exists {
			return TokenInfo{}, nil, err
		}
		pods, err := podsOfJob(ctx, e)
		if err != nil || len(pods) == 0 {
			return TokenInfo{}, nil, err
		}
		spec := &pods[0].Spec
		info := TokenInfo{Pod: pods[0].Name, Account: spec.ServiceAccountName, Absent: true}
		info.Off = spec.AutomountServiceAccountToken != nil && !*spec.AutomountServiceAccountToken
		for _, c := range spec.Containers {
			if slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == tokenDirectory }) {
				info.Absent = false
			}
		}
		return info, nil, nil
	},
}

// tokenDirectory is where client libraries look for the token for the API server.
const tokenDirectory = "/var/run/secrets/kubernetes.io/serviceaccount"
