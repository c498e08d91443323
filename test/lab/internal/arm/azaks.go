package arm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// cluster returns the ID of the cluster that the command is about.
func (f azFlags) cluster() string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.ContainerService/managedClusters/%s",
		f.subscription(), f.one("-g", "--resource-group"), f.one("-n", "--name"))
}

// updateCluster changes what the flags name, as az aks update does (https://learn.microsoft.com/cli/azure/aks#az-aks-update): the
// authorized IP ranges, or the ports and public addresses of the load balancer, of which AKS then changes the outbound rule.
func (s signIn) updateCluster(ctx context.Context, f azFlags, stdout io.Writer) error {
	if ranges, ok := f["--api-server-authorized-ip-ranges"]; ok {
		if err := s.edit(ctx, f.cluster(), stdout, func(p map[string]any) error {
			p["apiServerAccessProfile"] = map[string]any{"authorizedIPRanges": strings.Split(strings.Join(ranges, ","), ",")}
			return nil
		}); err != nil {
			return err
		}
	}
	ports := f.one("--load-balancer-outbound-ports")
	if ports == "" {
		return nil
	}
	n, err := strconv.Atoi(ports)
	if err != nil || n < 0 || n > 64000 || n%8 != 0 {
		return fmt.Errorf("ERROR: --load-balancer-outbound-ports must be in the range [0, 64000] and a multiple of 8: %s", ports)
	}
	return s.edit(ctx, f.network("loadBalancers", "kubernetes"), stdout, func(p map[string]any) error {
		rules, _ := p["outboundRules"].([]any)
		if len(rules) != 1 {
			return fmt.Errorf("ERROR: the load balancer has %d outbound rules", len(rules))
		}
		rule, _ := rules[0].(map[string]any)
		properties, _ := rule["properties"].(map[string]any)
		properties["allocatedOutboundPorts"] = n
		return nil
	})
}

// network returns the ID of a network resource in the node resource group.
func (f azFlags) network(kind, name string) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Network/%s/%s", f.subscription(), layout.NodeGroup, kind, name)
}

// edit changes the properties of the resource of the ID.
func (s signIn) edit(ctx context.Context, id string, stdout io.Writer, change func(properties map[string]any) error) error {
	var answer bytes.Buffer
	if err := s.send(ctx, http.MethodGet, id, nil, &answer); err != nil {
		return err
	}
	var o map[string]any
	if err := json.Unmarshal(answer.Bytes(), &o); err != nil {
		return err
	}
	properties, _ := o["properties"].(map[string]any)
	if err := change(properties); err != nil {
		return err
	}
	return s.send(ctx, http.MethodPut, id, o, stdout)
}
