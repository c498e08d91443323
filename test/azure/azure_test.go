// Package azure tests the readers of internal/azure on the lab's Resource Manager (test/lab/arm), which enforces what it says. It
// needs neither the lab nor root.
package azure

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const (
	subscription = "00000000-0000-0000-0000-000000000000"
	tenant       = "11111111-1111-1111-1111-111111111111"
	groupID      = "/subscriptions/" + subscription + "/resourceGroups/"
	nodeGroup    = "mc_lab_lab_eastus"
	clusterID    = groupID + "lab/providers/Microsoft.ContainerService/managedClusters/lab"
	networks     = groupID + nodeGroup + "/providers/Microsoft.Network/"
	fqdn         = "aks-lab-12345678.hcp.eastus.azmk8s.io"
	scaleSet     = "aks-nodepool1-12345678-vmss"
)

// resourceManager is a running Resource Manager with a cluster of two nodes.
type resourceManager struct {
	t       *testing.T
	url     string
	control *http.Client
	login   principal
}

type principal struct {
	ClientID string `json:"clientId"`
	ObjectID string `json:"objectId"`
	Secret   string `json:"secret"`
}

// start runs Resource Manager on the loopback until the test ends, with a principal that has the role Reader on the subscription.
func start(t *testing.T) *resourceManager {
	t.Helper()
	dir := t.TempDir()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	socket := filepath.Join(dir, "c")
	config := filepath.Join(dir, "config.json")
	write(t, config, map[string]any{
		"tenant": tenant, "cert": certificate, "key": certificate, "forwarded": filepath.Join(dir, "p"), "control": socket,
		"public": "203.0.113.0/24",
		"enter":  map[string]any{"1": []string{"env"}}, // this computer is instance 1
		"seed": map[string]any{
			"subscription": subscription, "group": "lab", "name": "lab", "nodeGroup": nodeGroup, "location": "eastus", "fqdn": fqdn,
			"scaleSet": scaleSet, "podCIDR": "10.244.0.0/16", "serviceCIDR": "10.96.0.0/16", "dnsServiceIP": "10.96.0.10",
			"outboundIP": "203.0.113.50", "prefixes": []string{"10.220.0.16/28", "10.220.0.32/28"}, "nodes": []any{
				map[string]any{"name": scaleSet + "000000", "instance": "0", "ip": "10.220.0.20"},
				map[string]any{"name": scaleSet + "000001", "instance": "1", "ip": "10.220.0.21"},
			},
		},
	})
	cmd := exec.Command(program, "-config", config)
	cmd.ExtraFiles = []*os.File{file}
	runUntilEnd(t, cmd)
	m := &resourceManager{t: t, url: "https://" + listener.Addr().String(), control: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}}
	m.wait()
	m.do(http.MethodPost, "/principals/reader", nil, &m.login)
	m.assign("Reader", "/subscriptions/"+subscription)
	return m
}

func write(t *testing.T, path string, v any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// wait returns when Resource Manager answers.
func (m *resourceManager) wait() {
	m.t.Helper()
	for range 200 {
		if resp, err := m.control.Get("http://control/behavior"); err == nil {
			_ = resp.Body.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	m.t.Fatal("Resource Manager does not answer")
}

// do sends a command to it and decodes the answer into out, unless that is nil.
func (m *resourceManager) do(method, path string, in, out any) {
	m.t.Helper()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			m.t.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(m.t.Context(), method, "http://control"+path, body)
	if err != nil {
		m.t.Fatal(err)
	}
	resp, err := m.control.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	if resp.StatusCode >= 400 {
		m.t.Fatalf("%s %s: %s %s", method, path, resp.Status, b)
	}
	if out != nil {
		if err := json.Unmarshal(b, out); err != nil {
			m.t.Fatalf("%s %s: %v: %s", method, path, err, b)
		}
	}
}

// assign makes the roles of the principal exactly this one; an empty role: none.
func (m *resourceManager) assign(role, scope string) {
	m.t.Helper()
	m.rules(func(r map[string]any) {
		r["assignments"] = []any{}
		if role != "" {
			r["assignments"] = []any{map[string]any{"principal": m.login.ObjectID, "role": role, "scope": scope}}
		}
	})
}

// rules changes the roles and assignments.
func (m *resourceManager) rules(change func(map[string]any)) {
	m.t.Helper()
	var r map[string]any
	m.do(http.MethodGet, "/rules", nil, &r)
	change(r)
	m.do(http.MethodPut, "/rules", r, nil)
}

// requests returns what Resource Manager has answered, as METHOD STATUS PATH.
func (m *resourceManager) requests() (all []string) {
	m.t.Helper()
	var entries []struct {
		Method string `json:"method"`
		Path   string `json:"path"`
		Status int    `json:"status"`
	}
	m.do(http.MethodGet, "/journal", nil, &entries)
	for _, e := range entries {
		all = append(all, fmt.Sprintf("%s %d %s", e.Method, e.Status, e.Path))
	}
	return all
}

// runUntilEnd starts the program, and stops it when the test ends. Of a test that failed, it shows the end of what the program wrote.
func runUntilEnd(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			text := log.String()
			t.Logf("%s: %s", filepath.Base(cmd.Path), text[max(0, len(text)-2000):])
		}
	})
}
