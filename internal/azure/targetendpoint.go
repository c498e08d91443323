package azure

import (
	"cmp"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/akstools/akstools/internal/greeting"
)

// Endpoint is where clients of a resource connect.
type Endpoint struct {
	Host string `json:"host"` // a name; empty: unknown
	Port int32  `json:"port"`
}

// targetEndpoint is the part of the properties of targets that names their endpoints:
// https://learn.microsoft.com/rest/api/storagerp/storage-accounts/get-properties,
// https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/get, https://learn.microsoft.com/rest/api/postgresql/servers/get,
// https://learn.microsoft.com/rest/api/redis/redis/get, https://learn.microsoft.com/rest/api/servicebus/controlplane/namespaces/get,
// https://learn.microsoft.com/rest/api/cosmos-db-resource-provider/database-accounts/get,
// https://learn.microsoft.com/rest/api/appconfiguration/configuration-stores/get.
type targetEndpoint struct {
	FQDN     string `json:"fullyQualifiedDomainName"` // of databases
	HostName string `json:"hostName"`                 // of caches, SignalR and Web PubSub
	SSLPort  int32  `json:"sslPort"`
	Vault    string `json:"vaultUri"`
	Document string `json:"documentEndpoint"`
	Bus      string `json:"serviceBusEndpoint"`
	Endpoint string `json:"endpoint"` // of App Configuration and Azure AI services
	Primary  struct {
		Blob  string `json:"blob"`
		Queue string `json:"queue"`
		Table string `json:"table"`
		File  string `json:"file"`
	} `json:"primaryEndpoints"`
}

// of returns the endpoint for a connection to the target with the ID, a resource of the type or a part of it.
func (e targetEndpoint) of(kind, target string) Endpoint {
	part := ""
	if r, err := arm.ParseResourceID(target); err == nil {
		part = strings.ToLower(strings.Join(r.ResourceType.Types[1:], "/"))
	}
	switch strings.ToLower(kind) {
	case "microsoft.dbforpostgresql/flexibleservers":
		return endpoint(e.FQDN, greeting.PostgreSQLPort)
	case "microsoft.dbformysql/flexibleservers":
		return endpoint(e.FQDN, greeting.MySQLPort)
	case "microsoft.sql/servers":
		return endpoint(e.FQDN, greeting.SQLServerPort)
	case strings.ToLower(RedisType):
		return endpoint(e.HostName, cmp.Or(e.SSLPort, greeting.RedisPort))
	case "microsoft.cache/redisenterprise":
		return endpoint(e.HostName, greeting.RedisEnterprisePort)
	case "microsoft.signalrservice/signalr", "microsoft.signalrservice/webpubsub":
		return endpoint(e.HostName, greeting.HTTPSPort)
	case strings.ToLower(storageType):
		service, _, _ := strings.Cut(part, "/")
		return endpointOf(map[string]string{
			"": e.Primary.Blob, "blobservices": e.Primary.Blob, "queueservices": e.Primary.Queue, "tableservices": e.Primary.Table,
			"fileservices": e.Primary.File,
		}[service])
	case strings.ToLower(cosmosType):
		if part != "" && !strings.HasPrefix(part, "sqldatabases") {
			return Endpoint{} // the other APIs have endpoints of their own, which the resource does not name
		}
	}
	return endpointOf(cmp.Or(e.Vault, e.Document, e.Bus, e.Endpoint))
}

// endpointOf returns the endpoint that a URL names.
func endpointOf(text string) Endpoint {
	u, err := url.Parse(text)
	if err != nil {
		return Endpoint{}
	}
	port, err := strconv.ParseUint(cmp.Or(u.Port(), "443"), 10, 16)
	if err != nil || port == 0 {
		return Endpoint{}
	}
	return endpoint(u.Hostname(), int32(port))
}

// endpoint returns the endpoint; none if the host is not a host name.
func endpoint(host string, port int32) Endpoint {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if len(validation.IsDNS1123Subdomain(host)) > 0 || net.ParseIP(host) != nil || port < 1 || port > 65535 {
		return Endpoint{}
	}
	return Endpoint{Host: host, Port: port}
}
