package facts

import (
	"net/netip"
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation"
)

var wordPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$`)

// word says whether text may stand as one word among a script's arguments.
func isWord(text string) bool { return wordPattern.MatchString(text) }

// host says whether text is a DNS name or an address.
func isHost(text string) bool {
	ip, err := netip.ParseAddr(text)
	return err == nil && ip.Zone() == "" || len(validation.IsDNS1123Subdomain(text)) == 0
}
