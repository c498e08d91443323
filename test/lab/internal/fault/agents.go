package fault

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"strings"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/pki"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// replicas is the number of agents in the lab.
const replicas = 2

func agentFaults() []Fault {
	return []Fault{
		{
			Name:   "tunnel-agents-down",
			Doc:    "all konnectivity agents are killed and not restarted",
			Inject: killAgents,
			Clear:  scale(replicas),
			Breaks: Tunnel,
		},
		{
			Name:   "agents-on-one-node-killed",
			Doc:    "one konnectivity agent, on node " + last().Name + " if it has one, is killed and not restarted; the other works",
			Inject: killOneAgent,
			Clear:  scale(replicas),
			Breaks: Tunnel,
		},
		{
			Name:   "konnectivity-cert-wrong",
			Doc:    "the agents have a client certificate from another CA; the konnectivity server rejects it",
			Inject: inOrder(useCertificate(pki.OtherAgent), restartAgents),
			Clear:  restoreCertificate,
			Breaks: Tunnel,
		},
		{
			Name:   "konnectivity-cert-expired",
			Doc:    "the agents' client certificate expired yesterday; the konnectivity server rejects it",
			Inject: inOrder(useCertificate(pki.ExpiredAgent), restartAgents),
			Clear:  restoreCertificate,
			Breaks: Tunnel,
		},
		{
			Name:   "konnectivity-cert-not-yet-valid",
			Doc:    "the agents' client certificate is valid from tomorrow on; the konnectivity server rejects it",
			Inject: inOrder(useCertificate(pki.EarlyAgent), restartAgents),
			Clear:  restoreCertificate,
			Breaks: Tunnel,
		},
	}
}

// scale returns a step that scales the agents' Deployment.
func scale(n int) step {
	return func(ctx context.Context, kubectl Runner) error {
		return output(kubectl(ctx, "-n", "kube-system", "scale", "deployment/konnectivity-agent", fmt.Sprintf("--replicas=%d", n)))
	}
}

// killAgents removes all agents, and all connections that the konnectivity server considers theirs.
func killAgents(ctx context.Context, kubectl Runner) error {
	if err := scale(0)(ctx, kubectl); err != nil {
		return err
	}
	if err := output(kubectl(ctx, "-n", "kube-system", "delete", "pod", "-l", "app=konnectivity-agent",
		"--grace-period=0", "--force", "--wait")); err != nil {
		return err
	}
	for _, n := range layout.Nodes() {
		// an agent that terminates gracefully keeps serving for a while
		if err := process.Run(ctx, n.Name, "sh", "-c", "while pkill -KILL -x proxy-agent; do sleep 0.1; done"); err != nil {
			return err
		}
	}
	return cutPods(layout.Nodes()...)(ctx, kubectl)
}

// restartAgents restarts all agents, with the current Secret.
func restartAgents(ctx context.Context, kubectl Runner) error {
	return inOrder(killAgents, scale(replicas))(ctx, kubectl)
}

func killOneAgent(ctx context.Context, kubectl Runner) error {
	pods, err := text(kubectl(ctx, "-n", "kube-system", "get", "pod", "-l", "app=konnectivity-agent", "-o",
		`jsonpath={range .items[*]}{.spec.nodeName}{" "}{.metadata.name}{" "}{.metadata.uid}{" "}{.status.podIP}{"\n"}{end}`))
	if err != nil {
		return err
	}
	var node, name, uid, ip string
	for line := range strings.Lines(pods) {
		f := strings.Fields(line)
		if len(f) == 4 && (name == "" || f[0] == last().Name) {
			node, name, uid, ip = f[0], f[1], f[2], f[3]
		}
	}
	if name == "" {
		return fmt.Errorf("no konnectivity agent is running")
	}
	// then the controller removes this one
	if err := output(kubectl(ctx, "-n", "kube-system", "annotate", "pod", name,
		"--overwrite", "controller.kubernetes.io/pod-deletion-cost=-1")); err != nil {
		return err
	}
	if err := scale(1)(ctx, kubectl); err != nil {
		return err
	}
	if err := output(kubectl(ctx, "-n", "kube-system", "delete", "pod", name,
		"--ignore-not-found", "--grace-period=0", "--force", "--wait")); err != nil {
		return err
	}
	if err := process.Run(ctx, node, "sh", "-c",
		`for p in $(pgrep -x proxy-agent); do if grep -q "$1" /proc/$p/cgroup; then kill -KILL $p; fi; done`, "sh", uid); err != nil {
		return err
	}
	return cut(ip)(ctx, kubectl)
}

// useCertificate returns a step that writes the certificate to the agents' Secret.
func useCertificate(name string) step {
	return func(ctx context.Context, kubectl Runner) error {
		cert, key, err := encoded(name)
		if err != nil {
			return err
		}
		return output(kubectl(ctx, "-n", "kube-system", "patch", "secret", "konnectivity-certs", "-p",
			fmt.Sprintf(`{"data":{"client.crt":%q,"client.key":%q}}`, cert, key)))
	}
}

// restoreCertificate restores the agents' own certificate and restarts them, if they have a different one.
func restoreCertificate(ctx context.Context, kubectl Runner) error {
	cert, _, err := encoded(pki.Agent)
	if err != nil {
		return err
	}
	now, err := text(kubectl(ctx, "-n", "kube-system", "get", "secret", "konnectivity-certs", "-o", `jsonpath={.data.client\.crt}`))
	if err != nil || now == cert {
		return err
	}
	return inOrder(useCertificate(pki.Agent), restartAgents)(ctx, kubectl)
}

// encoded returns a certificate and its key, encoded for a Secret.
func encoded(name string) (cert, key string, err error) {
	c, err := os.ReadFile(layout.PKI(name + ".crt"))
	if err != nil {
		return "", "", err
	}
	k, err := os.ReadFile(layout.PKI(name + ".key"))
	if err != nil {
		return "", "", err
	}
	return base64.StdEncoding.EncodeToString(c), base64.StdEncoding.EncodeToString(k), nil
}
