package machine

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"

	"github.com/akstools/akstools/test/lab/arm/internal/server"
	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// Power starts and stops the machines of a scale set: a stopped one has no network.
type Power struct {
	Store *store.Store
	// Switch runs a program in the switch's network namespace, and Ports are the machines' ports there, by the instances' IDs.
	Switch []string
	Ports  map[string]string
}

// Start is the action start of a scale set, Deallocate the action deallocate.
func (p *Power) Start(ctx context.Context, id string, body []byte) (func() (any, error), error) {
	return p.set(ctx, id, body, "up", "running")
}

// Deallocate implements server.Action.
func (p *Power) Deallocate(ctx context.Context, id string, body []byte) (func() (any, error), error) {
	return p.set(ctx, id, body, "down", "deallocated")
}

func (p *Power) set(ctx context.Context, id string, body []byte, link, state string) (func() (any, error), error) {
	var in struct {
		InstanceIDs []string `json:"instanceIds"`
	}
	if err := json.Unmarshal(body, &in); err != nil || len(in.InstanceIDs) == 0 {
		return nil, &server.Refusal{Status: http.StatusBadRequest, Code: "InvalidParameter", Text: "The instance IDs are invalid."}
	}
	for _, i := range in.InstanceIDs {
		if p.Ports[i] == "" {
			return nil, &server.Refusal{Status: http.StatusBadRequest, Code: "InvalidParameter", Text: fmt.Sprintf("No instance %q.", i)}
		}
	}
	return func() (any, error) {
		for _, i := range in.InstanceIDs {
			argv := append(append([]string{}, p.Switch...), "ip", "link", "set", p.Ports[i], link)
			if out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput(); err != nil {
				return nil, fmt.Errorf("%w: %s", err, out)
			}
			vm := id + "/virtualMachines/" + i
			o, err := p.Store.Get(vm)
			if err != nil {
				return nil, err
			}
			properties, _ := o["properties"].(store.Object)
			properties["instanceView"] = store.Object{"statuses": []any{store.Object{"code": "PowerState/" + state}}}
			if _, _, err := p.Store.Put(vm, o, ""); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}, nil
}
