package cluster

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// Condition returns what is kept of a condition of an object's status.
func Condition(kind, status, reason, message string, since metav1.Time) podhealth.Condition {
	return podhealth.Condition{Type: kind, Status: status, Reason: reason, Message: redact.Message(message), Since: since.UTC()}
}
