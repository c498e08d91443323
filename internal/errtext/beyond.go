package errtext

import "slices"

// beyondRules are connections of apps to Entra ID, Azure Resource Manager and Azure's services that failed on the way, by the names of
// these: the library that reports it names no service.
func beyondRules() []rule {
	const (
		endpoints = "https://learn.microsoft.com/azure/private-link/private-endpoint-dns"
		egress    = "https://learn.microsoft.com/azure/aks/outbound-rules-control-egress"
	)
	row := rowOf(Elsewhere)
	not := []string{
		"pull image", "pulling image", "failed to pull", "calling webhook", "ErrImagePull", "getting credentials", "kubelogin", "containerd",
		"Unable to connect to the server", "port-forward", "portforward", "forwarding", "dialing backend", "dial tcp4 ", "inside namespace",
		"proxy error",
		"10250", ".svc", "azmk8s.io",
	}
	reach := func(r rule, causes ...Cause) rule {
		for _, c := range causes {
			r.and = append(r.and, phrasesOf(c)...)
		}
		return r.without(not...)
	}
	services := []string{
		".database.azure.com", ".database.windows.net", ".redis.cache.windows.net", ".redis.azure.net", ".documents.azure.com",
		".mongo.cosmos.azure.com", ".servicebus.windows.net", ".core.windows.net", ".vault.azure.net", ".azconfig.io", ".openai.azure.com",
		".cognitiveservices.azure.com", ".service.signalr.net", ".webpubsub.azure.com", ".search.windows.net", "Npgsql", "org.postgresql",
		"psycopg", "pymysql", "asyncpg", "SqlException",
		"StackExchange.Redis", "ioredis", "redis.exceptions", "io.lettuce", "jedis", "pymongo", "Is the server running on",
	}
	entra := []string{"login.microsoftonline.com", "login.windows.net", "sts.windows.net", "login.partner.microsoftonline.cn"}
	arm := []string{"management.azure.com", "graph.microsoft.com"}
	connect := []Cause{CauseTimeout, CauseRefused, CauseUnreachable, CauseReset}
	unresolved := reach(row(endpoints, "The name of the service cannot be resolved by the client.",
		[]string{
			"the name is wrong, or the service was deleted",
			"it has a private endpoint, and the zone privatelink... is not linked to the cluster's network or lacks the name",
			"CoreDNS or the network's DNS servers do not answer or do not forward",
		},
		[]string{"kubectl exec POD -- nslookup NAME", "kubectl insideout --to NAME:PORT", doctorCommand},
		services...), CauseDNS)
	noName := reach(row(egress, "The name of Entra ID or of Azure Resource Manager cannot be resolved by the client.",
		[]string{"CoreDNS or the network's DNS servers do not answer or do not forward", "a firewall or NetworkPolicy blocks DNS"},
		[]string{"kubectl exec POD -- nslookup login.microsoftonline.com", "kubectl tunneldoctor --egress", doctorCommand},
		append(entra, arm...)...), CauseDNS)
	untrusted := reach(row(egress, "The client does not trust the certificate that it got from the service, or in its place.",
		[]string{
			"a proxy or firewall in between inspects TLS, and the image lacks its authority",
			"the image has no or old authorities: the package ca-certificates", "the service is addressed by its privatelink name",
		},
		[]string{"kubectl exec POD -- openssl s_client -connect NAME:443 -servername NAME: the issuer tells who answers"},
		slices.Concat(entra, arm, services)...), CauseExpired, CauseUntrusted)
	unconnected := reach(row(endpoints, "The client got no connection to the service, or lost it. It did not get as far as the sign-in.",
		[]string{
			"the service's firewall or its disabled public access: some services drop packets, and do not answer",
			"a NetworkPolicy, a network security group or a firewall blocks the port from the pods",
			"the service is stopped, or the name resolves to the public address in place of the private endpoint",
		},
		[]string{"kubectl insideout --to NAME:PORT", doctorCommand},
		services...), connect...)
	noConnection := reach(row(egress, "The client got no connection to Entra ID or Azure Resource Manager, or lost it.",
		[]string{
			"a firewall or NetworkPolicy does not allow login.microsoftonline.com or management.azure.com from the pods",
			"the cluster's outbound ports are exhausted (SNAT)", "a proxy is needed, and HTTPS_PROXY is not set in the pod",
		},
		[]string{"kubectl exec POD -- curl -sv https://login.microsoftonline.com", "kubectl tunneldoctor --egress"},
		append(entra, arm...)...), connect...)
	return []rule{
		unresolved, atPorts(unresolved), noName, untrusted, atPorts(untrusted), unconnected, atPorts(unconnected), noConnection,
	}
}

// atPorts returns the row for texts whose target has the port of a data service, which tells the service as its name does. In the text
// alone, a group of an IPv6 address has the same form.
func atPorts(r rule) rule {
	r.when, r.and = r.and, nil
	r.port = []string{"5432", "3306", "1433", "6380", "5671", "9093", "27017", "10255"}
	return r
}
