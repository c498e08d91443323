// Command kubectl-aksnode is the kubectl plugin `kubectl aksnode`.
package main

import (
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/plugins/aksnode"
)

func main() { cli.Main(aksnode.Plugin) }
