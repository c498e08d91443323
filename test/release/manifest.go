// Package release renders the plugins' krew manifests and tests the archives of a release by installing them with krew.
package release

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/plugins/aksnode"
	"github.com/akstools/akstools/plugins/connectordoctor"
	"github.com/akstools/akstools/plugins/insideout"
	"github.com/akstools/akstools/plugins/tunneldoctor"
)

const repository = report.Homepage

// Plugins are the released plugins.
func Plugins() []cli.Plugin {
	return []cli.Plugin{aksnode.Plugin, connectordoctor.Plugin, insideout.Plugin, tunneldoctor.Plugin}
}

// platform is a platform for which binaries are released.
type platform struct{ os, arch string }

func platforms() []platform {
	var all []platform
	for _, os := range []string{"linux", "darwin", "windows"} {
		for _, arch := range []string{"amd64", "arm64"} {
			all = append(all, platform{os, arch})
		}
	}
	return all
}

// archive returns the name of the plugin's archive, as in .goreleaser.yaml.
func (p platform) archive(plugin string) string {
	end := ".tar.gz"
	if p.os == "windows" {
		end = ".zip"
	}
	return fmt.Sprintf("kubectl-%s_%s_%s%s", plugin, p.os, p.arch, end)
}

// Template returns the plugin's krew manifest as a template for krew-release-bot
// (https://krew.sigs.k8s.io/docs/developer-guide/release/automating-updates/), which fills in version, addresses and
// checksums.
func Template(p cli.Plugin) []byte {
	return manifest(p, "{{ .TagName }}", func(archive string) string {
		return fmt.Sprintf("{{ addURIAndSha %q .TagName }}", repository+"/releases/download/{{ .TagName }}/"+archive)
	})
}

func manifest(p cli.Plugin, version string, source func(archive string) string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: %s
spec:
  version: %s
  homepage: %s
  shortDescription: %s
  description: |
%s  platforms:
`, p.Name, version, repository, p.Short, indented(p.Long))
	for _, platform := range platforms() {
		bin := "kubectl-" + p.Name
		if platform.os == "windows" {
			bin += ".exe"
		}
		fmt.Fprintf(&b, "  - selector:\n      matchLabels:\n        os: %s\n        arch: %s\n    %s\n    bin: %s\n",
			platform.os, platform.arch, source(platform.archive(p.Name)), bin)
	}
	return []byte(b.String())
}

func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text)) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString("    " + line)
		}
		b.WriteString("\n")
	}
	return b.String()
}
