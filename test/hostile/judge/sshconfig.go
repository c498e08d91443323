package judge

import (
	"fmt"
	"slices"
	"strings"
)

// keywords are those of ssh_config that we write.
var keywords = []string{
	"Host", "User", "IdentityFile", "HostKeyAlias", "UserKnownHostsFile", "StrictHostKeyChecking", "CheckHostIP", "HashKnownHosts",
	"UpdateHostKeys", "ProxyCommand", "Include", "ConnectTimeout",
}

// SSHConfig returns what is wrong with the text of a file of OpenSSH's client that we wrote, or "".
func SSHConfig(text string) string {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || strings.HasPrefix(fields[0], "#"):
		case !slices.Contains(keywords, fields[0]):
			return fmt.Sprintf("a line in ssh_config that is not ours: %.200q", line)
		case fields[0] == "Host" && (len(fields) > 3 || strings.ContainsAny(line, `*?!"'\`)):
			return fmt.Sprintf("a host in ssh_config that is none: %.200q", line)
		}
	}
	return ""
}
