package aksnode

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// categoryName matches the names of categories of control plane logs
// (https://learn.microsoft.com/azure/aks/monitor-aks#aks-control-plane-resource-logs).
var categoryName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,62}$`)

// analytics returns the Log Analytics query for a category of control plane logs. It uses the resource-specific tables
// (https://learn.microsoft.com/azure/azure-monitor/reference/tables/akscontrolplane); audit logs have tables of their own.
func (s *logSource) analytics(category string, now time.Time) (string, error) {
	if !categoryName.MatchString(category) {
		return "", fmt.Errorf("--control-plane is %q: it takes a category such as kube-apiserver, kube-controller-manager, "+
			"kube-scheduler, cluster-autoscaler, guard, kube-audit", category)
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
		if t, err := parseTime(b.text, now); err == nil && !t.IsZero() {
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
