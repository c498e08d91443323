package checks

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// ConversionWebhooksHaveEndpoints finds CustomResourceDefinitions whose objects nothing converts.
var ConversionWebhooksHaveEndpoints = &check.Check{
	Code: "TUN0705",
	Name: "conversion-webhooks-have-endpoints",
	Hop:  hopServices,
	Doc: `the conversion webhooks of CustomResourceDefinitions have endpoints

The API server calls such a webhook to convert objects between versions. Without it they can neither be read nor written in another
version than the stored one, namespaces that hold some are not deleted, and controllers that list them fail. Where you may list the
objects, one is listed in each version that is not stored.`,
	Sources: []string{
		"https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#webhook-conversion",
	},
	After: []*check.Check{APIServerAnswers},
	Needs: []check.Need{facts.Conversions, facts.EmptyServices},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		list, err := facts.Conversions.Get(p)
		if facts.IsNotHeld(err) {
			p.Skip("%v", err)
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		for _, c := range list {
			if c.Callable() {
				if c.Failed != "" {
					fs = append(fs, failedConversion(c))
				}
				continue
			}
			f := check.Finding{
				Severity: check.Error, Target: check.Ref{Kind: "customresourcedefinition", Name: c.CRD},
				Summary: fmt.Sprintf("the conversion webhook of CRD %s has no ready endpoint in Service %s/%s", c.CRD, c.Service.Namespace,
					c.Service.Name),
				Cause: "its objects cannot be converted between versions: get, list and the deletion of namespaces fail for them",
				Fixes: []check.Fix{
					fix("find out why the webhook has no ready pod, or install what serves it",
						cmdline.Kubectl("insideout", "svc/"+c.Service.Name, "-n", c.Service.Namespace)),
					fix("show the conversion", cmdline.Kubectl("get", "crd", c.CRD, "-o", "jsonpath={.spec.conversion}")),
				},
			}
			if c.Endpoints > 0 {
				f.Summary = fmt.Sprintf("the conversion webhook of CRD %s names port %d, which Service %s/%s does not have", c.CRD, c.Port,
					c.Service.Namespace, c.Service.Name)
				f.Cause += "; the Service has port " + joined(c.Ports)
			}
			if c.Endpoints == 0 {
				sayWhyEmpty(p, c.Service, &f)
			}
			if c.Served < 2 && c.Stored < 2 {
				f.Severity = check.Info
				f.Cause = "it serves and stores one version only, so nothing is converted at present"
			}
			fs = append(fs, f)
		}
		return limited(fs, "CustomResourceDefinition"), nil
	},
}

// failedConversion returns the finding about a webhook that has endpoints and does not convert.
func failedConversion(c facts.Conversion) check.Finding {
	plural, group, _ := strings.Cut(c.CRD, ".")
	f := check.Finding{
		Severity: check.Error, Target: check.Ref{Kind: "customresourcedefinition", Name: c.CRD},
		Summary:  fmt.Sprintf("the conversion webhook of CRD %s does not convert its objects to %s", c.CRD, c.Failed),
		Cause:    c.Error,
		Evidence: []check.Evidence{{Source: cmdline.Kubectl("get", plural+"."+c.Failed+"."+group, "-A"), Lines: []string{c.Error}}},
		Fixes: []check.Fix{
			fix("find out why the webhook does not convert: its release may not serve this version, or its caBundle is of a former one",
				cmdline.Kubectl("insideout", "svc/"+c.Service.Name, "-n", c.Service.Namespace)),
			fix("show the conversion", cmdline.Kubectl("get", "crd", c.CRD, "-o", "jsonpath={.spec.conversion}")),
		},
	}
	if c.Host != "" {
		f.Cause = also(f.Cause, outside(c.Host))
		f.Fixes[0] = fix("correct the URL, or name the Service in clientConfig.service instead", cmdline.Kubectl("edit", "crd", c.CRD))
	}
	return f
}

// outside says how the API server gets to a webhook that is called at a URL.
func outside(host string) string {
	if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && ip.IsLoopback() {
		return "the webhook's URL is at " + host + ", which to the API server is itself"
	}
	return "the webhook's URL is at " + host + ": the API server connects to it by itself, not through the tunnel"
}
