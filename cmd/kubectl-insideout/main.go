// Command kubectl-insideout is the kubectl plugin `kubectl insideout`.
package main

import (
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/plugins/insideout"
)

func main() { cli.Main(insideout.Plugin) }
