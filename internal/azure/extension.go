package azure

import (
	"context"
	"errors"
	"strings"
)

// Extension is an extension of an AKS cluster as Azure has it. Its settings are not read.
type Extension struct {
	ID      string `json:"id"`
	State   string `json:"state,omitempty"` // of the last operation on it, such as Succeeded, Creating, Updating or Failed
	Version string `json:"version,omitempty"`
	Train   string `json:"train,omitempty"`
	// Pinned reports that it is not upgraded to newer minor versions.
	Pinned bool `json:"pinned,omitempty"`
	// Errors are what the agents and Azure report about the last operation, the most telling first.
	Errors []string `json:"errors,omitempty"`
}

// Failed reports whether the last operation on it failed or was canceled.
func (e Extension) Failed() bool {
	return strings.EqualFold(e.State, "Failed") || strings.EqualFold(e.State, "Canceled")
}

// maxErrors bounds how many errors of an extension are kept.
const maxErrors = 4

// ExtensionOf returns the cluster's extension with the name; nil: it has none.
func ExtensionOf(ctx context.Context, c *Client, cluster, name string) (*Extension, error) {
	if err := checkID(cluster, clusterType); err != nil {
		return nil, err
	}
	// https://learn.microsoft.com/rest/api/kubernetesconfiguration/extensions/extensions/get
	var raw struct {
		ID         string `json:"id"`
		Properties struct {
			ProvisioningState       string `json:"provisioningState"`
			Version                 string `json:"version"`
			CurrentVersion          string `json:"currentVersion"`
			ReleaseTrain            string `json:"releaseTrain"`
			AutoUpgradeMinorVersion *bool  `json:"autoUpgradeMinorVersion"`
			ErrorInfo               struct {
				Message string `json:"message"`
			} `json:"errorInfo"`
			Statuses []struct {
				Level   string `json:"level"`
				Message string `json:"message"`
			} `json:"statuses"`
		} `json:"properties"`
	}
	err := c.get(ctx, cluster+"/providers/Microsoft.KubernetesConfiguration/extensions/"+name, extensionVersion, &raw)
	var reason *Error
	switch {
	case errors.As(err, &reason) && reason.Reason == NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	p := raw.Properties
	e := &Extension{
		ID: raw.ID, State: p.ProvisioningState, Version: p.CurrentVersion, Train: p.ReleaseTrain,
		Pinned: p.AutoUpgradeMinorVersion != nil && !*p.AutoUpgradeMinorVersion,
	}
	if e.Version == "" {
		e.Version = p.Version
	}
	if p.ErrorInfo.Message != "" {
		e.Errors = append(e.Errors, cut(p.ErrorInfo.Message))
	}
	for _, s := range p.Statuses {
		if strings.EqualFold(s.Level, "Error") && s.Message != "" && len(e.Errors) < maxErrors {
			e.Errors = append(e.Errors, cut(s.Message))
		}
	}
	return e, nil
}
