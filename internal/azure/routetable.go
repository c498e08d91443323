package azure

import (
	"context"

	"github.com/akstools/akstools/internal/nsg"
)

// RouteTable returns the route table of the ID.
func RouteTable(ctx context.Context, c *Client, id string) (nsg.RouteTable, error) {
	if err := checkID(id, "Microsoft.Network/routeTables"); err != nil {
		return nsg.RouteTable{}, err
	}
	// https://learn.microsoft.com/rest/api/virtualnetwork/route-tables/get
	var raw struct {
		ID         string `json:"id"`
		Properties struct {
			DisableBGPRoutePropagation bool `json:"disableBgpRoutePropagation"`
			Routes                     []struct {
				Name       string `json:"name"`
				Properties struct {
					AddressPrefix    string `json:"addressPrefix"`
					NextHopType      string `json:"nextHopType"`
					NextHopIPAddress string `json:"nextHopIpAddress"`
				} `json:"properties"`
			} `json:"routes"`
		} `json:"properties"`
	}
	if err := c.get(ctx, id, networkVersion, &raw); err != nil {
		return nsg.RouteTable{}, err
	}
	t := nsg.RouteTable{ID: raw.ID, DisableBGP: raw.Properties.DisableBGPRoutePropagation}
	for _, r := range raw.Properties.Routes {
		t.Routes = append(t.Routes, nsg.Route{
			Name: r.Name, Prefix: r.Properties.AddressPrefix, NextHop: nsg.NextHop(r.Properties.NextHopType),
			NextHopIP: r.Properties.NextHopIPAddress,
		})
	}
	return t, nil
}
