package azure

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/azure/topology"
)

// NIC is a network interface of a node.
type NIC = topology.NIC

type reference struct {
	ID string `json:"id"`
}

// networkInterface is the part of Resource Manager's answer that is used
// (https://learn.microsoft.com/rest/api/virtualnetwork/network-interfaces/get).
type networkInterface struct {
	ID         string `json:"id"`
	Properties struct {
		Primary              bool      `json:"primary"`
		NetworkSecurityGroup reference `json:"networkSecurityGroup"`
		IPConfigurations     []struct {
			Properties struct {
				PrivateIPAddress          string      `json:"privateIPAddress"`
				Subnet                    reference   `json:"subnet"`
				PublicIPAddress           reference   `json:"publicIPAddress"`
				ApplicationSecurityGroups []reference `json:"applicationSecurityGroups"`
			} `json:"properties"`
		} `json:"ipConfigurations"`
	} `json:"properties"`
}

func (n networkInterface) nic() NIC {
	out := NIC{ID: n.ID, Group: n.Properties.NetworkSecurityGroup.ID}
	for _, c := range n.Properties.IPConfigurations {
		if out.Subnet == "" {
			out.Subnet = c.Properties.Subnet.ID
		}
		if a, err := netip.ParseAddr(c.Properties.PrivateIPAddress); err == nil {
			out.Addresses = append(out.Addresses, a)
		}
		out.Public = out.Public || c.Properties.PublicIPAddress.ID != ""
		for _, g := range c.Properties.ApplicationSecurityGroups {
			out.ASGs = append(out.ASGs, g.ID)
		}
	}
	return out
}

// MachineNICs returns the network interfaces of a node's machine.
func MachineNICs(ctx context.Context, c *Client, at id.Instance) ([]NIC, error) {
	var found []networkInterface
	var err error
	if at.ScaleSet != "" {
		found, err = list[networkInterface](ctx, c, machinePath(at)+"/networkInterfaces", scaleSetNICVersion)
	} else {
		found, err = virtualMachineNICs(ctx, c, machinePath(at))
	}
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(found, func(a, b networkInterface) int { // the primary one, which has pods' packets, first
		switch {
		case a.Properties.Primary == b.Properties.Primary:
			return 0
		case a.Properties.Primary:
			return -1
		}
		return 1
	})
	var nics []NIC
	for _, n := range found {
		nics = append(nics, n.nic())
	}
	return nics, nil
}

// virtualMachineNICs returns the NICs of a virtual machine that is not in a scale set.
func virtualMachineNICs(ctx context.Context, c *Client, machine string) ([]networkInterface, error) {
	var vm struct {
		Properties struct {
			NetworkProfile struct {
				NetworkInterfaces []reference `json:"networkInterfaces"`
			} `json:"networkProfile"`
		} `json:"properties"`
	}
	if err := c.get(ctx, machine, computeVersion, &vm); err != nil {
		return nil, err
	}
	var found []networkInterface
	for _, r := range vm.Properties.NetworkProfile.NetworkInterfaces {
		if err := checkID(r.ID, "Microsoft.Network/networkInterfaces"); err != nil {
			return nil, err
		}
		var n networkInterface
		if err := c.get(ctx, r.ID, networkVersion, &n); err != nil {
			return nil, err
		}
		found = append(found, n)
	}
	return found, nil
}

// Same reports whether two resource IDs are of the same resource: Azure does not keep their case.
func Same(a, b string) bool { return strings.EqualFold(a, b) }
