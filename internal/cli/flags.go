package cli

import "github.com/spf13/pflag"

// rarelyUsed are kubectl flags that work and are not listed in --help: they are kubectl's own documentation's matter.
var rarelyUsed = []string{
	"as-group", "as-uid", "as-user-extra", "cache-dir", "certificate-authority", "client-certificate", "client-key",
	"disable-compression", "insecure-skip-tls-verify", "tls-server-name", "password", "username",
}

func hideRarelyUsed(flags *pflag.FlagSet) {
	for _, name := range rarelyUsed {
		if f := flags.Lookup(name); f != nil {
			f.Hidden = true
		}
	}
}
