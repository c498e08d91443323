package doctortest

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	nethtml "golang.org/x/net/html"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/report/html"
)

// Pages holds that the report of each fixture becomes a page that is well-formed, complete and needs nothing else.
func Pages(t *testing.T, facts []fact.Any, checks []*check.Check) {
	for name, fixture := range fixtures(t) {
		r, err := Report(fixture, facts, checks)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := html.Write(&out, slices.Values([]*report.Report{r}), html.Options{}); err != nil {
			t.Fatal(err)
		}
		text := CheckPage(t, name, out.Bytes())
		for _, result := range r.Results {
			if !strings.Contains(text, result.Title) {
				t.Errorf("%s does not show the check %s", name, result.Code)
			}
		}
		for _, fix := range r.Verdict.Fixes {
			for _, c := range fix.Commands {
				if !strings.Contains(text, c.String()) {
					t.Errorf("%s does not show the command %s", name, c)
				}
			}
		}
	}
}

// pageElements are those that a page may have.
var pageElements = strings.Fields(`html head meta title style body svg symbol path circle use header main footer nav article section div
	p b h1 h2 h3 ol ul li a span code pre samp mark details summary table thead tbody tr th td script`)

// pageAttributes are those that they may have.
var pageAttributes = strings.Fields(`lang charset http-equiv content name class id href aria-hidden aria-label viewbox d cx cy r
	role tabindex scope open`)

// CheckPage holds that the page is well-formed and has only the elements, attributes and links that it needs: none leads out of it. It
// returns its text.
func CheckPage(t *testing.T, name string, page []byte) string {
	t.Helper()
	var text strings.Builder
	ids, links := map[string]bool{}, map[string]bool{}
	var open []string
	for z := nethtml.NewTokenizer(bytes.NewReader(page)); ; {
		kind := z.Next()
		if kind == nethtml.ErrorToken {
			break
		}
		token := z.Token()
		switch kind {
		case nethtml.TextToken:
			text.WriteString(token.Data)
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			if !slices.Contains(pageElements, token.Data) {
				t.Errorf("%s has the element %s", name, token.Data)
			}
			for _, a := range token.Attr {
				if !slices.Contains(pageAttributes, strings.ToLower(a.Key)) {
					t.Errorf("%s has the attribute %s=%q", name, a.Key, a.Val)
				}
				switch a.Key {
				case "id":
					if ids[a.Val] {
						t.Errorf("%s has the id %s twice", name, a.Val)
					}
					ids[a.Val] = true
				case "href":
					links[a.Val] = true
				}
			}
			if kind == nethtml.StartTagToken && token.Data != "meta" {
				open = append(open, token.Data)
			}
		case nethtml.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("%s: </%s> closes %v", name, token.Data, open)
			}
			open = open[:len(open)-1]
		case nethtml.CommentToken:
			t.Errorf("%s has the comment %q", name, token.Data)
		case nethtml.ErrorToken, nethtml.DoctypeToken:
		}
	}
	if len(open) > 0 {
		t.Errorf("%s: %v are not closed", name, open)
	}
	for l := range links {
		if !strings.HasPrefix(l, "#") || !ids[l[1:]] {
			t.Errorf("%s has a link to %q", name, l)
		}
	}
	if _, err := nethtml.Parse(bytes.NewReader(page)); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return text.String()
}
