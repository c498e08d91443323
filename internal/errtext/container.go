package errtext

// containerRules are answers about a container, by kubectl itself, a kubelet or the node's container runtime: the way there works.
func containerRules() []rule {
	row := func(c Class, source, meaning string, causes, next []string, when ...string) rule {
		return rule{when: when, class: c, tunnel: No, meaning: meaning, causes: causes, next: next, source: source}
	}
	describe := []string{"kubectl get pod NAME -o wide", "kubectl describe pod NAME"}
	runtime := []string{
		"kubectl aksnode run NODE --no-tunnel -- systemctl status containerd",
		"kubectl aksnode run NODE --no-tunnel -- journalctl -u kubelet -n 100",
	}
	reset := row(Elsewhere, portForward, "Port-forward reached the pod. Inside the pod, the app reset the connection or closed it early.",
		[]string{
			"the app does not speak the client's protocol on that port, such as TLS or none",
			"the app closes connections that it does not want: idle, too many, or not from the pod's own network",
		},
		[]string{"kubectl logs POD", "kubectl insideout svc/NAME", "start port-forward again: older versions of kubectl end with such an error"},
		"error forwarding port", "an error occurred forwarding")
	reset.and = []string{"connection reset by peer", "broken pipe", "closed network connection"}
	timeout := row(Elsewhere, portForward, "Port-forward reached the pod. Inside the pod, the app did not accept the connection in time.",
		[]string{"the app hangs or is overloaded", "the port is not the app's"}, []string{"kubectl logs POD", "kubectl insideout svc/NAME"},
		"error forwarding port")
	timeout.and = []string{"i/o timeout", "connection timed out", "deadline exceeded"}
	closed := row(Harmless, portForward, "Port-forward works. One end closed its connection while the other still sent: most often "+
		"the program on this computer.",
		[]string{"the client on this computer ended the request, such as a browser: harmless", "the app in the pod closed the connection early"},
		[]string{"nothing, if the forward goes on to work", "kubectl logs POD"},
		"error copying from remote stream to local connection", "error copying from local connection to remote stream")
	closed.beside = []Class{ConnectionLost, Elsewhere, NotRunning, NotSupported}
	return []rule{
		row(NotRunning, portForward, "The pod behind the port-forward is gone: it ended, or a new pod replaced it.",
			[]string{"a rollout, an eviction or a restart ended the pod while the forward was running"},
			[]string{
				"kubectl get pods", "start port-forward again, to a pod that runs", "kubectl port-forward svc/NAME picks a pod only at its start too",
			},
			"network namespace for sandbox … is closed", "failed to find sandbox … in store", "error forwarding port … No such container",
			"error forwarding port … sandbox … not found", "error forwarding port … could not find container"),
		closed,
		row(KubeletAnswered, kubeletServer, "The kubelet was reached and could not read a line of the container's log file.",
			[]string{"the line is damaged or half written: the node crashed, or its disk was full", "the file is of another container runtime"},
			[]string{"kubectl logs POD --tail=100", "restart the container for a new file"},
			"unexpected stream type", "failed parse timestamp"),
		row(NotSupported, portForward, "The node was reached. It lacks a program that its container runtime needs for port-forward.",
			[]string{"socat or nsenter is not installed on the node"}, []string{"kubectl get node NODE -o wide", "install socat on the node"},
			"unable to do port forwarding: socat not found", "unable to do port forwarding: nsenter not found", "failed to find socat",
			"failed to find nsenter"),
		reset, timeout,
		row(NotRunning, kubectlExec, "The pod has ended: kubectl did not try to connect.",
			[]string{"the pod completed or failed", "the name is that of an old pod"}, describe,
			"in a completed pod", "current phase is Succeeded", "current phase is Failed"),
		row(NotRunning, kubectlExec, "The pod is not on a node yet: it is not scheduled. Nothing was connected.",
			[]string{"no node has room for it, or none fits its selectors and tolerations"}, describe, "does not have a host assigned"),
		row(NotRunning, portForward, "The pod is not running yet, or not any more: kubectl did not try to connect.",
			[]string{"it is pending: no node, no image, or a volume is missing", "it ended"}, describe,
			"because pod is not running", "pod … is not running", "container … is not running", "cannot exec in a stopped", "container not running",
			"cannot exec in a deleted state", "is not created or running"),
		row(KubeletAnswered, kubeletServer, "The kubelet was reached and answered: the container's log is missing.",
			[]string{"it was rotated, or the pod was removed from the node", "the container did not run before, for --previous"},
			[]string{"kubectl get pod NAME -o wide", "read the log where it is collected, such as Log Analytics"},
			"failed to try resolving symlinks in path", "unable to retrieve container logs for", "previous terminated container",
			"failed to open log file"),
		row(KubeletAnswered, kubeletServer,
			"The kubelet was reached and answered: it cannot read the file of the container's log, whose first line is damaged.",
			[]string{
				"the node stopped hard or its disk was full, and the file begins with zeros", "something other than the kubelet rotates the files",
			},
			[]string{"kubectl logs POD --tail=100", "kubectl aksnode run NODE -- ls -l /var/log/containers", "restart the pod: its file is new"},
			"unsupported log format", "failed to get parse function"),
		row(KubeletAnswered, kubeletConfig,
			"The kubelet was reached and answered: its handlers for logs, exec and port-forward are disabled (enableDebuggingHandlers).",
			[]string{"the node's kubelet configuration has enableDebuggingHandlers: false, as some hardening guides ask for"},
			[]string{"kubectl get --raw /api/v1/nodes/NODE/proxy/configz", "set enableDebuggingHandlers to true and restart the kubelet"},
			"Debug endpoints are disabled", "does not allow this method on the requested resource ( pods/log"),
		row(KubeletAnswered, inotify,
			"The kubelet was reached and answered: the node has no inotify watches or open files left to follow the log.",
			[]string{"fs.inotify.max_user_instances or max_user_watches of the node is too low for what runs there"},
			[]string{"kubectl logs POD without -f", "kubectl aksnode run NODE -- sysctl fs.inotify"},
			"failed to create fsnotify watcher", "too many open files", "no space left on device … inotify",
			"failed to watch file … no space left on device"),
		row(KubeletAnswered, kubectlExec, "The node was reached. The Windows container has no such program.",
			[]string{
				"a Windows container has neither sh nor tail, which kubectl cp --retries needs", "the command's name or path is wrong",
			},
			[]string{"use cmd or powershell", "kubectl aksnode cp copies from the node itself"},
			"failed to get application name from commandline", "hcsshim", "hcs::System", "error during CreateProcess",
			"failure in a Windows system call"),
		row(KubeletAnswered, kubectlExec, "The node was reached. The container has no such program.",
			[]string{"the image has no shell: distroless or scratch", "the command's name or path is wrong"},
			[]string{"kubectl debug POD -it --image=IMAGE --target=CONTAINER", "try another shell: sh instead of bash"},
			"executable file not found", "no such file or directory: unknown", "stat … : no such file or directory … exec"),
		row(KubeletAnswered, runcDevices,
			"The node was reached. Its container runtime was denied access to the container's terminal device (pts).",
			[]string{
				"systemd was reloaded (systemctl daemon-reload), and replaced the device rules of running containers: a bug of runc 1.1.3, " +
					"fixed in 1.1.4",
			},
			[]string{
				"kubectl exec POD -- COMMAND, without -t", "kubectl delete pod POD: new containers have the right rules", "upgrade the node image",
			},
			"open /dev/pts/… operation not permitted", "open /dev/ptmx… operation not permitted"),
		row(KubeletAnswered, devpts, "The node was reached. It has no pseudo-terminals (ptys) left.",
			[]string{"kernel.pty.max is reached"},
			[]string{"kubectl exec POD -- COMMAND, without -t", "kubectl aksnode run NODE -- sysctl kernel.pty"},
			"open /dev/ptmx… no space left on device"),
		row(KubeletAnswered, fullTmp,
			"The node was reached. Its container runtime cannot start a process, probably because a file system on the node is full.",
			[]string{"/tmp or /run of the node is full: the runtime writes files there for each process that it starts"},
			[]string{"kubectl aksnode run NODE -- df -h /tmp /run", "kubectl aksnode run NODE -- df -i /tmp /run"},
			"runc-process… no space left on device", "OCI runtime exec failed… no space left on device",
			"failed to start exec… no space left on device", "failed to create exec… no space left on device"),
		row(KubeletAnswered, kubectlExec, "The node was reached. Its container runtime could not start the command in the container.",
			[]string{"the container was about to end", "a security profile or the image forbids it", "memory or processes of the pod are used up"},
			append([]string{"kubectl describe pod NAME"}, runtime[0]),
			"OCI runtime exec failed", "failed to exec in container", "failed to start exec", "failed to create exec",
			"starting container process caused"),
		row(KubeletAnswered, containerd, "The node's container runtime hangs or is down. The kubelet was reached, or wrote this itself.",
			[]string{"containerd hangs, often from disk pressure or a full disk", "containerd was stopped"}, runtime,
			"executing command in container: read unix", "executing command in container: dial unix",
			"from runtime service failed", "PLEG is not healthy", "container runtime is down",
			"container runtime status check may not have completed", "dial unix … containerd.sock", "dial unix … dockershim.sock",
			"grpc: the connection is unavailable", "Cannot connect to the Docker daemon"),
		row(NoServingCertificate, kubeletTLS,
			"The kubelet waits for its certificate: its certificate signing request was not approved or signed.",
			[]string{"nobody approves the request", "the controller manager that signs is down"},
			[]string{"kubectl get csr"}, "Certificate request was not signed", "certificate signing request … timed out",
			"no serving certificate available for the kubelet"),
		row(Elsewhere, portForward, "kubectl cannot listen on the local port. Nothing was sent to the cluster.",
			[]string{"another program has the port", "ports below 1024 need more rights"},
			[]string{"choose another port: kubectl port-forward POD :PORT"},
			"unable to listen on any of the requested ports", "Unable to listen on port"),
		row(Elsewhere, "https://github.com/derailed/k9s", "k9s reached the end of a log: the container ended, or has written nothing more.",
			[]string{"normal when a container ends"}, []string{"kubectl logs POD --previous"}, "Stream closed EOF for"),
	}
}
