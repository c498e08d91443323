package cli

import "github.com/spf13/pflag"

// hiddenFlags are flags of kubectl that work but are not listed in --help; kubectl's documentation describes them.
var hiddenFlags = []string{
	"as-group", "as-uid", "as-user-extra", "cache-dir", "certificate-authority", "client-certificate", "client-key",
	"disable-compression", "insecure-skip-tls-verify", "tls-server-name", "password", "username",
}

func hideFlags(flags *pflag.FlagSet) {
	for _, name := range hiddenFlags {
		if f := flags.Lookup(name); f != nil {
			f.Hidden = true
		}
	}
}
