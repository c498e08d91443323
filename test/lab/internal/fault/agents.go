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

// replicas is how many agents the lab has.
const replicas = 2

func agentFaults() []Fault {
	return []Fault{
		{
			Name:   "tunnel-agents-down",
			Doc:    "every konnectivity agent is killed and none is started again",
			Inject: killAgents,
			Clear:  scale(replicas),
			Breaks: Tunnel,
		},
		{
			Name:   "agents-on-one-node-killed",
			Doc:    "one konnectivity agent, on node " + last().Name + " where one is there, is killed for good; the other works",
			Inject: killOneAgent,
			Clear:  scale(replicas),
			Breaks: Tunnel,
		},
		{
			Name:   "konnectivity-cert-wrong",
			Doc:    "the agents have a client certificate of another authority; the konnectivity server refuses it",
			Inject: inOrder(useCertificate(pki.OtherAgent), restartAgents),
			Clear:  mendCertificate,
			Breaks: Tunnel,
		},
		{
			Name:   "konnectivity-cert-expired",
			Doc:    "the agents' client certificate expired yesterday; the konnectivity server refuses it",
			Inject: inOrder(useCertificate(pki.ExpiredAgent), restartAgents),
			Clear:  mendCertificate,
			Breaks: Tunnel,
		},
	}
}

// scale returns a step that asks for so many agents.
func scale(n int) step {
	return func(ctx context.Context, kubectl Runner) error {
		return output(kubectl(ctx, "-n", "kube-system", "scale", "deployment/konnectivity-agent", fmt.Sprintf("--replicas=%d", n)))
	}
}

// killAgents leaves no agent, and no connection that the konnectivity server takes for one.
func killAgents(ctx context.Context, kubectl Runner) error {
	if err := scale(0)(ctx, kubectl); err != nil {
		return err
	}
	if err := output(kubectl(ctx, "-n", "kube-system", "delete", "pod", "-l", "app=konnectivity-agent", "--grace-period=0", "--force", "--wait")); err != nil {
		return err
	}
	for _, n := range layout.Nodes() {
		// an agent that is only asked to end keeps serving for a while
		if err := process.Run(ctx, n.Name, "sh", "-c", "while pkill -KILL -x proxy-agent; do sleep 0.1; done"); err != nil {
			return err
		}
	}
	return cutPods(layout.Nodes()...)(ctx, kubectl)
}

// restartAgents starts all agents anew, with the Secret as it is now.
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
		return fmt.Errorf("no agent is there")
	}
	// the controller then takes this one and no other
	if err := output(kubectl(ctx, "-n", "kube-system", "annotate", "pod", name, "--overwrite", "controller.kubernetes.io/pod-deletion-cost=-1")); err != nil {
		return err
	}
	if err := scale(1)(ctx, kubectl); err != nil {
		return err
	}
	if err := output(kubectl(ctx, "-n", "kube-system", "delete", "pod", name, "--ignore-not-found", "--grace-period=0", "--force", "--wait")); err != nil {
		return err
	}
	if err := process.Run(ctx, node, "sh", "-c",
		`for p in $(pgrep -x proxy-agent); do if grep -q "$1" /proc/$p/cgroup; then kill -KILL $p; fi; done`, "sh", uid); err != nil {
		return err
	}
	return cut(ip)(ctx, kubectl)
}

// useCertificate returns a step that puts the certificate into the agents' Secret.
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

// mendCertificate puts the agents' own certificate back and starts them with it, where they have another.
func mendCertificate(ctx context.Context, kubectl Runner) error {
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

// encoded returns a certificate and its key as a Secret holds them.
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
