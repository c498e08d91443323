// Command sidecar stands in for the programs beside a CSI driver, which the proxy of Go modules does not serve: node-driver-registrar,
// which tells the kubelet of the driver, and livenessprobe, which asks the driver whether it is ready. It takes their flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// registry is the directory, in the container, that the kubelet watches for sockets.
const registry = "/registration"

func main() {
	driver := flag.String("csi-address", "/csi/csi.sock", "the driver's socket, in the container")
	kubelet := flag.String("kubelet-registration-path", "", "the driver's socket, as the kubelet sees it: register it")
	health := flag.String("http-endpoint", "", "serve /healthz at the address instead")
	timeout := flag.Duration("probe-timeout", time.Second, "how long the driver may take to answer")
	flag.Int("v", 0, "ignored")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *driver, *kubelet, *health, *timeout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, driver, kubelet, health string, timeout time.Duration) error {
	connection, err := grpc.NewClient("unix://"+driver, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	identity := csi.NewIdentityClient(connection)
	if health != "" {
		return probe(ctx, identity, health, timeout)
	}
	starting, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	info, err := identity.GetPluginInfo(starting, &csi.GetPluginInfoRequest{}, grpc.WaitForReady(true))
	if err != nil {
		return err
	}
	return register(ctx, info.GetName(), kubelet)
}

// probe serves the driver's health until ctx is done.
func probe(ctx context.Context, driver csi.IdentityClient, address string, timeout time.Duration) error {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		if answer, err := driver.Probe(ctx, &csi.ProbeRequest{}); err != nil || answer.GetReady() != nil && !answer.GetReady().GetValue() {
			http.Error(w, fmt.Sprint("not ready: ", err), http.StatusInternalServerError)
		}
	})
	s := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: timeout}
	defer context.AfterFunc(ctx, func() { _ = s.Close() })()
	if err := s.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// register serves what the kubelet asks about the driver until ctx is done. The kubelet forgets the driver when the socket is gone.
func register(ctx context.Context, name, endpoint string) error {
	socket := filepath.Join(registry, name+"-reg.sock")
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	s := grpc.NewServer()
	registration.RegisterRegistrationServer(s, server{info: &registration.PluginInfo{
		Type: registration.CSIPlugin, Name: name, Endpoint: endpoint, SupportedVersions: []string{"1.0.0"},
	}})
	defer context.AfterFunc(ctx, s.Stop)()
	return s.Serve(l)
}

type server struct {
	registration.UnimplementedRegistrationServer
	info *registration.PluginInfo
}

// GetInfo implements registration.RegistrationServer.
func (s server) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) { return s.info, nil }

// NotifyRegistrationStatus implements registration.RegistrationServer.
func (server) NotifyRegistrationStatus(_ context.Context, status *registration.RegistrationStatus) (*registration.RegistrationStatusResponse, error) {
	if !status.GetPluginRegistered() {
		fmt.Fprintln(os.Stderr, "error: the kubelet has not registered the driver:", status.GetError())
		os.Exit(1) // to be restarted, and tried again
	}
	return &registration.RegistrationStatusResponse{}, nil
}
