// Package workloadidentity runs the webhook of Azure Workload Identity (https://github.com/Azure/azure-workload-identity) in the lab as
// AKS's add-on does: it gives labelled pods the token and the variables with which they sign in to Entra ID.
package workloadidentity

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/akstools/akstools/test/lab/internal/addon"
	"github.com/akstools/akstools/test/lab/internal/image"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/tool"
)

const (
	deployment = "azure-wi-webhook-controller-manager"
	project    = "github.com/Azure/azure-workload-identity"
	reference  = "mcr.microsoft.com/oss/v2/azure/workload-identity/webhook:v1.6.0"
)

var webhook = tool.Program{
	Package: project + "/cmd/webhook", Module: "../tools/workloadidentity", Name: "azure-wi-webhook", Time: "2 minutes",
	Replaced: "../tools/mlog",
}

// Start builds the webhook, puts its image on the nodes, applies the project's own manifest and returns when its pods are Ready and the API
// server has its certificate. lab is the directory of the lab's Go module.
func Start(ctx context.Context, lab string, kubectl addon.Kubectl, progress io.Writer) error {
	program, err := webhook.Build(ctx, lab, progress)
	if err != nil {
		return err
	}
	img := image.Image{Ref: reference, Root: image.Root{"/manager": {From: program}}, Entrypoint: []string{"/manager"}}
	if err := addon.Load(ctx, img); err != nil {
		return err
	}
	text, err := manifest(ctx, lab)
	if err != nil {
		return err
	}
	configuration := "mutatingwebhookconfiguration/azure-wi-webhook-mutating-webhook-configuration"
	return addon.RunAll(
		kubectl.Apply(ctx, text), kubectl.Rollout(ctx, "deployment/"+deployment),
		kubectl(ctx, "wait", "--for=jsonpath={.webhooks[0].clientConfig.caBundle}", configuration, "--timeout=60s"),
	)
}

// Stop removes the webhook. Pods that it has changed stay as they are.
func Stop(ctx context.Context, lab string, kubectl addon.Kubectl) error {
	text, err := manifest(ctx, lab)
	if err != nil {
		return err
	}
	return addon.RunAll(kubectl.Delete(ctx, text))
}

// manifest is the project's manifest for the namespace and the image of AKS's add-on. As AKS's admissions enforcer does, it has the webhook
// leave kube-system out.
func manifest(ctx context.Context, lab string) (string, error) {
	dir, err := webhook.Dir(ctx, lab, project)
	if err != nil {
		return "", err
	}
	b, err := os.ReadFile(filepath.Join(dir, "deploy", "azure-wi-webhook.yaml"))
	if err != nil {
		return "", err
	}
	const of, separator = "namespace: azure-workload-identity-system", "\n---\n"
	namespace, objects, found := strings.Cut(string(b), separator)
	if !found || !strings.Contains(namespace, "kind: Namespace") || !strings.Contains(objects, of) {
		return "", fmt.Errorf("the manifest of %s does not begin with its namespace", project)
	}
	return strings.NewReplacer(
		of, "namespace: kube-system",
		"${AZURE_ENVIRONMENT:-AzurePublicCloud}", "AzurePublicCloud",
		"${AZURE_TENANT_ID}", layout.Tenant,
		"mcr.microsoft.com/oss/azure/workload-identity/webhook:v1.6.0", reference,
		"  objectSelector:\n", "  namespaceSelector:\n    matchExpressions:\n"+
			"    - {key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}\n  objectSelector:\n",
	).Replace(objects), nil
}
