package facts

import (
	"net/netip"
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation"
)

// wordPattern has no white space and no character that a shell interprets.
var wordPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$`)

// isWord reports whether text is safe as one word of a script's argument.
func isWord(text string) bool { return wordPattern.MatchString(text) }

// isHost reports whether text is a DNS name or an IP address without a zone.
func isHost(text string) bool {
	ip, err := netip.ParseAddr(text)
	return err == nil && ip.Zone() == "" || len(validation.IsDNS1123Subdomain(text)) == 0
}
