package azure

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/akstools/akstools/internal/azure/id"
)

// MaxRunOutput is how many bytes of stdout RunCommand returns: Azure keeps the last 4 KiB
// (https://learn.microsoft.com/azure/virtual-machines/linux/run-command).
const MaxRunOutput = 4096

// runPeriod is how often the state of a run command is asked for, unless Azure says otherwise.
const runPeriod = 3 * time.Second

// RunCommand runs the script on the Linux machine, as root, by the machine's agent, which needs no cluster, and returns the end of what it
// prints to stdout. The machine runs one at a time: for another, the Reason is Busy, and nothing
// was run. It needs the permission for the action runCommand. The request is sent once: if there
// is no answer, it is unknown whether the script runs. Cancelling ctx does not end the script. Its errors are an *Error.
func RunCommand(ctx context.Context, c *Client, at id.Instance, script string) (string, error) {
	once := policy.WithRetryOptions(ctx, policy.RetryOptions{MaxRetries: -1, TryTimeout: tryTimeout}) // a retry could run it twice
	req, err := runtime.NewRequest(once, http.MethodPost,
		runtime.JoinPaths(c.arm.Endpoint(), escape(machinePath(at)), "runCommand")+"?api-version="+computeVersion)
	if err != nil {
		return "", explain(err)
	}
	body := map[string]any{"commandId": "RunShellScript", "script": strings.Split(script, "\n")}
	if err := runtime.MarshalAsJSON(req, body); err != nil {
		return "", explain(err)
	}
	resp, err := c.arm.Pipeline().Do(req)
	if err != nil {
		return "", explain(err)
	}
	defer resp.Body.Close()
	if !runtime.HasStatusCode(resp, http.StatusOK, http.StatusAccepted) {
		return "", explain(runtime.NewResponseError(resp))
	}
	poller, err := runtime.NewPoller[runResult](resp, c.arm.Pipeline(), &runtime.NewPollerOptions[runResult]{
		FinalStateVia: runtime.FinalStateViaLocation,
	})
	if err != nil {
		return "", explain(err)
	}
	result, err := poller.PollUntilDone(ctx, &runtime.PollUntilDoneOptions{Frequency: runPeriod})
	if err != nil {
		return "", explain(err)
	}
	return result.stdout()
}

// runResult is Resource Manager's answer (https://learn.microsoft.com/rest/api/compute/virtual-machines/run-command).
type runResult struct {
	Value []struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"value"`
}

// stdout returns what the script printed to stdout.
func (r runResult) stdout() (string, error) {
	for _, v := range r.Value {
		if !strings.HasSuffix(strings.ToLower(v.Code), "/succeeded") {
			return "", &Error{Reason: Refused, Text: cut(fmt.Sprintf("%s: %s", v.Code, firstLine(v.Message)))}
		}
		if _, out, ok := strings.Cut(v.Message, "[stdout]\n"); ok {
			if end := strings.LastIndex(out, "\n[stderr]"); end >= 0 {
				out = out[:end]
			}
			return out, nil
		}
	}
	return "", &Error{Reason: Refused, Text: "the run command has no output"}
}
