package errtext

// watchRules are logs of programs that list and watch with client-go: controllers, ingress controllers, operators.
func watchRules() []rule {
	lists := []string{"Failed to watch *", "failed to list *", "Failed to list *", "Failed to watch err=failed to list"}
	return []rule{
		{
			when: []string{
				"decode an event from the watch stream", "watch of … ended with", "Unexpected watch close", "too old resource version",
				"resourceVersion for the provided watch is too old", "watch … required revision has been compacted",
			},
			not:   []string{"unauthorized", "forbidden", "ApiException"},
			class: ConnectionLost, tunnel: No,
			meaning: "Harmless by itself: a watch of the API server ended, and the program that logs this starts it again.",
			causes: []string{
				"normal: the API server ends each watch after some minutes, and a load balancer or proxy those that are idle",
				"if it comes every few seconds: the program's network, or an API server that is restarted or overloaded",
			},
			next:   []string{"nothing, if it is rare", "look for \"failed to list\" after it"},
			source: reflector,
		},
		{
			when: []string{"leaderelection.go", "error retrieving resource lock", "Failed to update lock", "failed to renew lease", "reflector.go"},
			and:  append(phrasesOf(CauseTimeout), "timed out waiting for the condition", "unable to return a response in the time allotted"),
			not:  append(phrasesOf(CauseDNS), "kubelet["), to: []Destination{ToUnknown},
			class: ClientCannotConnect, cause: CauseTimeout, tunnel: No,
			meaning: "A program that watches or leads got no answer from the API server in time. One that leads then gives up and is restarted.",
			causes: []string{
				"the API server or etcd is overloaded, was restarted or upgraded",
				"the program's node: its network, or a CPU limit that leaves the program no time",
				"a program outside the cluster: the way to the API server, its authorized IP ranges, a VPN",
			},
			next:   []string{"kubectl get --raw '/readyz?verbose'", "kubectl get pods -A -o wide, for others on the same node that restart"},
			source: leaderElection,
		},
		{
			when: lists, and: []string{": Unauthorized", "has asked for the client to provide credentials"},
			class: Unauthorized, tunnel: No,
			meaning: "The API server answered and does not accept the credentials of the program that logs this.",
			causes: []string{
				"the token of its service account expired, or the account was deleted and created again: restart the pod",
				"its kubeconfig is for another cluster, or its certificate expired",
			},
			next:   []string{"kubectl rollout restart deployment NAME -n NAMESPACE", "kubectl get serviceaccount -n NAMESPACE"},
			source: reflector,
		},
		{
			when:  []string{"Failed to watch … : unknown (get ", "failed to list … : unknown (get "},
			class: Answered, tunnel: No,
			meaning: "The API server refused a watch, and the program does not understand the reason: most often the right to watch is missing.",
			causes: []string{
				"the role of the program's service account lacks the verb watch for that resource",
				"the resource was removed while it was watched",
			},
			next:   []string{"kubectl auth can-i watch RESOURCE --as=system:serviceaccount:NAMESPACE:NAME"},
			source: reflector,
		},
	}
}
