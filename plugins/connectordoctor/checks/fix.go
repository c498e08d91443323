package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
)

const system = "kube-system"

// The documentation on which most checks are based.
const (
	docExtension = "https://learn.microsoft.com/azure/service-connector/how-to-use-service-connector-in-aks"
	docTrouble   = "https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/extensions/cluster-extension-deployment-errors"
	docIdentity  = "https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html"
	docWebhook   = "https://azure.github.io/azure-workload-identity/docs/installation/mutating-admission-webhook.html"
	docSecrets   = "https://kubernetes.io/docs/concepts/configuration/secret/"
	docCSI       = "https://learn.microsoft.com/azure/aks/csi-secrets-store-driver"
)

// fix returns a fix by commands.
func fix(title string, commands ...cmdline.Command) check.Fix {
	return check.Fix{Title: title, Commands: commands}
}

// azure returns a fix by an az command on the cluster, whose placeholders it declares.
func azure(title string, command cmdline.Command) check.Fix {
	return check.Fix{
		Title: title, Commands: []cmdline.Command{command}, Placeholders: []check.Placeholder{check.ResourceGroup, check.ClusterName},
	}
}

// ofCluster returns an az aks command on the cluster.
func ofCluster(verb string, args ...string) cmdline.Command {
	return cmdline.Az("aks", verb, "-g", string(check.ResourceGroup), "-n", string(check.ClusterName)).With(args...)
}

// listConnections shows the cluster's connections with their namespaces.
func listConnections() cmdline.Command {
	return cmdline.Az("aks", "connection", "list", "-g", string(check.ResourceGroup), "-n", string(check.ClusterName))
}

// ofExtension returns an az k8s-extension command on the extension of Service Connector.
func ofExtension(verb string, args ...string) cmdline.Command {
	return cmdline.Az("k8s-extension", verb, "-g", string(check.ResourceGroup), "-c", string(check.ClusterName),
		"-t", "managedClusters", "-n", "sc-extension").With(args...)
}

// showExtension shows what Azure knows of the extension.
func showExtension() check.Fix {
	return azure("see what Azure reports about the extension", ofExtension("show"))
}

// addPool is the fix where no pool admits pods that are not the system's.
func addPool() check.Fix {
	return azure("add a node pool without the taint, then repeat the operation on the connection",
		cmdline.Az("aks", "nodepool", "add", "-g", string(check.ResourceGroup),
			"--cluster-name", string(check.ClusterName), "-n", "user1", "--mode", "User"))
}

// editing is the fix that the user makes in the specification of a workload.
func editing(title string, workload check.Ref) check.Fix {
	return fix(title, cmdline.Kubectl("edit", workload.String(), "-n", workload.Namespace))
}

// restart is the fix that replaces the pods of a workload.
func restart(workload check.Ref) check.Fix {
	switch workload.Kind {
	case "deployment", "statefulset", "daemonset":
		f := fix("restart "+workload.String(), cmdline.Kubectl("rollout", "restart", workload.String(), "-n", workload.Namespace))
		f.Disruptive = true
		return f
	case "cronjob":
		return fix("the next run of " + workload.String() + " has it; an earlier one must be started again")
	}
	return fix("create "+workload.String()+" again", cmdline.Kubectl("get", workload.String(), "-n", workload.Namespace, "-o", "yaml"))
}

// counted returns the number with its noun, in the plural unless it is 1.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
