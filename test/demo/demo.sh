#!/usr/bin/env bash
# Shows the plugins on the lab with their real output.
set -euo pipefail
cd "$(dirname "$0")/../.."
export KUBECONFIG=$PWD/.lab/kubeconfig PATH=$PWD/bin:$PWD/.lab/bin:$PATH
node=aks-nodepool1-12345678-vmss000000
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"; bin/lab windows stop' EXIT
say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
show() {
  printf '\033[1m$ %s\033[0m\n' "$*"
  "$@"
}

say "The nodes, with their Azure instances and the way in"
show kubectl aksnode list

say "A command on a node"
show kubectl aksnode ssh "$node" -- hostname

say "The same where no registry can be reached: the lab has none, so a pull fails ..."
show kubectl aksnode ssh "$node" --image mcr.microsoft.com/azurelinux/base/core:3.0 -- hostname || true
say "... and by default nothing is pulled"
show kubectl aksnode ssh "$node" -- sh -c 'echo "$(hostname), kubelet $(systemctl is-active kubelet), since $(systemctl show -p ActiveEnterTimestamp --value kubelet)"'

say "On all nodes at once, files, and a log"
show kubectl aksnode run --all --prefix -- uptime
show kubectl aksnode cp "$node:/etc/containerd" "$scratch/containerd"
show kubectl aksnode logs "$node" -u containerd --tail 2

say "A Windows node, by SSH through a Linux node, with one command (the lab's is a Linux machine with a real sshd)"
bin/lab windows start
ssh-keygen -q -t ed25519 -N '' -f "$scratch/key"
bin/lab exec aksnpwin000000 -- sh -c 'umask 077; cat >/home/azureuser/.ssh/authorized_keys; chown azureuser: /home/azureuser/.ssh/authorized_keys' <"$scratch/key.pub"
show kubectl aksnode list
show kubectl aksnode ssh aksnpwin000000 -i "$scratch/key" --ssh-option StrictHostKeyChecking=accept-new -- hostname
bin/lab windows stop

say "An app that cannot be reached"
kubectl apply -f test/demo/shop.yaml
kubectl rollout status deployment/shop --timeout=60s
show kubectl insideout svc/shop || true
say "Its first advice is followed"
kubectl patch service shop --type=merge -p '{"spec":{"selector":{"app":"shop"}}}'
show kubectl insideout svc/shop
kubectl delete -f test/demo/shop.yaml --wait=false

last=aks-nodepool1-12345678-vmss000001
say "A node drops packets to its kubelet's port: logs from it time out"
trap 'rm -rf "$scratch"; bin/lab fault clear kubelet-port-drop' EXIT
bin/lab fault inject kubelet-port-drop
show kubectl tunneldoctor || true
say "Its first advice is followed"
show kubectl aksnode run "$last" --no-tunnel -- iptables -t filter -D INPUT -p tcp -m tcp --dport 10250 -j DROP
show kubectl tunneldoctor || true
bin/lab fault clear kubelet-port-drop

say "What does an error mean? This needs no cluster"
show kubectl tunneldoctor explain "error dialing backend: proxy error from /tunnel-uds/proxysocket while dialing 10.224.0.5:10250, code 504: 504 Gateway Timeout" || true

say "Every tunnel agent is killed: logs, exec and port-forward fail"
bin/lab fault inject tunnel-agents-down
trap 'rm -rf "$scratch"; bin/lab fault clear tunnel-agents-down' EXIT
show kubectl -n kube-system logs ds/kube-proxy --tail=1 || true
show kubectl aksnode ssh "$node" -- hostname || true
say "This works all the same"
show kubectl tunneldoctor || true
show kubectl tunneldoctor logs pod/"$(kubectl -n kube-system get pods -l component=kube-proxy -o jsonpath='{.items[0].metadata.name}')" -n kube-system --tail=2
show kubectl aksnode run "$node" --no-tunnel -- iptables -S INPUT
say "The agents come back"
