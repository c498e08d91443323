package facts

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

const client = "11111111-2222-3333-4444-555555555555"

// TestPodUse holds what is kept of a pod, and that values of variables and annotations are not.
func TestPodUse(t *testing.T) {
	spec := &corev1.PodSpec{
		ServiceAccountName: "sc-account-" + client,
		Volumes: []corev1.Volume{
			{Name: "files", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "sc-mydb-secret"}}},
			{Name: "vault", VolumeSource: corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{
				Driver: csiDriver, VolumeAttributes: map[string]string{"secretProviderClass": "sc-mydb-secretprovider"},
			}}},
			{Name: "azure-workload-identity-reserved-1a2b", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
				Sources: []corev1.VolumeProjection{{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Audience: ExchangeAudience}}},
			}}},
		},
		Containers: []corev1.Container{{
			Name: "web", Command: []string{"run", "--url=${AZURE_X}", "--secret=$" + canary},
			EnvFrom: []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: "sc-mydb-secret"}, Optional: ptr.To(true),
			}}, {Prefix: "P_", ConfigMapRef: &corev1.ConfigMapEnvSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: "defaults"},
			}}},
			Env: []corev1.EnvVar{
				{Name: ClientIDVariable, Value: strings.ToUpper(client)},
				{Name: TokenFileVariable, Value: "/" + canary},
				{Name: "PASSWORD", Value: canary},
				{Name: "HOST", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
					LocalObjectReference: corev1.LocalObjectReference{Name: "sc-mydb-secret"}, Key: "AZURE_POSTGRESQL_HOST",
				}}},
			},
			VolumeMounts: []corev1.VolumeMount{
				{Name: "files", SubPath: "x"}, {Name: "azure-workload-identity-reserved-1a2b"},
			},
		}, {Name: "proxy", Env: []corev1.EnvVar{
			{Name: ClientIDVariable, Value: canary},
			{Name: "https_proxy", Value: canary},
			{Name: ChainVariable, Value: "dev"},
			{Name: "AZURE_CLIENT_SECRET", Value: canary},
		}}},
	}
	spec.HostAliases = []corev1.HostAlias{{IP: "10.9.0.99", Hostnames: []string{"Login.microsoftonline.com", "db.corp.example"}}}
	got := podUseOf(map[string]string{UseLabel: "true"}, map[string]string{
		"azure.workload.identity/skip-containers": "proxy; sidecar", "note": canary,
	}, spec)
	want := PodUse{
		ServiceAccount: "sc-account-" + client, Label: "true", Audiences: []string{ExchangeAudience}, Proxied: true,
		Pinned:  map[string]string{"login.microsoftonline.com": "10.9.0.99"},
		Skipped: []string{"proxy", "sidecar"}, Files: []MountedFile{{Container: "web", Volume: "files", Name: "x"}},
		Uses: []Use{
			{How: Volume, Object: "sc-mydb-secret", Name: "files", Copied: true},
			{How: CSI, Object: "sc-mydb-secretprovider", Name: "vault"},
			{
				How: EnvFrom, Object: "sc-mydb-secret", Container: "web", Optional: true, Copied: true, Later: []KeySource{{"defaults", "P_"}},
				Set: []string{ClientIDVariable, TokenFileVariable, "PASSWORD", "HOST"},
			},
			{How: EnvVar, Object: "sc-mydb-secret", Container: "web", Key: "AZURE_POSTGRESQL_HOST", Name: "HOST", Copied: true},
		},
		Containers: []ContainerIdentity{
			{
				Name: "web", Client: client, Env: []string{ClientIDVariable, TokenFileVariable}, Token: true, Unmounted: true,
				Literal: []string{"AZURE_X"},
			},
			{Name: "proxy", Env: []string{ClientIDVariable}, Chain: "dev", Password: "AZURE_CLIENT_SECRET"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	b, err := json.Marshal(got)
	if err != nil || strings.Contains(string(b), canary) {
		t.Errorf("%s %v", b, err)
	}
}

// Files that others may not read are unreadable for a container of another user and group than root's, unless the pod has an fsGroup.
func TestUnreadableFiles(t *testing.T) {
	other := corev1.PodSecurityContext{RunAsUser: ptr.To[int64](1000), RunAsGroup: ptr.To[int64](1000)}
	grouped := other
	grouped.FSGroup = ptr.To[int64](1000)
	for name, c := range map[string]struct {
		mode *int32
		pod  corev1.PodSecurityContext
		own  corev1.SecurityContext
		want int
	}{
		"by default":       {nil, other, corev1.SecurityContext{}, 0},
		"for root only":    {ptr.To[int32](0o400), other, corev1.SecurityContext{}, 1},
		"the image's user": {ptr.To[int32](0o400), corev1.PodSecurityContext{}, corev1.SecurityContext{}, 0},
		"with an fsGroup":  {ptr.To[int32](0o400), grouped, corev1.SecurityContext{}, 0},
		"by a container": {
			ptr.To[int32](0o440),
			corev1.PodSecurityContext{},
			corev1.SecurityContext{RunAsUser: ptr.To[int64](5), RunAsGroup: ptr.To[int64](5)},
			1,
		},
	} {
		u := podUseOf(nil, nil, &corev1.PodSpec{
			SecurityContext: &c.pod,
			Volumes: []corev1.Volume{{Name: "files", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
				SecretName: "sc-mydb-secret", DefaultMode: c.mode,
			}}}},
			Containers: []corev1.Container{{Name: "web", SecurityContext: &c.own, VolumeMounts: []corev1.VolumeMount{{Name: "files"}}}},
		})
		if len(u.Uses) != 1 || len(u.Uses[0].Unreadable) != c.want {
			t.Errorf("%s: %+v", name, u.Uses)
		}
	}
}

// A reference counts only before what it refers to, and where no envFrom may define the name.
func TestReferring(t *testing.T) {
	defined := corev1.EnvVar{Name: "KEY", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: "sc-mydb-secret"}, Key: "KEY",
	}}}
	url := corev1.EnvVar{Name: "URL", Value: canary + "$(KEY)"}
	for name, c := range map[string]struct {
		container corev1.Container
		want      int
	}{
		"before":       {corev1.Container{Env: []corev1.EnvVar{url, defined}}, 1},
		"after":        {corev1.Container{Env: []corev1.EnvVar{defined, url}}, 0},
		"escaped":      {corev1.Container{Env: []corev1.EnvVar{{Name: "URL", Value: "$$(KEY)"}, defined}}, 0},
		"with envFrom": {corev1.Container{Env: []corev1.EnvVar{url, defined}, EnvFrom: []corev1.EnvFromSource{{}}}, 0},
	} {
		u := podUseOf(nil, nil, &corev1.PodSpec{Containers: []corev1.Container{c.container}})
		if len(u.Uses) != 1 || len(u.Uses[0].Before) != c.want {
			t.Errorf("%s: %+v", name, u.Uses)
		}
	}
}
