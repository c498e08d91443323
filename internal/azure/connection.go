package azure

import (
	"context"
	"strings"
	"time"
)

// Connection is a connection of Service Connector as Azure has it, which calls it a linker.
type Connection struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"` // of Kubernetes, which Azure calls its scope
	// State is the state of the last operation on it, such as Succeeded, Failed, Accepted, Updating or Deleting.
	State   string    `json:"state,omitempty"`
	Changed time.Time `json:"changed,omitzero"` // when the last operation began; zero: unknown
	// Target is the ID of the Azure resource; empty: it is none, such as a Kafka cluster of Confluent.
	Target string `json:"target,omitempty"`
	// AuthType is how pods sign in: userAssignedIdentity, secret, accessKey, servicePrincipalSecret and others.
	AuthType string `json:"authType,omitempty"`
	// OptsOut reports that Service Connector was told to assign no role.
	OptsOut bool `json:"optsOut,omitempty"`
	// Client is the client ID of the identity or of the application, in lower case, Subscription that of the identity.
	Client       string `json:"client,omitempty"`
	Subscription string `json:"subscription,omitempty"`
	// CSI reports that pods mount a key vault's secrets by the CSI driver; nothing is created in the cluster.
	CSI bool `json:"csi,omitempty"`
}

// ByIdentity reports whether pods sign in by workload identity. For those that mount secrets, the driver signs in, as the identity of the
// add-on.
func (c Connection) ByIdentity() bool {
	return strings.EqualFold(c.AuthType, "userAssignedIdentity") && !c.CSI
}

// Succeeded reports whether the last operation on it succeeded.
func (c Connection) Succeeded() bool { return strings.EqualFold(c.State, "Succeeded") }

// Failed reports whether the last operation on it failed or was canceled.
func (c Connection) Failed() bool {
	return strings.EqualFold(c.State, "Failed") || strings.EqualFold(c.State, "Canceled")
}

// linker is the part of Resource Manager's answer that is used: almost each member of it may be null
// (https://learn.microsoft.com/rest/api/servicelinker/linker/list).
type linker struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	SystemData struct {
		CreatedAt      time.Time `json:"createdAt"`
		LastModifiedAt time.Time `json:"lastModifiedAt"`
	} `json:"systemData"`
	Properties struct {
		ProvisioningState string `json:"provisioningState"`
		Scope             string `json:"scope"`
		TargetService     struct {
			ID                 string `json:"id"`
			ResourceProperties struct {
				CSI bool `json:"connectAsKubernetesCsiDriver"`
			} `json:"resourceProperties"`
		} `json:"targetService"`
		AuthInfo struct {
			AuthType       string `json:"authType"`
			AuthMode       string `json:"authMode"`
			ClientID       string `json:"clientId"`
			SubscriptionID string `json:"subscriptionId"`
		} `json:"authInfo"`
	} `json:"properties"`
}

// Connections returns the connections of the cluster.
func Connections(ctx context.Context, c *Client, cluster string) ([]Connection, error) {
	if err := checkID(cluster, clusterType); err != nil {
		return nil, err
	}
	raw, err := list[linker](ctx, c, cluster+"/providers/Microsoft.ServiceLinker/linkers", connectionVersion)
	if err != nil {
		return nil, err
	}
	all := make([]Connection, len(raw))
	for i, l := range raw {
		p := l.Properties
		all[i] = Connection{
			ID: l.ID, Name: l.Name, Namespace: p.Scope, State: p.ProvisioningState, Changed: l.SystemData.LastModifiedAt.UTC(),
			Target: p.TargetService.ID, AuthType: p.AuthInfo.AuthType, OptsOut: strings.EqualFold(p.AuthInfo.AuthMode, "optOutAllAuth"),
			Client: strings.ToLower(p.AuthInfo.ClientID), Subscription: p.AuthInfo.SubscriptionID,
			CSI: p.TargetService.ResourceProperties.CSI,
		}
		if all[i].Changed.IsZero() {
			all[i].Changed = l.SystemData.CreatedAt.UTC()
		}
	}
	return all, nil
}
