package aksnode

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/akstools/akstools/internal/cli"
)

// given returns a subcommand that was given these of kubectl's flags.
func given(t *testing.T, flags ...string) *cobra.Command {
	t.Helper()
	root := &cobra.Command{Use: "root"}
	for _, name := range []string{"token", "password", "server", "context"} {
		root.PersistentFlags().String(name, "", "")
	}
	c := &cobra.Command{Use: "sub", RunE: func(*cobra.Command, []string) error { return nil }}
	root.AddCommand(c)
	root.SetArgs(append([]string{"sub"}, flags...))
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	return c
}

// Secrets are not in the ProxyCommand, which every user of this computer can read while ssh runs, but in the environment.
func TestSecretsAreNotArguments(t *testing.T) {
	secrets := []string{"--token=s3cret", "--password=hunter2", "--server=https://user:s3cret@api.example:6443"}
	c := given(t, append(slices.Clone(secrets), "--context=admin@lab")...)
	argv, err := proxyArgv(c, route{node: &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n", UID: "1"}}, via: "n"})
	if err != nil {
		t.Fatal(err)
	}
	if line := strings.Join(argv, " "); strings.Contains(line, "s3cret") || strings.Contains(line, "hunter2") ||
		!strings.Contains(line, "--context=admin@lab") {
		t.Errorf("got %q", line)
	}
	env := strings.Join(secretEnvironment(c), "\n")
	for _, s := range secrets {
		if !strings.Contains(env, s) {
			t.Errorf("%s is not passed on", s)
		}
	}
	if env := secretEnvironment(given(t, "--server=https://api.example:6443")); env != nil {
		t.Errorf("without secrets: %q", env)
	}
}

// A program of OpenSSH gets the secrets in its environment, and they are not printed.
func TestClientEnvironment(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	program := "#!/bin/sh\nprintenv " + secretFlagsVariable + "\n"
	if err := os.WriteFile(filepath.Join(dir, "ssh"), []byte(program), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	ssh, err := findClient("ssh", given(t, "--token=s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	streams, _, stdout, stderr := genericiooptions.NewTestIOStreams()
	if _, _, err := ssh.run(t.Context(), &cli.App{Streams: streams, Verbose: true}, nil); err != nil {
		t.Fatal(err)
	}
	if stdout.String() != "[\"--token=s3cret\"]\n" || strings.Contains(stderr.String(), "s3cret") {
		t.Errorf("%q, %q", stdout, stderr)
	}
}

// The proxy takes the secrets from its environment.
func TestProxyTakesSecrets(t *testing.T) {
	var authorization, user string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authorization = r.Header.Get("Authorization")
		user, _, _ = r.BasicAuth()
		w.WriteHeader(http.StatusForbidden)
	}))
	defer server.Close()
	withUser, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	withUser.User = url.UserPassword("alice", "s3cret")
	isolatedHome(t)
	for _, c := range []struct {
		env        string
		args       []string
		want, user string
		stderr     string
	}{
		{`["--token=s3cret"]`, []string{"--server=" + server.URL}, "Bearer s3cret", "", ""},
		{`["--token=s3cret"]`, []string{"--server=" + server.URL, "--token=given"}, "Bearer given", "", ""},
		{`["--server=` + withUser.String() + `"]`, nil, "", "alice", ""},
		{`["--server=s3cret"`, nil, "", "", "is not a JSON list"},
		{`["--such=s3cret"]`, nil, "", "", "unknown flag --such"},
	} {
		authorization, user = "", ""
		t.Setenv(secretFlagsVariable, c.env)
		streams, _, _, stderr := genericiooptions.NewTestIOStreams()
		args := append([]string{"proxy", "n", "--insecure-skip-tls-verify", "--kubeconfig=" + os.DevNull}, c.args...)
		if code := cli.Run(t.Context(), Plugin, streams, args); code == 0 {
			t.Errorf("%s: no error", c.env)
		}
		if c.want != "" && authorization != c.want || user != c.user || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%s: Authorization %q, user %q: %s", c.env, authorization, user, stderr)
		}
		if strings.Contains(stderr.String(), "s3cret") {
			t.Errorf("%s: the secret is printed: %s", c.env, stderr)
		}
	}
}
