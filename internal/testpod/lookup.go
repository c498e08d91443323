package testpod

import (
	"context"
	_ "embed"
	"time"

	"github.com/akstools/akstools/internal/endpoints"
)

//go:embed lookup.sh
var lookupScript string

// LookupTimeout bounds a lookup: nslookup gives up after about 10 s.
const LookupTimeout = 20 * time.Second

// LookUp looks the host's name up as programs in the pod do, with the search list. Without an error, the result has an item for each name
// that was tried; the first with addresses is the answer.
func (p *Pod) LookUp(ctx context.Context, host string) (endpoints.Names, error) {
	ctx, cancel := context.WithTimeout(ctx, LookupTimeout)
	defer cancel()
	out, err := p.Run(ctx, lookupScript, host)
	if err != nil {
		return endpoints.Names{Items: []endpoints.Lookup{}}, err
	}
	return endpoints.ParseNames(out), nil
}
