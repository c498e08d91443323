// Command pages writes HTML pages of reports into a directory, one of each kind, for the tests in a browser: reports of fixtures, and
// some that no fixture has. It must be run in the root of the repository.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/doctor/doctortest"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/report/html"
	insideout "github.com/akstools/akstools/plugins/insideout/checks"
	insidefacts "github.com/akstools/akstools/plugins/insideout/facts"
	tunneldoctor "github.com/akstools/akstools/plugins/tunneldoctor/checks"
	tunnelfacts "github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pages DIRECTORY")
		os.Exit(1)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// fixtures are those that pages are made of, by page.
var fixtures = map[string]struct {
	plugin, file string
	without      string // a fact that is missing
}{
	"failed":   {plugin: "tunneldoctor", file: "TUN0502-iptables-drop-before-accept"},
	"degraded": {plugin: "tunneldoctor", file: "TUN0901-agents-one-replica"},
	"unknown":  {plugin: "insideout", file: "healthy-plain", without: "pods"},
	"healthy":  {plugin: "insideout", file: "healthy-plain"},
	"many":     {plugin: "tunneldoctor", file: "TUN0401-kubelet-hung"},
	"service":  {plugin: "insideout", file: "INS0101-selector-value"},
	"policy":   {plugin: "insideout", file: "INS0501-policy-denies-in"},
	"azure":    {plugin: "tunneldoctor", file: "TUN0604-nsg-denies-kubelet"},
}

func run(dir string) error {
	reports := map[string]*report.Report{"nodes": manyNodes(), "hostile": hostile()}
	for name, f := range fixtures {
		r, err := ofFixture(f.plugin, f.file, f.without)
		if err != nil {
			return err
		}
		reports[name] = r
	}
	for name, r := range reports {
		if err := write(filepath.Join(dir, name+".html"), r); err != nil {
			return err
		}
	}
	return write(filepath.Join(dir, "several.html"),
		reports["service"], reports["healthy"], reports["policy"], reports["unknown"], reports["healthy"])
}

func write(path string, reports ...*report.Report) error {
	var out bytes.Buffer
	if err := html.Write(&out, slices.Values(reports), html.Options{}); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o600)
}

// ofFixture returns the report of a fixture, with durations that are always the same.
func ofFixture(plugin, file, without string) (*report.Report, error) {
	facts, checks := tunnelfacts.All(), tunneldoctor.All()
	if plugin == "insideout" {
		facts, checks = insidefacts.All(), insideout.All()
	}
	text, err := os.ReadFile(filepath.Join("plugins", plugin, "checks", "testdata", file+".json"))
	if err != nil {
		return nil, err
	}
	var target fact.BundledTarget
	if err := json.Unmarshal(text, &target); err != nil {
		return nil, err
	}
	delete(target.Facts, without)
	if text, err = json.Marshal(target); err != nil {
		return nil, err
	}
	r, err := doctortest.Report(text, facts, checks)
	if err != nil {
		return nil, err
	}
	r.Plugin = plugin
	for i := range r.Results {
		r.Results[i].Milliseconds = int64(i*i%7*(i%5)) * 37
		if s := r.Results[i].Status; s == check.Skip || s == check.Blocked {
			r.Results[i].Milliseconds = 0
		}
	}
	return r, nil
}
