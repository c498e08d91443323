package connectordoctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// withAzure returns the connections with what Azure has of them, and those that only Azure has. read reports whether Azure was read; if it
// was not, a line tells why, unless it is off, and if it is required that is the error.
func withAzure(
	ctx context.Context, notes *cli.Printer, clients *kube.Clients, mode facts.AzureMode, all bool, list []found,
) (_ []found, read bool, _ error) {
	namespace := clients.Namespace
	if all {
		namespace = ""
	}
	e := &facts.Env{Clients: clients, Shared: &fact.Share{Cache: &fact.Cache{}}, Azure: mode, Note: notes.Notef}
	l, err := facts.ListInAzure(ctx, e, namespace)
	switch {
	case err != nil && mode == facts.AzureRequire:
		return nil, false, fmt.Errorf("reading the connections from Azure: %w", err)
	case err != nil:
		notes.Warnf("the connections were not read from Azure: %v", err)
		return list, false, nil
	case l.Off != "" && mode == facts.AzureRequire:
		return nil, false, fmt.Errorf("reading the connections from Azure: %s", l.Off)
	case l.Off != "":
		return list, false, nil
	}
	return merge(list, l.Items), true, nil
}

// merge returns the connections of the cluster and of Azure, sorted. One that both have gets its name in Azure. Where several in Azure
// write one Secret, each has it.
func merge(list []found, inAzure []facts.ConnectionInAzure) []found {
	all := slices.Clone(list)
	for i := range all {
		all[i].InAzure = new(bool)
	}
	yes := true
	for _, a := range inAzure {
		c := found{Namespace: a.Namespace, Consumers: []check.Ref{}}
		i := slices.IndexFunc(all, func(f found) bool {
			return f.InCluster && strings.EqualFold(f.Namespace, a.Namespace) && facts.SecretName(f.Name) == facts.SecretName(a.Name)
		})
		if i >= 0 {
			c = all[i]
		}
		c.Name, c.InAzure, c.CSI, c.Target, c.AuthType, c.State = a.Name, &yes, a.CSI, a.Target, a.AuthType, a.State
		if i >= 0 && !*all[i].InAzure {
			all[i] = c
		} else {
			all = append(all, c)
		}
	}
	sort(all)
	return all
}

// where says which of the cluster and Azure have the connection.
func (f found) where() string {
	switch {
	case f.InAzure == nil:
		return "-"
	case f.InCluster && *f.InAzure:
		return "cluster and Azure"
	case f.InCluster:
		return "cluster only"
	}
	return "Azure only"
}
