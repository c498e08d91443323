// Package secretsstore runs the Secrets Store CSI Driver (https://secrets-store-csi-driver.sigs.k8s.io) and its provider for Azure Key
// Vault (https://azure.github.io/secrets-store-csi-driver-provider-azure) in the lab, as AKS's add-on azure-keyvault-secrets-provider does.
package secretsstore

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/akstools/akstools/test/lab/internal/addon"
	"github.com/akstools/akstools/test/lab/internal/arm"
	"github.com/akstools/akstools/test/lab/internal/image"
	"github.com/akstools/akstools/test/lab/internal/tool"
)

// The DaemonSets of AKS's add-on.
const (
	driverName   = "aks-secrets-store-csi-driver"
	providerName = "aks-secrets-store-provider-azure"
)

const (
	driverModule   = "sigs.k8s.io/secrets-store-csi-driver"
	providerModule = "github.com/Azure/secrets-store-csi-driver-provider-azure"
	registry       = "mcr.microsoft.com/oss/v2/"
)

var (
	driver = tool.Program{
		Package: driverModule + "/cmd/secrets-store-csi-driver", Module: "../tools/secretsstore", Name: "secrets-store-csi-driver",
		Time: "2 minutes", Replaced: "../tools/mlog",
	}
	sidecar = tool.Program{
		Package: "./sidecar", Module: "../tools/secretsstore", Name: "csi-sidecar", Time: "10 seconds", Replaced: "../tools/mlog",
	}
	provider = tool.Program{
		Package: providerModule + "/cmd", Module: "../tools/vaultprovider", Name: "vault-provider", Time: "2 minutes", Replaced: "../tools/mlog",
	}
)

// Start builds driver and provider, puts their images on the nodes, applies the projects' own manifests and returns when their pods are
// Ready. lab is the directory of the lab's Go module.
func Start(ctx context.Context, lab string, kubectl addon.Kubectl, progress io.Writer) error {
	images, err := images(ctx, lab, progress)
	if err != nil {
		return err
	}
	if err := addon.Load(ctx, images...); err != nil {
		return err
	}
	definitions, objects, err := manifest(ctx, lab)
	if err != nil {
		return err
	}
	return addon.RunAll(
		kubectl.Apply(ctx, definitions),
		kubectl(ctx, "wait", "--for=condition=Established", "crd/secretproviderclasses.secrets-store.csi.x-k8s.io",
			"crd/secretproviderclasspodstatuses.secrets-store.csi.x-k8s.io", "--timeout=30s"),
		kubectl.Apply(ctx, objects),
		kubectl.Rollout(ctx, "daemonset/"+providerName), kubectl.Rollout(ctx, "daemonset/"+driverName),
	)
}

// Stop removes them, and all SecretProviderClasses. No pod must use a volume of the driver.
func Stop(ctx context.Context, lab string, kubectl addon.Kubectl) error {
	definitions, objects, err := manifest(ctx, lab)
	if err != nil {
		return err
	}
	return addon.RunAll(kubectl.Delete(ctx, objects), kubectl.Delete(ctx, definitions))
}

// images builds the programs and returns their images. The driver runs mount; the provider trusts the lab's Azure.
func images(ctx context.Context, lab string, progress io.Writer) ([]image.Image, error) {
	var built []string
	for _, p := range []tool.Program{driver, sidecar, provider} {
		path, err := p.Build(ctx, lab, progress)
		if err != nil {
			return nil, err
		}
		built = append(built, path)
	}
	ofDriver := image.Root{"/secrets-store-csi": {From: built[0]}}
	ofDriver.MergedUsr()
	for _, p := range []string{"mount", "umount"} {
		if err := ofDriver.AddProgram(p, "/usr/bin/"+p); err != nil {
			return nil, err
		}
	}
	beside := func(ref string) image.Image {
		return image.Image{Ref: ref, Root: image.Root{"/sidecar": {From: built[1]}}, Entrypoint: []string{"/sidecar"}}
	}
	ofProvider := image.Root{
		"/secrets-store-csi-driver-provider-azure": {From: built[2]}, "/etc/ssl/certs/ca-certificates.crt": {From: arm.CA()},
	}
	return []image.Image{
		{Ref: registry + "kubernetes-csi/secrets-store/driver:v1.6.0", Root: ofDriver, Entrypoint: []string{"/secrets-store-csi"}},
		beside(registry + "kubernetes-csi/csi-node-driver-registrar:v2.16.0"), beside(registry + "kubernetes-csi/livenessprobe:v2.18.0"),
		{
			Ref: registry + "azure/secrets-store/provider-azure:v1.8.2", Root: ofProvider,
			Entrypoint: []string{"/secrets-store-csi-driver-provider-azure"},
		},
	}, nil
}

// manifest is the kinds and the objects of both projects, with the names, the namespace and the images of AKS's add-on, and the tokens for
// workload identity that it asks the kubelet for.
func manifest(ctx context.Context, lab string) (definitions, objects string, err error) {
	ofDriver, err := driver.Dir(ctx, lab, driverModule)
	if err != nil {
		return "", "", err
	}
	ofProvider, err := provider.Dir(ctx, lab, providerModule)
	if err != nil {
		return "", "", err
	}
	deploy := filepath.Join(ofDriver, "deploy")
	if definitions, err = documents(
		filepath.Join(deploy, "secrets-store.csi.x-k8s.io_secretproviderclasses.yaml"),
		filepath.Join(deploy, "secrets-store.csi.x-k8s.io_secretproviderclasspodstatuses.yaml"),
	); err != nil {
		return "", "", err
	}
	if objects, err = documents(
		filepath.Join(deploy, "csidriver.yaml"), filepath.Join(deploy, "rbac-secretproviderclass.yaml"),
		filepath.Join(deploy, "rbac-secretprovidersyncing.yaml"), filepath.Join(deploy, "secrets-store-csi-driver.yaml"),
		filepath.Join(ofProvider, "deployment", "provider-azure-installer.yaml"),
	); err != nil {
		return "", "", err
	}
	const republish = "  requiresRepublish: true\n"
	if strings.Count(objects, republish) != 1 {
		return "", "", fmt.Errorf("the manifest of %s has no CSIDriver as it was", driverModule)
	}
	return definitions, strings.NewReplacer(
		republish, republish+"  tokenRequests: [{audience: \"api://AzureADTokenExchange\"}]\n",
		"name: csi-secrets-store-provider-azure", "name: "+providerName+"\n  namespace: kube-system",
		"serviceAccountName: csi-secrets-store-provider-azure", "serviceAccountName: "+providerName,
		"app: csi-secrets-store-provider-azure", "app: secrets-store-provider-azure",
		"name: csi-secrets-store\n", "name: "+driverName+"\n", "app: csi-secrets-store\n", "app: secrets-store-csi-driver\n",
		"registry.k8s.io/csi-secrets-store/driver", registry+"kubernetes-csi/secrets-store/driver",
		"registry.k8s.io/sig-storage/", registry+"kubernetes-csi/",
	).Replace(objects), nil
}

// documents returns the files of YAML as one.
func documents(files ...string) (string, error) {
	var all []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		all = append(all, strings.TrimPrefix(string(b), "---\n"))
	}
	return strings.Join(all, "\n---\n"), nil
}
