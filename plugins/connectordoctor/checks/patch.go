package checks

import (
	"encoding/json"
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// patch is the fix that changes the pod template of a workload, as a merge patch of the template. Templates of Jobs, and pods, cannot be
// changed.
func patch(title string, workload check.Ref, template map[string]any) check.Fix {
	body := map[string]any{"spec": map[string]any{"template": template}}
	switch workload.Kind {
	case "cronjob":
		body = map[string]any{"spec": map[string]any{"jobTemplate": body}}
	case "job", "pod":
		return fix(fmt.Sprintf("%s: change its manifest, delete the %s and create it again", title, workload.Kind),
			cmdline.Kubectl("get", workload.String(), "-n", workload.Namespace, "-o", "yaml"))
	}
	text, err := json.Marshal(body)
	if err != nil {
		return fix(title)
	}
	return fix(title, cmdline.Kubectl("patch", workload.Kind, workload.Name, "-n", workload.Namespace, "--type=merge", "-p", string(text)))
}

// label is the fix that labels the pods of a workload for workload identity.
func label(workload check.Ref) check.Fix {
	return patch("label its pods", workload, map[string]any{"metadata": map[string]any{"labels": map[string]string{facts.UseLabel: "true"}}})
}

// useAccount is the fix that makes the pods of a workload use the ServiceAccount.
func useAccount(workload check.Ref, account string) check.Fix {
	return patch("use ServiceAccount "+account, workload, map[string]any{"spec": map[string]any{"serviceAccountName": account}})
}
