// Package faults is the corpus with which `kubectl insideout` is evaluated: what is broken for real, the code that must
// be the verdict, and why. It was written before the checks. Healthy lists unusual set-ups that must have no finding,
// Pairs lists faults at two hops at once, of which the inner one must be named.
package faults

// Fault is something that is broken on purpose, around one Service.
type Fault struct {
	Name string
	// Code is the code of the check that must be the verdict; Status its status, fail if it is empty. It is warn for a
	// partial fault (some pods work), and unknown if no one could tell.
	Code, Status string
	Why          string // why this code and no other
}

// Pair is two faults at once. Its code is that of Inner.
type Pair struct{ Inner, Outer string }

// All returns the faults, inner hops first.
func All() []Fault {
	return []Fault{
		// hop pod
		{Name: "selector-value", Code: "INS0101", Why: "the Service's selector has another value than the pods' label: nothing is selected"},
		{Name: "selector-extra-label", Code: "INS0101", Why: "the selector has a label that the pods lack"},
		{
			Name: "pods-relabelled", Code: "INS0101",
			Why: "the workload was renamed, its pods carry a new label, the Service still selects the old one",
		},
		{Name: "quota-exceeded", Code: "INS0102", Why: "the selector is right; a ResourceQuota prevents creating pods"},
		{Name: "scaled-to-zero", Code: "INS0102", Why: "the workload has 0 replicas, and the user asks why its Service is not reached"},
		{Name: "pod-security-denies", Code: "INS0102", Why: "Pod Security Admission denies the pods of the workload"},
		{Name: "service-account-missing", Code: "INS0102", Why: "the pod template names a ServiceAccount that does not exist"},
		{Name: "admission-policy-denies", Code: "INS0102", Why: "a ValidatingAdmissionPolicy denies the pods"},
		{Name: "node-selector-unmatched", Code: "INS0103", Why: "the pods require a node label that no node has"},
		{Name: "cpu-request-too-large", Code: "INS0103", Why: "the pods request more CPU than any node has"},
		{Name: "claim-unbound", Code: "INS0103", Why: "the pods' PersistentVolumeClaim is not bound, so they are not scheduled"},
		{Name: "image-unreachable", Code: "INS0104", Why: "the image cannot be pulled"},
		{Name: "image-name-invalid", Code: "INS0104", Why: "the image's name cannot be parsed"},
		{Name: "image-never-pulled", Code: "INS0104", Why: "imagePullPolicy is Never and the image is not on the node"},
		{Name: "config-map-missing", Code: "INS0105", Why: "envFrom names a ConfigMap that does not exist: the container cannot be created"},
		{Name: "secret-key-missing", Code: "INS0105", Why: "an environment variable names a key that the Secret lacks"},
		{Name: "non-root-image", Code: "INS0105", Why: "runAsNonRoot with an image that runs as root"},
		{Name: "command-not-found", Code: "INS0105", Why: "the command is not in the image: the container cannot start"},
		{Name: "volume-secret-missing", Code: "INS0106", Why: "a volume's Secret does not exist: the pod waits for its mount"},
		{Name: "init-container-fails", Code: "INS0107", Why: "an init container fails, so the app never starts"},
		{Name: "crash-loop", Code: "INS0108", Why: "the app keeps exiting with code 3"},
		{Name: "out-of-memory", Code: "INS0109", Why: "the app needs more memory than its limit and is killed"},
		{
			Name: "liveness-probe-fails", Code: "INS0110",
			Why: "the liveness probe uses a port on which nothing listens: the kubelet restarts a working app",
		},
		{Name: "startup-probe-fails", Code: "INS0111", Why: "the startup probe never passes"},
		{Name: "readiness-status", Code: "INS0112", Why: "the readiness probe gets 500"},
		{Name: "readiness-port", Code: "INS0112", Why: "the readiness probe uses a port on which nothing listens"},
		{Name: "readiness-timeout", Code: "INS0112", Why: "the app answers the readiness probe later than its timeoutSeconds"},
		{Name: "readiness-gate", Code: "INS0113", Why: "the containers are ready, a readiness gate is not true"},
		{
			Name: "node-lost", Code: "INS0114",
			Why: "the kubelet of the only pod's node is down: nothing keeps the pod's state, the pod is not Ready",
		},
		{Name: "starts-slowly", Code: "INS0115", Why: "the pod is not Ready yet and nothing is wrong with it: its readiness probe has not begun"},
		{
			Name: "one-pod-not-ready", Code: "INS0112", Status: "warn",
			Why: "one of two workloads behind the Service is not ready: the Service works with the other",
		},
		// hop app
		{Name: "app-on-localhost", Code: "INS0202", Why: "the app listens on 127.0.0.1 only"},
		{Name: "app-on-another-port", Code: "INS0201", Why: "the container declares the target port and nothing listens on it"},
		{Name: "udp-not-served", Code: "INS0201", Why: "the port is UDP, the container declares it, and nothing listens on it"},
		{Name: "dns-app-silent", Code: "INS0203", Why: "a port that promises DNS by UDP is listened on and never answers"},
		{Name: "pod-port-dropped", Code: "INS0203", Why: "the pod's node drops packets to the app's port: the app listens and is not reached"},
		{
			Name: "dropped-under-policy", Code: "INS0203",
			Why: "the same, and a NetworkPolicy selects the pod and allows its namespace: it is not what drops the packets",
		},
		{Name: "app-hangs", Code: "INS0204", Why: "the app accepts connections and never answers; its readiness probe only connects"},
		{Name: "app-resets", Code: "INS0204", Why: "the app resets every connection at the first byte"},
		{Name: "http-on-https-port", Code: "INS0205", Why: "the port is called https, the app speaks plain HTTP"},
		{Name: "https-on-http-port", Code: "INS0205", Why: "the port is called http, the app speaks TLS"},
		{Name: "app-status-500", Code: "INS0206", Why: "the app answers 500 to every request"},
		{
			Name: "certificate-expired", Code: "INS0207", Status: "warn",
			Why: "the app's certificate expired yesterday: clients that verify refuse it",
		},
		{
			Name: "one-pod-does-not-listen", Code: "INS0201", Status: "warn",
			Why: "one of two workloads behind the Service does not listen: every second connection fails",
		},
		// hop service
		{Name: "target-port-number", Code: "INS0301", Why: "nothing listens on targetPort; the port that the container declares answers"},
		{Name: "target-port-name", Code: "INS0302", Why: "no container has a port with the name in targetPort"},
		{Name: "protocol-udp", Code: "INS0303", Why: "the Service's port is UDP, the container's port of that number TCP"},
		{Name: "protocol-udp-refused", Code: "INS0303", Why: "the same, and nothing listens on the number at all: datagrams are refused"},
		{Name: "no-endpoints-made", Code: "INS0304", Why: "a Service without selector and without EndpointSlices: it has no endpoints"},
		{Name: "endpoints-stale", Code: "INS0305", Why: "the controller manager is frozen: the EndpointSlices contain addresses of deleted pods"},
		{
			Name: "foreign-endpoint", Code: "INS0305", Status: "warn",
			Why: "a hand-made EndpointSlice adds an address of no pod: some connections fail",
		},
		{
			Name: "manual-endpoint-port", Code: "INS0201",
			Why: "a hand-made EndpointSlice has a port on which nothing listens: the address itself refuses, whatever the Service specifies",
		},
		// hop network-policy
		{Name: "policy-denies-in", Code: "INS0501", Why: "a NetworkPolicy selects all pods and allows no ingress"},
		{Name: "dns-policy-denies-in", Code: "INS0501", Why: "the same before a server of DNS by UDP"},
		{
			Name: "policy-names-service-port", Code: "INS0501",
			Why: "a NetworkPolicy allows the namespace on the Service's port, which is not the pod's",
		},
		{Name: "policy-lets-nobody", Code: "INS0501", Why: "a NetworkPolicy allows pods with a label that no pod has"},
		{Name: "policy-denies-out", Code: "INS0501", Why: "a NetworkPolicy denies all egress of the client's namespace"},
		{
			Name: "policy-lets-others", Code: "INS0501", Status: "unknown",
			Why: "a NetworkPolicy allows existing pods, and the test pod is none of them: only naming a client decides",
		},
		// hop cluster-ip
		{
			Name: "kube-proxy-stale", Code: "INS0401",
			Why: "kube-proxy has been down since before the pods were replaced: the ClusterIP goes to addresses of deleted pods",
		},
		{Name: "cluster-ip-dropped", Code: "INS0401", Why: "the nodes drop packets to the ClusterIP"},
		{Name: "datagrams-to-cluster-ip-dropped", Code: "INS0401", Why: "the nodes drop datagrams to the ClusterIP's UDP port"},
		{Name: "cluster-ip-rejected", Code: "INS0401", Why: "the nodes refuse connections to the ClusterIP"},
		{Name: "one-node-drops-cluster-ip", Code: "INS0402", Why: "the other node than the test pod's drops packets to the ClusterIP"},
		// hop load-balancer
		{
			Name: "balancer-address-unknown", Code: "INS0601",
			Why: "an annotation requests an address that is not ours: the controller reports it in events",
		},
		{Name: "balancer-port-taken", Code: "INS0601", Why: "another Service has the same port on the same address"},
		{Name: "balancer-probe-annotation", Code: "INS0601", Why: "annotations request probes that Azure rejects"},
		{
			Name: "balancer-class-unknown", Code: "INS0601", Status: "unknown",
			Why: "no controller handles that class, but in the first three minutes that is unknown",
		},
		{
			Name: "balancer-probe-404", Code: "INS0602",
			Why: "appProtocol http makes the probe request /, which the app answers with 404 (AKS#3210)",
		},
		{Name: "balancer-probe-path", Code: "INS0602", Why: "the annotation's path answers 404"},
		{Name: "balancer-probe-https", Code: "INS0602", Why: "an annotation requests HTTPS probes of an app that speaks HTTP"},
		{Name: "node-port-dropped", Code: "INS0602", Why: "the nodes drop packets to the node port"},
		// hop ingress
		{Name: "ingress-port-number", Code: "INS0701", Why: "the rule names a port that the Service does not have"},
		{Name: "ingress-port-name", Code: "INS0701", Why: "the rule names a port by a name that the Service does not have"},
		{
			Name: "ingress-backend-missing", Code: "INS0702", Status: "warn",
			Why: "another path routes to a Service that does not exist; this one works",
		},
		{Name: "ingress-class-unknown", Code: "INS0703", Why: "there is no IngressClass of that name"},
		{Name: "ingress-class-without-controller", Code: "INS0703", Why: "the class exists, but no pod of its controller"},
		{Name: "ingress-controller-down", Code: "INS0703", Why: "the controller is scaled to 0"},
		{Name: "ingress-host-twice", Code: "INS0704", Status: "warn", Why: "two Ingresses claim one host and path, for different Services"},
		{Name: "tls-secret-missing", Code: "INS0705", Why: "the Secret does not exist: the controller presents its own certificate"},
		{Name: "tls-secret-other-host", Code: "INS0706", Why: "the Secret exists, with another host's certificate"},
		{Name: "tls-secret-expired", Code: "INS0706", Why: "the certificate has expired"},
		{Name: "tls-secret-expires-soon", Code: "INS0706", Status: "warn", Why: "the certificate was not renewed and expires in two days"},
		{Name: "ingress-path-exact", Code: "INS0707", Why: "the path type is Exact, and a path below it is requested"},
		{Name: "ingress-host-other", Code: "INS0707", Why: "a host without a rule is requested"},
		{Name: "ingress-backend-tls", Code: "INS0707", Why: "the app speaks TLS, the controller plain HTTP to it"},
		{Name: "ingress-slow-app", Code: "INS0707", Why: "the app takes longer than the controller's timeout: 504"},
		{Name: "ingress-policy-bars-controller", Code: "INS0707", Why: "a NetworkPolicy allows only the namespace, and thus not the controller"},
		{Name: "route-port-number", Code: "INS0701", Why: "the HTTPRoute names a port that the Service does not have"},
		{
			Name: "route-backend-missing", Code: "INS0702", Status: "warn",
			Why: "another path of the HTTPRoute routes to a Service that does not exist; this one works",
		},
		{Name: "gateway-controller-down", Code: "INS0703", Why: "the Gateway's controller is scaled to 0: the statuses are of before"},
		{Name: "route-host-twice", Code: "INS0704", Why: "an older HTTPRoute of the same Gateway claims the host and path, for another Service"},
		{Name: "gateway-class-unknown", Code: "INS0708", Why: "the Gateway names a GatewayClass that does not exist"},
		{
			Name: "gateway-class-not-accepted", Code: "INS0708", Status: "unknown",
			Why: "the GatewayClass is new: it is not yet known that no controller accepts it",
		},
		{Name: "gateway-missing", Code: "INS0709", Why: "the HTTPRoute names a Gateway that does not exist"},
		{Name: "gateway-port-unavailable", Code: "INS0709", Why: "the listener has a port on which the controller does not listen"},
		{Name: "route-host-other", Code: "INS0710", Why: "the listener is for other hosts than the HTTPRoute"},
		{Name: "route-section-missing", Code: "INS0710", Why: "the HTTPRoute names a listener that the Gateway does not have"},
		{
			Name: "route-namespace-barred", Code: "INS0710",
			Why: "the listener only allows routes from its own namespace, and the HTTPRoute is in another",
		},
		{
			Name: "route-not-granted", Code: "INS0711",
			Why: "the named HTTPRoute refers to another namespace, in which no ReferenceGrant allows that",
		},
		{Name: "gateway-secret-missing", Code: "INS0711", Why: "the Secret with the listener's certificate does not exist"},
		{Name: "gateway-secret-other-host", Code: "INS0706", Why: "the listener's Secret holds another host's certificate"},
		{Name: "gateway-secret-expired", Code: "INS0706", Why: "the listener's certificate has expired"},
		{Name: "route-path-exact", Code: "INS0707", Why: "the path match is Exact, and a path below it is requested"},
		{
			Name: "route-policy-bars-controller", Code: "INS0707",
			Why: "a NetworkPolicy allows only the namespace, and thus not the Gateway's controller",
		},
		// hop dns
		{Name: "coredns-scaled-to-zero", Code: "INS0801", Why: "no CoreDNS pod runs: the Service has an address that cannot be resolved"},
		{Name: "coredns-custom-zone", Code: "INS0801", Why: "a zone in coredns-custom overrides the cluster's"},
		{
			Name: "policy-misses-dns", Code: "INS0801",
			Why: "a NetworkPolicy denies all egress, another allows egress to the namespace, and both omit DNS",
		},
		{Name: "external-name-nowhere", Code: "INS0801", Why: "the externalName does not exist"},
		{Name: "public-name-stale", Code: "INS0802", Why: "the record of the name still has the address of an earlier load balancer"},
		{Name: "public-name-missing", Code: "INS0802", Why: "the name in external-dns's annotation has no record"},
		{Name: "ingress-name-missing", Code: "INS0803", Status: "warn", Why: "the Ingress's host has no record that this client sees"},
		{Name: "route-name-missing", Code: "INS0803", Status: "warn", Why: "the HTTPRoute's host has no record that this client sees"},
		{Name: "ingress-name-stale", Code: "INS0803", Why: "the Ingress's host resolves to an address that does not answer"},
		// hop client
		{Name: "source-ranges-miss-client", Code: "INS0901", Why: "loadBalancerSourceRanges do not hold this client's address"},
		{Name: "allowed-ranges-miss-client", Code: "INS0901", Why: "the same by loadBalancerSourceRanges of two ranges"},
		{Name: "client-firewall", Code: "INS0901", Why: "the client's own network drops packets to the load balancer's address"},
		{
			Name: "ingress-client-firewall", Code: "INS0902",
			Why: "the same to the Ingress's address: the controller's log has the test pod's request and not this client's",
		},
	}
}

