package errtext

// nodeRules are what nodes, pods and Azure say of themselves: a part of it looks like a broken tunnel and is none.
func nodeRules() []rule {
	return append(provisioningRules(),
		rule{
			when:    []string{"KubernetesPerformanceError", "container command- … in aks-command namespace did not start", "Operation returned an invalid status 'Not Found'"},
			class:   CommandInvoke,
			tunnel:  No,
			meaning: "az aks command invoke makes a pod in the namespace aks-command; that pod did not start.",
			causes:  []string{"no node has room for the pod or tolerates it", "the nodes are not ready", "a policy denies the pod", "the image is pulled too slowly"},
			next:    []string{"kubectl get pods,events -n aks-command", "kubectl get nodes"},
			source:  learnInvoke,
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
			causes:  []string{"the app listens on another port", "the app is not up yet"},
			next:    []string{"kubectl insideout svc/NAME"},
			source:  portForward,
		},
		rule{
			when:    []string{"Readiness probe failed", "Liveness probe failed", "Startup probe failed", "probe errored"},
			class:   Elsewhere,
			tunnel:  No,
			meaning: "A kubelet probed a pod of its own node, and the app did not answer well.",
			causes:  []string{"the app is down or slow", "the probe asks the wrong port or path"},
			next:    []string{"kubectl describe pod NAME", "kubectl insideout svc/NAME"},
			source:  "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
		},
		rule{
			when:    []string{"Failed to pull image", "failed to pull and unpack image"},
			class:   Elsewhere,
			tunnel:  No,
			meaning: "A node could not pull an image. Nodes do that by themselves, not through the tunnel.",
			causes:  []string{"the registry denies it", "the node's egress to the registry is blocked", "there is no such image"},
			next:    []string{"kubectl describe pod NAME"},
			source:  learn + "extensions/cannot-pull-image-from-acr-to-aks-cluster",
		},
		rule{
			when:    []string{"command terminated with exit code", "command terminated with non-zero exit code"},
			class:   Elsewhere,
			tunnel:  No,
			meaning: "The command ran in the container and ended with an exit code of its own.",
			causes:  []string{"the command failed", "137: it was killed, often for want of memory"},
			next:    []string{"read the command's own output"},
			source:  "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_exec/",
		},
	)
}
