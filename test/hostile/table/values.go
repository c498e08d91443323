package table

import "github.com/spf13/pflag"

// values are those of flags that take a string. A flag of the same name takes the same value in every command.
var values = map[string]string{
	"client":          "shop/web-0",
	"probe-namespace": "front",
	"container":       "app",
	"control-plane":   "kube-apiserver",
	"azure":           "auto",
	"fail-on":         "info",
	"filter":          "tcp port 80",
	"file":            "/var/log/syslog",
	"from":            "saved.bundle",
	"grep":            "error",
	"hop":             "aks-nodepool1-12345678-vmss000000",
	"hop-identity":    "key",
	"hop-user":        "azureuser",
	"host":            "shop.example.invalid",
	"identity":        "key",
	"image":           "registry.example.com/tools:1",
	"keep":            "tail",
	"node-image":      "registry.example.com/tools:1",
	"node-namespace":  "kube-system",
	"output":          "json",
	"path":            "/login",
	"pod":             "web-0",
	"pool":            "nodepool1",
	"probe-image":     "registry.example.com/tools:1",
	"rdp":             "node.rdp",
	"reason":          "INC-1234",
	"save":            "new.bundle",
	"script":          "script.sh",
	"selector":        "app=web",
	"since":           "1h",
	"ssh-option":      "ConnectTimeout=2",
	"template":        "{{.kind}}",
	"to":              "db.example.invalid:5432",
	"uid":             "11111111-0000-0000-0000-000000000001",
	"unit":            "kubelet",
	"until":           "1m",
	"user":            "azureuser",
	"via":             "azure",
	"write":           "packets",
}

// value returns a value for the flag, and whether one is known.
func value(f *pflag.Flag) (string, bool) {
	switch f.Value.Type() {
	case "bool":
		return "true", true
	case "int", "int32", "int64", "uint16":
		return "3", true
	case "duration":
		return "4s", true
	}
	v, ok := values[f.Name]
	return v, ok
}
