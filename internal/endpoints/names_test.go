package endpoints

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const busybox = `server 10.96.0.10
name web.shop.svc.cluster.local
text Server:		10.96.0.10
text Address:	10.96.0.10:53
text 
text Name:	web.shop.svc.cluster.local
text Address: 10.96.4.2
text 
name absent.example.com
text Server:		10.96.0.10
text Address:	10.96.0.10:53
text 
text ** server can't find absent.example.com: NXDOMAIN
text 
name alias.example.com
text Server:		10.96.0.10
text Address:	10.96.0.10#53
text 
text alias.example.com	canonical name = web.example.com
text Name:	web.example.com
text Address 1: 203.0.113.9 web.example.com
name silent.example.com
text ;; connection timed out; no servers could be reached
name six.example.com
text Server:		10.96.0.10
text *** Can't find six.example.com: No answer
`

func TestParseNames(t *testing.T) {
	got := ParseNames(busybox)
	want := Names{Servers: []string{"10.96.0.10"}, Items: []Lookup{
		{Name: "web.shop.svc.cluster.local", Addresses: []string{"10.96.4.2"}},
		{Name: "absent.example.com", Failure: "NXDOMAIN"},
		{Name: "alias.example.com", Addresses: []string{"203.0.113.9"}},
		{Name: "silent.example.com", Failure: NoServer},
		{Name: "six.example.com", Failure: "No answer"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzParseNames(f *testing.F) {
	f.Add(busybox)
	f.Fuzz(func(t *testing.T, text string) {
		for _, item := range ParseNames(text).Items {
			if (item.Failure == "") != (len(item.Addresses) > 0) {
				t.Errorf("%+v", item)
			}
		}
	})
}
