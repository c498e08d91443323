package image

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The names of the images, as on AKS nodes. App and Pause are the lab's own programs.
const (
	Pause     = "mcr.microsoft.com/oss/v2/kubernetes/pause:3.10.1"
	Busybox   = "mcr.microsoft.com/azurelinux/busybox:1.36"
	KubeProxy = "mcr.microsoft.com/oss/v2/kubernetes/kube-proxy:v1.37.1"
	CoreDNS   = "mcr.microsoft.com/oss/v2/kubernetes/coredns:v1.15.0"
	Agent     = "mcr.microsoft.com/oss/v2/kubernetes/apiserver-network-proxy/agent:v0.36.0"
	Metrics   = "mcr.microsoft.com/oss/v2/kubernetes/metrics-server:v0.9.0"
	Traefik   = "docker.io/library/traefik:v3.6.12"
	App       = "lab.akstools.dev/app:v1"
	// the image of the old tunnels, with the programs of both
	Tunnelfront = "mcr.microsoft.com/aks/hcp/hcp-tunnel-front:v1.9.2"
	AksLink     = "mcr.microsoft.com/aks/hcp/tunnel-openvpn:v1.0.0"
)

// WriteAll builds every image from the binaries in bin into dir.
func WriteAll(bin, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	static := func(ref, program, path string) Image {
		return Image{Ref: ref, Root: Root{path: {From: filepath.Join(bin, program)}}, Entrypoint: []string{path}}
	}
	busybox, err := busyboxImage()
	if err != nil {
		return err
	}
	proxy, err := kubeProxyImage(bin)
	if err != nil {
		return err
	}
	old, err := oldTunnelRoot()
	if err != nil {
		return err
	}
	for file, img := range map[string]Image{
		"tunnelfront": {Ref: Tunnelfront, Root: old},
		"aks-link":    {Ref: AksLink, Root: old},
		"pause":       static(Pause, "pause", "/pause"),
		"coredns":     static(CoreDNS, "coredns", "/coredns"),
		"agent":       static(Agent, "proxy-agent", "/proxy-agent"),
		"metrics":     static(Metrics, "metrics-server", "/metrics-server"),
		"app":         static(App, "app", "/app"),
		"traefik": {
			Ref: Traefik, Root: Root{"/traefik": {From: filepath.Join(bin, "traefik")}, "/tmp/.keep": {Text: "\n"}},
			Entrypoint: []string{"/traefik"},
		},
		"busybox":    busybox,
		"kube-proxy": proxy,
	} {
		if err := img.Write(filepath.Join(dir, file+".tar")); err != nil {
			return err
		}
	}
	return nil
}

func busyboxImage() (Image, error) {
	root := Root{}
	return Image{Ref: Busybox, Root: root, Cmd: []string{"sh"}}, addBusybox(root)
}

// addBusybox adds the host's dynamic busybox: Debian's static one crashes in getaddrinfo.
func addBusybox(root Root) error {
	root.MergedUsr()
	if err := root.AddProgram("busybox", "/usr/bin/busybox"); err != nil {
		return err
	}
	if err := root.AddLibraries(libDir()+"/libnss_files.so.2", libDir()+"/libnss_dns.so.2"); err != nil {
		return err
	}
	applets, err := exec.Command("busybox", "--list").Output()
	if err != nil {
		return fmt.Errorf("busybox --list: %w", err)
	}
	for _, a := range strings.Fields(string(applets)) {
		if a != "busybox" {
			root["/usr/bin/"+a] = Entry{Link: "busybox"}
		}
	}
	return nil
}

func kubeProxyImage(bin string) (Image, error) {
	root := Root{"/usr/local/bin/kube-proxy": {From: filepath.Join(bin, "kube-proxy")}}
	root.MergedUsr()
	return Image{Ref: KubeProxy, Root: root, Entrypoint: []string{"kube-proxy"}}, addFilters(root)
}

// addFilters adds iptables, nft and conntrack.
func addFilters(root Root) error {
	for _, p := range []string{"xtables-nft-multi", "nft", "conntrack"} {
		if err := root.AddProgram(p, "/usr/sbin/"+p); err != nil {
			return err
		}
	}
	for _, name := range []string{"iptables", "ip6tables"} {
		for _, suffix := range []string{"", "-save", "-restore"} {
			root["/usr/sbin/"+name+suffix] = Entry{Link: "xtables-nft-multi"}
		}
	}
	return root.AddLibraries(libDir() + "/xtables/*.so")
}

// oldTunnelRoot has the programs of the old tunnels' pods.
func oldTunnelRoot() (Root, error) {
	root := Root{}
	if err := addBusybox(root); err != nil {
		return nil, err
	}
	for program, path := range map[string]string{"ssh": "/usr/bin/ssh", "openvpn": "/usr/sbin/openvpn", "ip": "/usr/sbin/ip"} {
		if err := root.AddProgram(program, path); err != nil {
			return nil, err
		}
	}
	delete(root, "/usr/bin/ip") // busybox's
	return root, addFilters(root)
}
