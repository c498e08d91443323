// Package arm runs the lab's Azure Resource Manager, the program of test/lab/arm, and changes what it keeps.
package arm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/network"
	"github.com/akstools/akstools/test/lab/internal/pki"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// ProcessName is Resource Manager's name among the lab's processes.
const ProcessName = "arm"

// The names of the cluster's network, which the program's package seed creates.
const (
	Network       = "aks-vnet-12345678"
	Subnet        = "aks-subnet"
	SecurityGroup = "aks-agentpool-12345678-nsg"
)

// Build builds the program into the user's cache and returns its path. module is the directory of the lab's Go module.
func Build(ctx context.Context, module string, progress io.Writer) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "akstools-lab")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	fmt.Fprintln(progress, "building Azure Resource Manager (a minute, the first time)")
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", filepath.Join(dir, "arm"), ".")
	cmd.Dir = filepath.Join(module, "arm")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return filepath.Join(dir, "arm"), nil
}

// Start starts the program that Build has built on the machine azure, publishes it on the host's loopback, and returns when it answers.
func Start(ctx context.Context, program string) error {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", layout.ARMPort))
	if err != nil {
		return fmt.Errorf("publishing Azure Resource Manager: %w", err)
	}
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	defer f.Close()
	if err := writeStub(); err != nil {
		return err
	}
	macs, err := macs(ctx)
	if err != nil {
		return err
	}
	config := layout.In("azure", "arm.json") // writeStub has created its directory
	b, err := json.Marshal(map[string]any{
		"tenant": layout.Tenant, "cert": layout.PKI(pki.Outbound + ".crt"), "key": layout.PKI(pki.Outbound + ".key"),
		"forwarded": publicSocket(), "control": controlSocket(), "seed": seed(),
		"switch": []string{"ip", "netns", "exec", layout.SwitchNS}, "ports": ports(), "macs": macs, "enter": enter(),
		"translator": map[string]any{
			"mac": macs[layout.LoadBalancerIP], "address": layout.LoadBalancerIP, "enter": []string{"ip", "netns", "exec", layout.LoadBalancerNS},
		},
		"metadata": layout.MetadataIP + ":80", "issuer": layout.Issuer, "issuerKeys": layout.PKI("sa.pub"),
		"public": layout.PublicCIDR, "reserved": []string{layout.ClientIP, layout.WindowsIP},
		"api": map[string]string{"port": network.Port(layout.ControlPlaneNS), "address": layout.ControlPlaneIP},
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(config, b, 0o600); err != nil {
		return err
	}
	if err := process.Spawn(layout.Azure, ProcessName, []*os.File{f}, program, "-config", config); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		_, err := Do(ctx, "GET", "/behavior", nil)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("the lab's Azure does not answer: see .lab/logs/arm.log"), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// ports are the switch's ports of the machines that have a NIC in Azure.
func ports() []map[string]string {
	var all []map[string]string
	for _, n := range layout.Nodes() {
		all = append(all, map[string]string{"name": network.Port(n.NetNS), "address": n.IP, "pods": n.PodCIDR})
	}
	return all
}

// enter returns the commands that run others on the nodes, by their instances' IDs.
func enter() map[string][]string {
	all := map[string][]string{}
	for _, n := range layout.Nodes() {
		all[n.Instance] = []string{layout.Self(), "exec", n.Name, "--"}
	}
	return all
}

// macs returns the MAC addresses of the machines that a route can lead to, by their addresses.
func macs(ctx context.Context) (map[string]string, error) {
	at := map[string]string{layout.ApplianceIP: layout.ApplianceNS, layout.LoadBalancerIP: layout.LoadBalancerNS}
	for _, n := range layout.Nodes() {
		at[n.IP] = n.NetNS
	}
	all := map[string]string{}
	for address, ns := range at {
		out, err := exec.CommandContext(ctx, "ip", "netns", "exec", ns, "cat", "/sys/class/net/eth0/address").Output()
		if err != nil {
			return nil, fmt.Errorf("the MAC address of %s: %w", address, err)
		}
		all[address] = strings.TrimSpace(string(out))
	}
	return all, nil
}

// seed describes the cluster as the program's package seed reads it.
func seed() map[string]any {
	var nodes []map[string]string
	for _, n := range layout.Nodes() {
		nodes = append(nodes, map[string]string{"name": n.Name, "instance": n.Instance, "ip": n.IP})
	}
	return map[string]any{
		"subscription": layout.Subscription, "group": layout.ResourceGroup, "name": layout.Cluster, "nodeGroup": layout.NodeGroup,
		"location": layout.Location, "fqdn": layout.FQDN, "scaleSet": layout.ScaleSet, "podCIDR": layout.ClusterCIDR,
		"serviceCIDR": layout.ServiceCIDR, "dnsServiceIP": layout.DNSServiceIP, "nodes": nodes,
		"prefixes": []string{layout.NodeSubnet, layout.OtherSubnet}, "outboundIP": layout.OutboundIP,
	}
}
