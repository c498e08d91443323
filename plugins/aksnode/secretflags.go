package aksnode

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/akstools/akstools/internal/cli"
)

// secretFlagsVariable is an environment variable with flags of the proxy that contain secrets, as a JSON list. Programs of OpenSSH, and
// their master connections, pass the environment on to the proxy. Other users of this computer cannot read it, unlike arguments.
const secretFlagsVariable = "AKSNODE_SECRET_FLAGS"

// isSecret reports whether the flag contains a token, a password, or a URL with a user.
func isSecret(f *pflag.Flag) bool {
	return f.Name == "token" || f.Name == "password" || f.Name == "server" && strings.Contains(f.Value.String(), "@")
}

// secretFlags returns those of kubectl's flags given to c that contain secrets.
func secretFlags(c *cobra.Command) (args []string) {
	c.InheritedFlags().VisitAll(func(f *pflag.Flag) {
		if f.Changed && isSecret(f) {
			args = append(args, cli.Given(f)...)
		}
	})
	return args
}

// secretEnvironment returns the environment for programs that run the proxy; nil, which means this program's, if there are no secrets.
func secretEnvironment(c *cobra.Command) []string {
	args := secretFlags(c)
	if len(args) == 0 {
		return nil
	}
	text, err := json.Marshal(args)
	if err != nil {
		return nil // strings can be marshaled
	}
	return append(os.Environ(), secretFlagsVariable+"="+string(text))
}

// setSecretFlags sets the flags of c from secretFlagsVariable, except those that were given.
func setSecretFlags(c *cobra.Command) error {
	text := os.Getenv(secretFlagsVariable)
	if text == "" {
		return nil
	}
	var args []string
	if err := json.Unmarshal([]byte(text), &args); err != nil {
		return fmt.Errorf("environment variable %s is not a JSON list of flags", secretFlagsVariable)
	}
	for _, arg := range args {
		name, value, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		f := c.InheritedFlags().Lookup(name)
		if f == nil {
			return fmt.Errorf("environment variable %s contains the unknown flag --%s", secretFlagsVariable, name)
		}
		if f.Changed {
			continue
		}
		if err := c.InheritedFlags().Set(name, value); err != nil {
			return fmt.Errorf("environment variable %s: --%s is not valid", secretFlagsVariable, name) // err contains the value
		}
	}
	return nil
}
