// Command kubectl-connectordoctor is the kubectl plugin `kubectl connectordoctor`.
package main

import (
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/plugins/connectordoctor"
)

func main() { cli.Main(connectordoctor.Plugin) }
