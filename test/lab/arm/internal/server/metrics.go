package server

import (
	"strings"
	"time"

	"github.com/akstools/akstools/test/lab/arm/internal/fabric"
)

// metrics returns the metrics of a load balancer by machine, as https://learn.microsoft.com/rest/api/monitor/metrics/list does for a filter
// by BackendIPAddress. All that was counted is of the last minute.
func (s *Server) metrics(r *request) any {
	var uses []fabric.PortUse
	if s.PortUses != nil && strings.Contains(strings.ToLower(r.target.id), "/loadbalancers/") {
		uses, _ = s.PortUses(r.Context()) // Azure answers without data
	}
	value := map[string]func(fabric.PortUse) (aggregation string, value int){
		"snatconnectioncount": func(u fabric.PortUse) (string, int) { return "total", u.Failed },
		"usedsnatports":       func(u fabric.PortUse) (string, int) { return "average", u.Used },
		"allocatedsnatports":  func(u fabric.PortUse) (string, int) { return "average", u.Allocated },
	}
	all := []any{}
	for name := range strings.SplitSeq(r.URL.Query().Get("metricnames"), ",") {
		of := value[strings.ToLower(name)]
		series := []any{}
		for _, u := range uses {
			if of == nil {
				break
			}
			aggregation, n := of(u)
			series = append(series, map[string]any{
				"metadatavalues": []any{map[string]any{"name": map[string]any{"value": "backendipaddress"}, "value": u.Address}},
				"data":           []any{map[string]any{"timeStamp": time.Now().UTC().Truncate(time.Minute), aggregation: n}},
			})
		}
		all = append(all, map[string]any{
			"id": r.target.id + "/providers/Microsoft.Insights/metrics/" + name, "type": "Microsoft.Insights/metrics",
			"name": map[string]any{"value": name}, "unit": "Count", "timeseries": series, "errorCode": "Success",
		})
	}
	return map[string]any{"value": all, "interval": "PT1M", "namespace": "microsoft.network/loadbalancers"}
}
