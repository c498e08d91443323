package cmdline

// ToolImage is the image that AKS documents for pods with a shell and network tools
// (https://learn.microsoft.com/azure/aks/node-access). Printed commands use it, and test pods where the node has no image that fits.
const ToolImage = "mcr.microsoft.com/azurelinux/busybox:1.36"

// InPod returns the command that runs the other one in a short-lived pod of the namespace.
func InPod(namespace string, command Command) Command {
	return Kubectl("run", "try", "-n", namespace, "--rm", "-i", "--restart=Never", "--image="+ToolImage, "--").Running(command)
}
