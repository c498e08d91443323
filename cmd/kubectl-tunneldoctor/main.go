// Command kubectl-tunneldoctor is the kubectl plugin `kubectl tunneldoctor`.
package main

import (
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/plugins/tunneldoctor"
)

func main() { cli.Main(tunneldoctor.Plugin) }
