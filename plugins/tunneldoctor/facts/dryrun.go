package facts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/redact"
)

// DryRun is the result of a creation or a change in a server-side dry run.
type DryRun struct {
	API       string `json:"api,omitempty"` // group and version of Kind; empty: v1
	Kind      string `json:"kind"`          // the resource, such as pods
	Namespace string `json:"namespace,omitempty"`
	// Object is the existing object that was annotated; empty: a new one was created.
	Object string `json:"object,omitempty"`
	Error  string `json:"error,omitempty"`
	// Webhook is that for which the object has Labels and is in that namespace; empty: it has no labels, and is for all.
	Webhook string            `json:"webhook,omitempty"`
	Labels  map[string]string `json:"labels,omitempty"`
	// Elsewhere reports whether Namespace is not the user's, because the webhook does not select that.
	Elsewhere bool `json:"elsewhere,omitempty"`
	// TimedOut reports whether dryRunTimeout ended the request: Error names no webhook then.
	TimedOut bool `json:"timedOut,omitempty"`
	// Millis is how long it took, in milliseconds; zero: unknown, as in old bundles.
	Millis int64 `json:"millis,omitempty"`
}

// leastDelay is from which timeout on, in seconds, a webhook that ignores failures is told to delay requests: a busy API server takes as
// long as a shorter one by itself.
const leastDelay = 3

// Late reports whether the dry run calls the webhook and took so long that the webhook may have used up its time, or may not have yet. One
// that fails closed and has used it up would have made the run fail.
func (d DryRun) Late(w Webhook) bool {
	timeout := time.Duration(w.Timeout) * time.Second
	switch {
	case !d.Calls(w) || w.Conditional:
		return false
	case d.TimedOut:
		return timeout >= dryRunTimeout
	}
	return !w.FailClosed && w.Timeout >= leastDelay && d.Millis >= timeout.Milliseconds()
}

// Calls reports whether the dry run calls the webhook, unless its matchConditions exclude the request.
func (d DryRun) Calls(w Webhook) bool {
	return d.Webhook == w.Name || d.Webhook == "" && w.DryRunKind == d.Kind && w.SelectsOwn
}

// Command returns the command with which a user tries the same.
func (d DryRun) Command() cmdline.Command {
	if d.Object != "" {
		resource, namespace := d.Kind, []string(nil)
		if group, _, found := strings.Cut(d.API, "/"); found {
			resource += "." + group
		}
		if d.Namespace != "" {
			namespace = []string{"-n", d.Namespace}
		}
		return cmdline.Kubectl("annotate", resource, d.Object).With(namespace...).With(dryRunAnnotation+"=true", "--dry-run=server")
	}
	if c, ok := findCreation(d.API, d.Kind); ok {
		if command, ok := c.tries(d.Namespace); ok {
			return command
		}
	}
	run := cmdline.Kubectl("run", "akstools-dry-run", "-n", d.Namespace, "--image=none", "--dry-run=server")
	if len(d.Labels) > 0 {
		run = run.With("--labels=" + labels.FormatLabels(d.Labels))
	}
	return run
}

// dryRunTimeout limits a dry run. One webhook may take up to 30 s, and mutating webhooks are called one after another.
const dryRunTimeout = 15 * time.Second

// dryRunAnnotation is what a change adds to an object; in a dry run, nothing is stored.
const dryRunAnnotation = "akstools-dry-run"

// errNothing is the error of a change for which there is no object.
var errNothing = errors.New("there is no such object")

// dryRun sends one dry run. It returns an error if the user lacks the permission, if it could not be sent, or errNothing.
func dryRun(ctx context.Context, e *Env, t Trial, namespace string) (DryRun, error) {
	d := DryRun{API: t.API, Kind: t.Kind, Namespace: namespace, Labels: t.Labels}
	send := func(ctx context.Context) error { return t.create(ctx, e, namespace) }
	if c, ok := findCreation(t.API, t.Kind); ok && c.wide && !t.Change {
		d.Namespace = ""
	}
	if t.Change {
		var err error
		if send, err = t.change(ctx, e, &d); err != nil {
			return d, err
		}
	}
	if t.API != "" { // another resource than the role allows: ask before, so that no denial is logged
		if err := e.Clients.Check(ctx, d.right()); err != nil {
			return d, err
		}
	}
	took, err := timedRequest(ctx, dryRunTimeout, send)
	if err == nil && took >= leastDelay*time.Second { // once may be chance
		again, failed := timedRequest(ctx, dryRunTimeout, send)
		took, err = min(took, again), failed
	}
	d.Millis = took.Milliseconds()
	if denied := denial(err); denied != nil {
		return d, denied
	}
	switch {
	case err == nil:
	case errors.Is(err, errNotTried), apierrors.IsTooManyRequests(err):
		return d, fmt.Errorf("dry run of %s: %w", t.Kind, err)
	case errors.Is(err, errNoAnswer):
		d.TimedOut, d.Error = true, fmt.Sprintf("no answer within %s", dryRunTimeout)
	case t.Change: // what else the API server says may quote the user's object
		switch explained := errtext.Explain(err.Error()); {
		case explained.Class == errtext.PolicyDenied: // an answer
		case explained.Webhook == "":
			return d, errNothing
		default:
			d.Error = redact.Message(err.Error())
		}
	default:
		d.Error = redact.Message(err.Error())
	}
	return d, nil
}

