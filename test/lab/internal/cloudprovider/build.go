// Package cloudprovider runs Azure's own cloud provider (https://github.com/kubernetes-sigs/cloud-provider-azure) against the lab's Azure
// Resource Manager, in which it makes load balancers, network security rules and public addresses for Services of type LoadBalancer.
package cloudprovider

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// source is the module that has the program as a tool, relative to the lab's.
const source = "../tools/cloudprovider"

// Build builds the program into the user's cache, unless it is there for the same sums, and returns its path. module is the directory of
// the lab's Go module.
func Build(ctx context.Context, module string, progress io.Writer) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sums, err := os.ReadFile(filepath.Join(module, source, "go.sum"))
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256(sums)
	program := filepath.Join(cache, "akstools-lab", "cloud-controller-manager-"+hex.EncodeToString(hash[:8]))
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	fmt.Fprintln(progress, "building Azure's cloud provider (once; about 10 minutes)")
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", program+".new",
		"sigs.k8s.io/cloud-provider-azure/cmd/cloud-controller-manager")
	cmd.Dir = filepath.Join(module, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return program, os.Rename(program+".new", program)
}
