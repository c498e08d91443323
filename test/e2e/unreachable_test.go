package e2e

import (
	"net"
	"strings"
	"testing"
)

// TestUnreachableAPIServer: the tunnel is not blamed, and what works without the API server is named.
func TestUnreachableAPIServer(t *testing.T) {
	l := theLab(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	_ = free.Close()
	for _, server := range []string{"https://" + addr, "https://lab-0a1b2c.privatelink.eastus.azmk8s.io:443"} {
		r := l.aksnode(t, "ssh", "--server="+server, "--request-timeout=10s", node0, "--", "hostname")
		if r.code != 255 ||
			!strings.Contains(r.stderr, "az aks command invoke -g GROUP -n CLUSTER --command 'kubectl describe node "+node0+"'") ||
			!strings.Contains(r.stderr, "az vmss run-command invoke -g MC_GROUP -n aks-nodepool1-12345678-vmss --instance-id 0") ||
			strings.Contains(r.stderr, "the tunnel between control plane and nodes is down") {
			t.Errorf("%s: %+v", server, r)
		}
	}
}
