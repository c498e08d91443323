package windows

import (
	"context"
	"io"
	"log"
	"net"
	"runtime"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/test/lab/internal/apiclient"
	"github.com/akstools/akstools/test/lab/internal/layout"
)

// heartbeat is the interval of writing the Node's status; a kubelet renews its Lease as often.
const heartbeat = 10 * time.Second

// Serve runs the machine, in the current namespaces, until ctx is done.
func Serve(ctx context.Context) error {
	runtime.LockOSThread() // sshd gets its death signal when the thread that started it exits
	if err := furnish(ctx); err != nil {
		return err
	}
	if err := startSSH(ctx); err != nil {
		return err
	}
	l, err := net.Listen("tcp", net.JoinHostPort(layout.WindowsIP, "3389"))
	if err != nil {
		return err
	}
	go echo(l)
	client, err := apiclient.New("kubelet-windows")
	if err != nil {
		return err
	}
	for {
		wait := heartbeat
		if err := report(ctx, client); err != nil {
			log.Print(err)
			wait = time.Second // a conflict: a controller updated the Node
		}
		select {
		case <-ctx.Done():
			return l.Close()
		case <-time.After(wait):
		}
	}
}

// echo sends back what it receives.
func echo(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_, _ = io.Copy(c, c)
		}()
	}
}

// report creates the Node and its Lease, and sets Ready.
func report(ctx context.Context, client kubernetes.Interface) error {
	nodes := client.CoreV1().Nodes()
	n, err := nodes.Get(ctx, layout.Windows, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		n, err = nodes.Create(ctx, object(), metav1.CreateOptions{})
	}
	if err != nil {
		return err
	}
	n.Status = status(n.CreationTimestamp)
	if _, err := nodes.UpdateStatus(ctx, n, metav1.UpdateOptions{}); err != nil {
		return err
	}
	leases := client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	lease := &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{
			Name:            n.Name,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: n.Name, UID: n.UID}},
		},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity: ptr.To(n.Name), LeaseDurationSeconds: ptr.To[int32](40), RenewTime: ptr.To(metav1.NowMicro()),
		},
	}
	if _, err = leases.Update(ctx, lease, metav1.UpdateOptions{}); apierrors.IsNotFound(err) {
		_, err = leases.Create(ctx, lease, metav1.CreateOptions{})
	}
	return err
}

// object returns the Node of a Windows Server 2022 node of AKS
// (https://learn.microsoft.com/azure/aks/windows-annotated-cheatsheet), in a pool with the taint from the
// documentation, so that no Linux pod is scheduled there.
func object() *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: layout.Windows, Labels: map[string]string{
			"agentpool": "npwin", "kubernetes.azure.com/agentpool": "npwin", "kubernetes.azure.com/cluster": "MC_lab_lab_eastus",
			"kubernetes.azure.com/mode": "user", "kubernetes.azure.com/role": "agent", "kubernetes.azure.com/os-sku": "Windows2022",
			"kubernetes.io/arch": "amd64", "kubernetes.io/os": "windows", "kubernetes.io/hostname": layout.Windows,
			"node.kubernetes.io/windows-build": "10.0.20348", "node.kubernetes.io/instance-type": "Standard_D2s_v5",
			"topology.kubernetes.io/region": "eastus", "topology.kubernetes.io/zone": "0",
		}},
		Spec: corev1.NodeSpec{
			ProviderID: "azure:///subscriptions/" + layout.Subscription + "/resourceGroups/" + layout.NodeGroup +
				"/providers/Microsoft.Compute/virtualMachineScaleSets/aksnpwin/virtualMachines/0",
			Taints: []corev1.Taint{{Key: "os", Value: "Windows", Effect: corev1.TaintEffectNoSchedule}},
		},
	}
}

func status(since metav1.Time) corev1.NodeStatus {
	return corev1.NodeStatus{
		Addresses: []corev1.NodeAddress{
			{Type: corev1.NodeInternalIP, Address: layout.WindowsIP},
			{Type: corev1.NodeHostName, Address: layout.Windows},
		},
		Capacity: corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("8Gi"),
			corev1.ResourcePods: resource.MustParse("0"),
		},
		Conditions: []corev1.NodeCondition{{
			Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady", Message: "kubelet is posting ready status",
			LastHeartbeatTime: metav1.Now(), LastTransitionTime: since,
		}},
		DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: 10250}},
		NodeInfo: corev1.NodeSystemInfo{
			OperatingSystem: "windows", Architecture: "amd64", OSImage: "Windows Server 2022 Datacenter", KernelVersion: "10.0.20348.2762",
			KubeletVersion: "v1.37.1", ContainerRuntimeVersion: "containerd://1.7.20+azure",
		},
	}
}
