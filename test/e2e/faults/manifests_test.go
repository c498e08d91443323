package faults

import (
	"encoding/json"
	"testing"
	"time"
)

// TestManifests: the manifests that faults apply as text are valid JSON, each of an object.
func TestManifests(t *testing.T) {
	hook, err := served(time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for name, manifest := range map[string]string{
		"served": hook, "deadlock": deadlock, "unserved": unserved, "denyEgress": denyEgress, "allowEgress": allowEgress,
		"wrongZone": wrongZone,
	} {
		var o struct{ APIVersion, Kind string }
		if err := json.Unmarshal([]byte(manifest), &o); err != nil || o.Kind == "" || o.APIVersion == "" {
			t.Errorf("%s: %v: %+v", name, err, o)
		}
	}
}
