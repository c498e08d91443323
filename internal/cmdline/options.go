package cmdline

import (
	"slices"
	"strings"
)

// options are all that the suite prints commands with, of whatever program. Those that name a file to run or a place to send
// credentials to, such as kubectl's --kubeconfig, are not among them.
var options = strings.Fields(`
	-A -C -D -I -M -O- -S -T -Tail -c -d -g -h -i -it -j -l -m -n -o -p -s -t -u -v -w
	-ksS -ltn -rs -sS -sk -zv -type -connect -servername -alpn
	--cert --client --command-id --connect-timeout --delete-emptydir-data --dport --dry-run --field-selector --force --grace-period
	--header --hostprocess --http-proxy-config --ids --ignore-daemonsets --ignore-not-found --image --instance-id --instance-ids --key
	--max-time --no-check-certificate --no-pager --no-tunnel --node-probes --nodes --egress --overwrite --port --previous --query --replicas
	--resolve --restart --rm --scripts --show-labels --since --tail --timeout --type --vmss-name --watch
	--protocol --source --destination --in-interface --out-interface --match --jump --goto --dports --destination-port
	--destination-ports --sport --sports --source-port --source-ports --ports --ctstate --state --comment --reject-with --syn
	--subscription --name --nsg-name --route-table-name --priority --direction --destination-port-ranges --source-address-prefixes
	--destination-address-prefixes --api-server-authorized-ip-ranges --command --resource-id --status --offset
	--address-prefix --next-hop-type
	-L --via --lb-name --resource --metrics --load-balancer-outbound-ports --load-balancer-managed-outbound-ip-count
	--tcp-flags --src-type --dst-type --src-range --dst-range --mark
	--identity-name --issuer --subject --audiences --audience --assignee --assignee-object-id --assignee-principal-type --role --scope
	--include-inherited --resource-type --limit-bytes
	--object-id --secret-permissions --subnet --ip-address --account-name --service-endpoints --set --id --group-id --connection-name
	--private-connection-resource-id --public-network-access --enable-public-network --public-access
	--start-ip-address --end-ip-address --start-ip --end-ip --rule-name --namespace-name --ip-rule --properties
	-a --role-definition-name --principal-id --policy-assignment-name --access-policy-name --object-id-alias
	--auto-upgrade-minor-version --enable-oidc-issuer --enable-workload-identity --addons --cluster-name --mode`)

// Known reports whether each word of c that a program would take for an option is one that the suite prints, and az reads no file for a
// word of c. A name from a cluster or a bundle that looks like another option or like a file makes it false: such a command must not be
// shown.
func (c Command) Known() bool {
	return !c.readsFile() && !slices.ContainsFunc(c.argv, func(w string) bool {
		name, _, _ := strings.Cut(w, "=")
		return len(w) > 1 && w[0] == '-' && w != "--" && !slices.Contains(options, name)
	})
}

// readsFile reports whether c is one of az with a value that begins with @: az takes the content of the file of that name
// (https://learn.microsoft.com/cli/azure/use-azure-cli-successfully-tips).
func (c Command) readsFile() bool {
	return len(c.argv) > 0 && c.argv[0] == "az" && slices.ContainsFunc(c.argv, func(w string) bool {
		return strings.HasPrefix(w, "@") || strings.Contains(w, "=@")
	})
}
