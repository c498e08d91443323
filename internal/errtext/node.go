package errtext

// nodeRules are errors of nodes, pods and Azure. Some of them look like a broken tunnel, but are not.
func nodeRules() []rule {
	return append(provisioningRules(),
		rule{
			when: []string{
				"KubernetesPerformanceError", "container command- … in aks-command namespace did not start",
				"Operation returned an invalid status 'Not Found'",
			},
			class:   CommandInvoke,
			tunnel:  No,
			meaning: "az aks command invoke makes a pod in namespace aks-command; that pod did not start.",
			causes: []string{
				"no node has room for the pod, or the pod does not tolerate the nodes' taints", "the nodes are not ready", "a policy denies the pod",
				"pulling the image takes too long",
			},
			next:   []string{"kubectl get pods,events -n aks-command", "kubectl get nodes"},
			source: learnInvoke,
		},
		rule{
			when:    []string{"gateway did not receive a response from Microsoft."},
			class:   Elsewhere,
			tunnel:  No,
			meaning: "Azure Resource Manager speaks: the service of Azure behind it did not answer in time. The cluster said nothing.",
			causes: []string{
				"the Azure service is slow or has an incident", "az aks command invoke: the command ran longer than the gateway waits",
			},
			next:   []string{"repeat it", "look at Azure's service health"},
			source: "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors",
		},
		rule{
			when:    []string{"host IP unknown; known addresses", "no preferred addresses found; known addresses"},
			class:   NoAddress,
			tunnel:  No,
			meaning: "The Node object has no address that the API server or the kubelet could use.",
			causes: []string{
				"the cloud controller has not set the addresses, or removed them", "a virtual node without an address",
				"the node registered under another name than its machine has in Azure",
			},
			next:   []string{"kubectl get nodes -o wide", "kubectl get node NODE -o jsonpath={.status.addresses}"},
			source: kube + "pkg/util/node/node.go",
		},
		rule{
			when:    []string{"Hybrid connection for the target resource does not exist"},
			class:   Elsewhere,
			tunnel:  No,
			meaning: "Azure Arc's cluster connect has no connection from its agent in namespace azure-arc. It is not a tunnel of AKS.",
			causes:  []string{"the agents in azure-arc do not run or cannot reach Azure"},
			next:    []string{"kubectl get pods -n azure-arc"},
			source:  "https://learn.microsoft.com/azure/azure-arc/kubernetes/troubleshooting",
		},
		rule{
			when:    []string{"wincat.exe"},
			class:   NotSupported,
			tunnel:  No,
			meaning: "The node was reached. Its Windows pause image lacks the program that port-forward needs.",
			causes:  []string{"port-forward to a Windows pod needs wincat.exe in the pause image"},
			next:    []string{"forward to a pod on a Linux node that connects to the Windows pod"},
			source:  "https://github.com/Azure/AKS/issues/5460",
		},
		rule{
			when:    []string{"inside namespace", "failed to connect to localhost", "error forwarding port"},
			and:     []string{"connection refused", "failed to connect to localhost"},
			class:   Elsewhere,
			tunnel:  No,
			meaning: "Port-forward reached the pod. Inside the pod nothing listens on that port.",
			causes:  []string{"the app listens on another port", "the app has not started yet"},
			next:    []string{"kubectl insideout svc/NAME"},
			source:  portForward,
		},
		rule{
			when:    []string{"Readiness probe failed", "Liveness probe failed", "Startup probe failed", "probe errored"},
			class:   Elsewhere,
			tunnel:  No,
			meaning: "A kubelet probed a pod on its own node, and the app failed the probe.",
			causes:  []string{"the app is down or slow", "the probe uses the wrong port or path"},
			next:    []string{"kubectl describe pod NAME", "kubectl insideout svc/NAME"},
			source:  "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
		},
		rule{
			when:    []string{"Failed to pull image", "failed to pull and unpack image"},
			class:   Elsewhere,
			tunnel:  No,
			meaning: "A node could not pull an image. Nodes pull images directly, not through the tunnel.",
			causes:  []string{"the registry denies access", "the node's egress to the registry is blocked", "the image does not exist"},
			next:    []string{"kubectl describe pod NAME"},
			source:  learn + "extensions/cannot-pull-image-from-acr-to-aks-cluster",
		},
	)
}
