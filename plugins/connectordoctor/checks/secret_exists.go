package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// SecretExists finds a connection without its Secret.
var SecretExists = &check.Check{
	Code: "CON0301",
	Name: "secret-exists",
	Hop:  hopResources,
	Doc: `the Secret of the connection exists in its namespace

Service Connector writes the connection's variables to a Secret whose name follows from the connection's. Pods can use Secrets of their
own namespace only. A connection to Key Vault that uses the CSI driver has none.`,
	Sources: []string{docExtension, docSecrets},
	Needs: ofAzure(facts.SecretElsewhere, facts.Consumers, facts.SystemNamespace, facts.ExtensionConfigs,
		facts.AgentLogs),
	Symptom: true, // of what keeps Service Connector from writing it
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, err := connection(p)
		if err != nil {
			return nil, err
		}
		info, err := facts.Secret.Get(p)
		switch {
		case err != nil && proven(p, s.ConnectionInfo):
			p.Skip("the Secret was not read (%s); running containers have started with it", err)
			return nil, nil
		case err != nil:
			return nil, err
		case info.Exists:
			return nil, nil
		case len(s.classes) > 0:
			p.Skip("the connection has SecretProviderClass %s: it mounts secrets by the CSI driver and has no Secret", s.classes[0].Name)
			return nil, nil
		}
		if mountsOwnClass(p, s.ConnectionInfo) {
			p.Skip("pods mount SecretProviderClass %s by the CSI driver; such a connection has no Secret", s.Provider)
			return nil, nil
		}
		csi, known := byCSI(p, s.ConnectionInfo)
		if csi {
			p.Skip("the connection has no Secret: pods mount the key vault's secrets by the CSI driver")
			return nil, nil
		}
		f := check.Finding{
			Severity: check.Error, Target: s.secret(),
			Summary: fmt.Sprintf("Secret %s does not exist in namespace %s", s.Secret, s.Namespace),
		}
		if elsewhere, err := facts.SecretElsewhere.Get(p); err == nil && len(elsewhere) > 0 {
			f.Summary = fmt.Sprintf("Secret %s is in namespace %s, not in %s", s.Secret, names(elsewhere), s.Namespace)
			f.Cause = "the connection was created for that namespace, and pods can use Secrets of their own namespace only"
			f.Fixes = []check.Fix{fix(
				"create the connection again with --kube-namespace "+s.Namespace+", or run the workload in the other namespace",
				cmdline.Kubectl("get", "secrets", "-A", "--field-selector", "metadata.name="+s.Secret))}
			return []check.Finding{f}, nil
		}
		list, err := facts.Consumers.Get(p)
		if err != nil {
			return nil, err
		}
		refers := func(c facts.Consumer) bool { return len(c.Template.Of(s.Secret)) > 0 }
		if s.Named && !known && mountsByCSI(list.Items) && !slices.ContainsFunc(list.Items, refers) {
			return nil, fmt.Errorf("%s, and whether the connection writes one is unknown, because Azure was not read", f.Summary)
		}
		uninstalled := neverInstalled(p)
		f.Cause, f.Fixes = absence(s, list.Items, uninstalled)
		if uninstalled != "" {
			sayAgentLog(p, &f)
		}
		return []check.Finding{f}, nil
	},
}

// neverInstalled returns what shows that the extension, which writes Secrets, is not in the cluster; empty: nothing does.
func neverInstalled(p *check.Pass) string {
	ns, err := facts.SystemNamespace.Get(p)
	if err != nil || ns.Exists {
		return ""
	}
	cause := "the extension of Service Connector, which writes it, is not installed: namespace sc-system does not exist"
	configs, err := facts.ExtensionConfigs.Get(p)
	for _, c := range configs.Items {
		if err == nil && !c.Deleted.IsZero() {
			cause += fmt.Sprintf("; ExtensionConfig kube-system/%s is being deleted", c.Name)
			if len(c.Finalizers) > 0 {
				cause += ", and waits for its finalizers: " + names(c.Finalizers)
			}
			return cause
		}
	}
	if err == nil && slices.ContainsFunc(configs.Items, func(c facts.ExtensionConfig) bool { return c.Status == "" }) {
		cause += "; extension-operator has not acted on its ExtensionConfig, for which it has up to 10 minutes"
	}
	return cause
}

// absence returns the cause and the fixes where the Secret is nowhere. uninstalled is that of neverInstalled.
func absence(s subject, list []facts.Consumer, uninstalled string) (string, []check.Fix) {
	cause := "Service Connector has not written it: the connection was not created for this namespace, failed, or was deleted"
	var fixes []check.Fix
	if uninstalled != "" {
		cause = uninstalled
		fixes = []check.Fix{
			fix("see what extension-operator does", cmdline.Kubectl("logs", "deployment/"+facts.ExtensionOperator, "-n", system, "--tail=50")),
			showExtension(),
		}
	}
	var refs []string
	optional := false
	for _, c := range list {
		if uses := c.Template.Of(s.Secret); len(uses) > 0 {
			refs = append(refs, c.Ref.String())
			optional = optional || !slices.ContainsFunc(uses, func(u facts.Use) bool { return !u.Optional })
		}
	}
	if len(refs) > 0 {
		cause += "; used by " + names(refs)
	}
	if optional {
		cause += ", whose reference is optional: pods start without it, and lack the variables"
	}
	return cause, append(fixes,
		azure("see the cluster's connections and their namespaces", listConnections()),
		fix("see which Secrets of connections exist", cmdline.Kubectl("get", "secrets", "-n", s.Namespace)))
}

// mountsByCSI reports whether a workload mounts a SecretProviderClass.
func mountsByCSI(list []facts.Consumer) bool {
	return slices.ContainsFunc(list, func(c facts.Consumer) bool {
		return slices.ContainsFunc(c.Template.Uses, func(u facts.Use) bool { return u.How == facts.CSI })
	})
}
