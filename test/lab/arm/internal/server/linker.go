package server

import "time"

// linker is a connection of Service Connector. The SDK for Go has no module of a stable version of it
// (https://github.com/Azure/azure-rest-api-specs/tree/main/specification/servicelinker).
type linker struct {
	ID         string           `json:"id,omitempty"`
	Name       string           `json:"name,omitempty"`
	Type       string           `json:"type,omitempty"`
	SystemData *systemData      `json:"systemData,omitempty"`
	Properties linkerProperties `json:"properties"`
}

type linkerProperties struct {
	ProvisioningState     string         `json:"provisioningState,omitempty"`
	TargetService         *linkerTarget  `json:"targetService,omitempty"`
	AuthInfo              *linkerAuth    `json:"authInfo,omitempty"`
	ClientType            string         `json:"clientType,omitempty"`
	Scope                 string         `json:"scope,omitempty"` // the Kubernetes namespace
	VNetSolution          map[string]any `json:"vNetSolution,omitempty"`
	SecretStore           map[string]any `json:"secretStore,omitempty"`
	PublicNetworkSolution map[string]any `json:"publicNetworkSolution,omitempty"`
	ConfigurationInfo     map[string]any `json:"configurationInfo,omitempty"`
}

type linkerTarget struct {
	Type               string `json:"type"`
	ID                 string `json:"id,omitempty"`
	Endpoint           string `json:"endpoint,omitempty"`
	ResourceProperties *struct {
		Type                           string `json:"type"`
		ConnectAsKubernetesCsiDriver   *bool  `json:"connectAsKubernetesCsiDriver,omitempty"`
		ConnectWithKubernetesExtension *bool  `json:"connectWithKubernetesExtension,omitempty"`
	} `json:"resourceProperties,omitempty"`
}

type linkerAuth struct {
	AuthType       string         `json:"authType"`
	AuthMode       string         `json:"authMode,omitempty"`
	ClientID       string         `json:"clientId,omitempty"`
	PrincipalID    string         `json:"principalId,omitempty"`
	SubscriptionID string         `json:"subscriptionId,omitempty"`
	UserName       string         `json:"userName,omitempty"`
	Roles          []string       `json:"roles,omitempty"`
	Name           string         `json:"name,omitempty"`
	SecretInfo     map[string]any `json:"secretInfo,omitempty"`
	Permissions    []string       `json:"permissions,omitempty"`
}

type systemData struct {
	CreatedBy          string    `json:"createdBy,omitempty"`
	CreatedByType      string    `json:"createdByType,omitempty"`
	CreatedAt          time.Time `json:"createdAt,omitzero"`
	LastModifiedBy     string    `json:"lastModifiedBy,omitempty"`
	LastModifiedByType string    `json:"lastModifiedByType,omitempty"`
	LastModifiedAt     time.Time `json:"lastModifiedAt,omitzero"`
}
