package facts

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// canary stands in for the values of Secrets, which no fact may hold.
const canary = "canary-5ecre7"

const secretText = `{
	"kind": "Secret", "apiVersion": "v1",
	"metadata": {
		"name": "sc-mydb-secret", "namespace": "shop", "creationTimestamp": "2026-11-29T10:00:00Z",
		"labels": {"x": "` + canary + `"},
		"annotations": {
			"kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"PASSWORD\":\"` + canary + `\"}}",
			"meta.helm.sh/release-name": "sc-extension", "meta.helm.sh/release-namespace": "sc-system"
		},
		"managedFields": [
			{"manager": "helm", "time": "2026-11-29T10:00:00Z", "fieldsV1": {"f:data": {".": {}, "f:AZURE_POSTGRESQL_HOST": {}}}},
			{"manager": "sc", "time": "2026-11-29T11:00:00Z", "fieldsV1": {"f:data": {"f:PASSWORD": {}}}},
			{"manager": "kubectl", "time": "2026-11-29T12:00:00Z", "fieldsV1": {"f:metadata": {"f:labels": {}}}}
		]
	},
	"data": {"PASSWORD": "` + canary + `", "AZURE_POSTGRESQL_HOST": "` + canary + `", "PORT": ""},
	"stringData": {"PASSWORD": "` + canary + `"},
	"type": "Opaque"
}`

// TestDecodeSecret holds that the keys of a Secret are kept and its values dropped.
func TestDecodeSecret(t *testing.T) {
	got, err := decodeSecret(strings.NewReader(secretText))
	if err != nil {
		t.Fatal(err)
	}
	want := SecretInfo{
		Exists: true, Keys: []string{"AZURE_POSTGRESQL_HOST", "PASSWORD", "PORT"}, Empty: []string{"PORT"}, Writer: "sc",
		Release: "sc-system/sc-extension",
		Created: time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC), Changed: time.Date(2026, 11, 29, 11, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzDecodeSecret holds that neither the result nor an error holds the values, whatever the text is.
func FuzzDecodeSecret(f *testing.F) {
	f.Add(secretText)
	f.Add(`{"data":["` + canary + `"]}`)
	f.Add(`{"data":{"A":"` + canary + `"`)
	f.Add(`{"metadata":{"creationTimestamp":"` + canary + `"},"data":{"A":"` + canary + `"}}`)
	f.Add(`{"data":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		info, err := decodeSecret(strings.NewReader(text))
		b, marshalErr := json.Marshal(info)
		if marshalErr != nil {
			t.Fatal(marshalErr)
		}
		if out := string(b) + fmt.Sprint(err); strings.Contains(out, canary) && !strings.Contains(text, `"`+canary+`":`) &&
			!strings.Contains(text, `release-name`) {
			t.Errorf("%s", out)
		}
	})
}

func TestIdentity(t *testing.T) {
	for keys, want := range map[string][2]bool{
		"AZURE_STORAGEBLOB_CLIENTID AZURE_STORAGEBLOB_RESOURCEENDPOINT":         {true, true},
		"AZURE_STORAGEBLOB_CLIENTID AZURE_STORAGEBLOB_CLIENTSECRET":             {false, true},
		"AZURE_POSTGRESQL_CONNECTIONSTRING":                                     {false, true},
		"AZURE_POSTGRESQL_CLIENTID AZURE_POSTGRESQL_CONNECTIONSTRING":           {true, true},
		"spring.cloud.azure.storage.blob.credential.client-id spring.cloud.x.y": {true, true},
		"DATABASE": {false, false},
	} {
		identity, known := SecretInfo{Keys: strings.Fields(keys)}.Identity()
		if identity != want[0] || known != want[1] {
			t.Errorf("%s: %v %v", keys, identity, known)
		}
	}
}
