package azure

import (
	"context"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// SNATUse is what a load balancer counted for one machine.
type SNATUse struct {
	Address netip.Addr `json:"address"` // the machine's
	// Failed is how many connections found no port.
	Failed int `json:"failed,omitempty"`
	// Used is the highest number of ports that were in use, Allocated how many the machine has; 0: not known.
	Used      int `json:"used,omitempty"`
	Allocated int `json:"allocated,omitempty"`
}

// SNATPeriod is the time before now of which SNATUses returns the counts. Azure takes some minutes to have them.
const SNATPeriod = 30 * time.Minute

// SNATUses returns the counts of the load balancer of the ID for each machine, by address, during SNATPeriod until now
// (https://learn.microsoft.com/azure/load-balancer/load-balancer-standard-diagnostics).
func SNATUses(ctx context.Context, c *Client, loadBalancer string, now time.Time) ([]SNATUse, error) {
	if err := checkID(loadBalancer, balancerType); err != nil {
		return nil, err
	}
	var mu sync.Mutex // guards of
	of := map[netip.Addr]*SNATUse{}
	count := func(names, filter, aggregation string, add func(use *SNATUse, metric string, value int)) error {
		all, err := c.metrics(ctx, loadBalancer, url.Values{
			"metricnames": {names}, "$filter": {filter}, "aggregation": {aggregation}, "interval": {"PT1M"},
			"timespan": {now.Add(-SNATPeriod).UTC().Format(time.RFC3339) + "/" + now.UTC().Format(time.RFC3339)},
		})
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		for _, m := range all {
			for _, s := range m.TimeSeries {
				a, err := netip.ParseAddr(s.dimension("BackendIPAddress"))
				if err != nil {
					continue
				}
				if of[a] == nil {
					of[a] = &SNATUse{Address: a}
				}
				for _, d := range s.Data {
					add(of[a], strings.ToLower(m.Name.Value), int(max(0, min(1e9, max(d.Total, d.Average)))))
				}
			}
		}
		return nil
	}
	var g errgroup.Group
	g.Go(func() error {
		return count("SnatConnectionCount", "ConnectionState eq 'Failed' and BackendIPAddress eq '*'", "Total",
			func(use *SNATUse, _ string, value int) { use.Failed += value })
	})
	g.Go(func() error {
		return count("UsedSnatPorts,AllocatedSnatPorts", "BackendIPAddress eq '*' and ProtocolType eq 'TCP'", "Average",
			func(use *SNATUse, metric string, value int) {
				if metric == "usedsnatports" {
					use.Used = max(use.Used, value)
				} else {
					use.Allocated = max(use.Allocated, value)
				}
			})
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var all []SNATUse
	for _, use := range of {
		all = append(all, *use)
	}
	slices.SortFunc(all, func(a, b SNATUse) int { return a.Address.Compare(b.Address) })
	return all, nil
}

// metric is the part of Azure Monitor's answer that is used (https://learn.microsoft.com/rest/api/monitor/metrics/list).
type metric struct {
	Name struct {
		Value string `json:"value"`
	} `json:"name"`
	TimeSeries []series `json:"timeseries"`
}

type series struct {
	MetadataValues []struct {
		Name struct {
			Value string `json:"value"`
		} `json:"name"`
		Value string `json:"value"`
	} `json:"metadatavalues"`
	Data []struct {
		Total   float64 `json:"total"`
		Average float64 `json:"average"`
	} `json:"data"`
}

func (s series) dimension(name string) string {
	for _, m := range s.MetadataValues {
		if strings.EqualFold(m.Name.Value, name) {
			return m.Value
		}
	}
	return ""
}

// metrics returns the metrics of the resource.
func (c *Client) metrics(ctx context.Context, id string, query url.Values) ([]metric, error) {
	var answer struct {
		Value []metric `json:"value"`
	}
	err := c.get(ctx, id+"/providers/Microsoft.Insights/metrics", metricsVersion+"&"+query.Encode(), &answer)
	return answer.Value, err
}
