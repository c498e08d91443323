package insideout

import (
	"context"
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// After Ctrl-C the remaining Services are not checked: there may be thousands.
func TestInterruptedEvaluation(t *testing.T) {
	o := newOptions(&cli.App{Flags: genericclioptions.NewConfigFlags(false), Streams: genericiooptions.NewTestIOStreamsDiscard()})
	o.bind(&cobra.Command{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for i, r := range o.evaluate(ctx, []*facts.Env{(&facts.Env{}).Bind(), (&facts.Env{}).Bind()}, nil) {
		if r != nil {
			t.Errorf("Service %d was checked: %+v", i, r.Verdict)
		}
	}
}
