package checks

import "regexp"

var (
	// vaultObject matches what the CSI provider for Azure asked a key vault for, in its errors
	// (https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/troubleshooting/).
	vaultObject = regexp.MustCompile(`objectType:\s?(secret|key|cert)\w*, objectName:\s?([0-9A-Za-z-]{1,127})\b`)
	vaultHost   = regexp.MustCompile(`\b[0-9A-Za-z-]{3,24}\.vault\.(?:azure\.net|azure\.cn|usgovcloudapi\.net)\b`)
)

// ofVault returns which object of which vault the error of a mount is about, to be added to what it means; empty if it does not tell.
func ofVault(message string) string {
	host := vaultHost.FindString(message)
	if host != "" {
		host = " of " + host
	}
	m := vaultObject.FindStringSubmatch(message)
	switch {
	case m == nil && host == "":
		return ""
	case m == nil:
		return " (a request to" + host[len(" of"):] + ")"
	}
	return " (" + map[string]string{"secret": "secret", "key": "key", "cert": "certificate"}[m[1]] + " " + m[2] + host + ")"
}
