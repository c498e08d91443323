package check

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestValidate(t *testing.T) {
	good := chain()
	changed := func(change func(*Check)) []*Check {
		c := reading("TST0001", "in")
		change(c)
		return []*Check{c}
	}
	for name, try := range map[string]struct {
		checks []*Check
		want   string
	}{
		"good":           {good, ""},
		"code twice":     {append(good[:1:1], changed(func(c *Check) { c.Name = "another" })...), "check TST0001: the code is used twice"},
		"code malformed": {changed(func(c *Check) { c.Code = "TST1" }), `check TST1: the code "TST1" has the wrong form`},
		"name twice": {
			append(good[:1:1], changed(func(c *Check) { c.Code = "TST0002" })...), `check TST0002: the name "a-tst0001" is used twice`,
		},
		"name malformed":   {changed(func(c *Check) { c.Name = "A name" }), `check TST0001: the name "A name" is not kebab-case`},
		"name of a hop":    {changed(func(c *Check) { c.Name = c.Hop }), ""},
		"nothing but code": {[]*Check{{Code: "TST0001", Name: "a"}}, "check TST0001: no Doc\ncheck TST0001: no Hop\ncheck TST0001: no Run"},
		"wrong order":      {[]*Check{good[1], good[0]}, "check TST0002: listed before TST0001, on which it depends"},
		"itself":           {changed(func(c *Check) { c.After = []*Check{c} }), "check TST0001: listed before TST0001, on which it depends"},
		"absent":           {good[1:2], "check TST0002: depends on TST0001, which is not listed"},
		"hop in pieces": {
			[]*Check{good[0], reading("TST0009", "out"), reading("TST0008", "in")}, `check TST0008: listed apart from the other checks of hop "in"`,
		},
	} {
		got := ""
		if err := Validate(try.checks); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(try.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
