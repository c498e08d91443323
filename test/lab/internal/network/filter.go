package network

import (
	"context"
	"fmt"
	"strings"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// Filter makes the switch apply the rules, of nft's bridge family, to every frame that enters one of its ports. They
// replace earlier rules in the table of the same name.
func Filter(ctx context.Context, table string, rules ...string) error {
	return nft(ctx, fmt.Sprintf(`%[1]s
table bridge %[2]s {
	chain prerouting {
		type filter hook prerouting priority dstnat
		%[3]s
	}
}`, emptied(table), table, strings.Join(rules, "\n\t\t")))
}

// Unfilter removes the rules of Filter, if there are any.
func Unfilter(ctx context.Context, table string) error { return nft(ctx, emptied(table)) }

func emptied(table string) string {
	return fmt.Sprintf("add table bridge %[1]s\ndelete table bridge %[1]s", table)
}

func nft(ctx context.Context, text string) error {
	return process.Run(ctx, layout.Switch, "nft", text)
}
