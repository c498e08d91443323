package aksnode

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// component is a category of control-plane logs (https://learn.microsoft.com/azure/aks/monitor-aks#aks-control-plane-resource-logs).
var component = regexp.MustCompile(`^[a-z][a-z0-9-]{1,62}$`)

// analytics is the query of Log Analytics for a component of the control plane, in the tables of its own that diagnostic
// settings fill now (https://learn.microsoft.com/azure/azure-monitor/reference/tables/akscontrolplane), audit logs having others.
func (s *logSource) analytics(category string, now time.Time) (string, error) {
	if !component.MatchString(category) {
		return "", fmt.Errorf("--control-plane is %q: it takes a category such as kube-apiserver, kube-controller-manager, kube-scheduler, cluster-autoscaler, guard, kube-audit", category)
	}
	table := "AKSControlPlane"
	switch category {
	case "kube-audit":
		table = "AKSAudit"
	case "kube-audit-admin":
		table = "AKSAuditAdmin"
	}
	lines := []string{table}
	if table == "AKSControlPlane" {
		lines = append(lines, fmt.Sprintf("| where Category == %q", category))
	}
	for _, b := range s.bounds() {
		if t, err := moment(b.text, now); err == nil && !t.IsZero() {
			lines = append(lines, fmt.Sprintf("| where TimeGenerated %s datetime(%s)", b.operator, t.UTC().Format(time.RFC3339)))
		}
	}
	if s.grep != "" && table == "AKSControlPlane" {
		lines = append(lines, fmt.Sprintf("| where Message matches regex %q", s.grep))
	}
	lines = append(lines, "| order by TimeGenerated desc")
	if s.tail >= 0 {
		lines = append(lines, fmt.Sprintf("| take %d", s.tail))
	}
	return strings.Join(lines, "\n"), nil
}