// Pairs returns the faults at two hops at once.
func Pairs() []Pair {
	return []Pair{
		{"readiness-status", "target-port-number"},
		{"crash-loop", "cluster-ip-dropped"},
		{"image-unreachable", "target-port-name"},
		{"node-selector-unmatched", "protocol-udp"},
		{"quota-exceeded", "target-port-number"},
		{"app-on-localhost", "cluster-ip-dropped"},
		{"app-hangs", "cluster-ip-rejected"},
		{"app-status-500", "foreign-endpoint"},
		{"config-map-missing", "foreign-endpoint"},
		{"target-port-number", "cluster-ip-dropped"},
		{"crash-loop", "balancer-address-unknown"},
		{"target-port-number", "source-ranges-miss-client"},
		{"policy-denies-in", "cluster-ip-dropped"},
		{"app-on-localhost", "policy-misses-dns"},
		{"balancer-probe-404", "source-ranges-miss-client"},
		{"cluster-ip-rejected", "balancer-probe-https"},
		{"balancer-address-unknown", "public-name-missing"},
		{"target-port-number", "ingress-class-unknown"},
		{"app-status-500", "tls-secret-missing"},
		{"ingress-port-number", "ingress-class-unknown"},
		{"tls-secret-missing", "ingress-name-stale"},
		{"route-port-number", "gateway-class-unknown"},
		{"gateway-class-unknown", "route-host-other"},
	}
}