// right is the permission that the dry run needs.
func (d DryRun) right() kube.Right {
	group, _, found := strings.Cut(d.API, "/")
	if !found {
		group = ""
	}
	r := kube.Right{Verb: "create", Group: group, Resource: d.Kind, Namespace: d.Namespace}
	if d.Object != "" {
		r.Verb = "patch"
	}
	return r
}

// create sends the creation.
func (t Trial) create(ctx context.Context, e *Env, namespace string) error {
	c, ok := findCreation(t.API, t.Kind)
	if !ok {
		return fmt.Errorf("no dry run creates %s of %s", t.Kind, t.API)
	}
	api := c.api()
	meta := metav1.ObjectMeta{GenerateName: "akstools-dry-run-", Labels: t.Labels}
	path := append(apiPath(api), "namespaces", namespace, c.resource)
	if c.wide {
		path = append(apiPath(api), c.resource)
	} else {
		meta.Namespace = namespace
	}
	head, err := json.Marshal(struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Metadata   metav1.ObjectMeta `json:"metadata"`
	}{api, c.kind, meta})
	if err != nil {
		return err
	}
	body := string(head)
	if c.body != "" {
		body = strings.TrimSuffix(body, "}") + "," + c.body + "}"
	}
	return e.Clients.Discovery().RESTClient().Post().AbsPath(path...).Param("dryRun", metav1.DryRunAll).
		SetHeader("Content-Type", "application/json").Body([]byte(body)).Do(ctx).Error()
}

func apiPath(api string) []string {
	if strings.Contains(api, "/") {
		return []string{"apis", api}
	}
	return []string{"api", api}
}

// change finds an object for the trial, notes it in d, and returns what sends its change.
func (t Trial) change(ctx context.Context, e *Env, d *DryRun) (func(context.Context) error, error) {
	group, version, _ := strings.Cut(t.API, "/")
	if version == "*" {
		found, err := e.Clients.Discovery().ServerGroups()
		if err != nil {
			return nil, err
		}
		for _, g := range found.Groups {
			if g.Name == group {
				d.API = g.PreferredVersion.GroupVersion
			}
		}
	}
	if strings.HasSuffix(d.API, "/*") || !e.ownAPI(ctx, d.API) {
		return nil, errNothing
	}
	client := e.Clients.Metadata(d.API, t.Kind)
	if t.Namespaces == "" {
		d.Namespace = ""
	}
	list, err := client.Namespace(d.Namespace).List(ctx, metav1.ListOptions{LabelSelector: t.Objects, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(list.Items) == 0 {
		return nil, errNothing
	}
	d.Object, d.Namespace = list.Items[0].Name, list.Items[0].Namespace
	patch := []byte(`{"metadata":{"annotations":{"` + dryRunAnnotation + `":"true"}}}`)
	return func(ctx context.Context) error {
		_, err := client.Namespace(d.Namespace).Patch(ctx, d.Object, types.MergePatchType, patch, metav1.PatchOptions{
			DryRun: []string{metav1.DryRunAll},
		})
		return err
	}, nil
}

// ownAPI reports whether the API server itself serves the group and version: a server behind an APIService may ignore that a request is a
// dry run. Where it is unknown, it is false.
func (e *Env) ownAPI(ctx context.Context, api string) bool {
	apis, err := AggregatedAPIs.From(ctx, e)
	if err != nil {
		return false
	}
	group, version, found := strings.Cut(api, "/")
	return !found || !slices.ContainsFunc(apis, func(a AggregatedAPI) bool { return a.Name == version+"."+group })
}
