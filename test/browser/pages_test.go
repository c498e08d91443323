package browser

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func (v view) String() string {
	scheme := "light"
	if v.dark {
		scheme = "dark"
	}
	return fmt.Sprintf("%d %s", v.width, scheme)
}

// TestAccessible holds that axe finds nothing wrong with pages of all kinds, unfolded, light and dark
// (https://github.com/dequelabs/axe-core).
func TestAccessible(t *testing.T) {
	axe, err := os.ReadFile(os.Getenv("AKSTOOLS_AXE"))
	if err != nil {
		t.Fatal("AKSTOOLS_AXE must be the path of axe.min.js: ", err)
	}
	for _, name := range []string{"failed", "degraded", "unknown", "healthy", "nodes", "several", "policy", "hostile"} {
		for _, v := range []view{{width: 1400}, {width: 380, dark: true}} {
			t.Run(name+" "+v.String(), func(t *testing.T) {
				b := open(t, name, v)
				b.unfold()
				eval[bool](b, string(axe)+"; true")
				for _, violation := range eval[[]string](b, `axe.run({resultTypes: ["violations"]}).then(r => r.violations.map(v =>
					v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + " " + n.failureSummary).join(" | ")))`) {
					t.Error(violation)
				}
			})
		}
	}
}

// TestNothingOverflows holds that no page is wider than the screen, and that nothing in it is cut.
func TestNothingOverflows(t *testing.T) {
	for _, name := range pages(t) {
		b := open(t, name, view{width: 1400})
		for _, state := range []string{"folded", "unfolded"} {
			for _, width := range []int64{320, 380, 690, 710, 1400} {
				call(b, func() error { return chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 900)) })
				for _, wide := range eval[[]string](b, `(() => {
					const wide = [];
					if (document.documentElement.scrollWidth > innerWidth) wide.push(document.documentElement.scrollWidth + " pixels");
					for (const e of document.querySelectorAll("main *")) {
						const r = e.getBoundingClientRect();
						if (r.width > 0 && (r.right > innerWidth + 1 || r.left < -1) && !e.closest(".wide, .tall")) wide.push(e.outerHTML.slice(0, 120));
					}
					return wide.slice(0, 3);
				})()`) {
					t.Errorf("%s, %s, on a screen of %d pixels: too wide: %s", name, state, width, wide)
				}
			}
			b.unfold()
		}
	}
}

// TestWithoutScripts holds that everything can be read, and unfolded, where scripts are off, and that nothing is shown that does not work.
func TestWithoutScripts(t *testing.T) {
	b := open(t, "failed", view{width: 1400, noScripts: true})
	if n := eval[int](b, `document.querySelectorAll("button").length`); n != 0 {
		t.Errorf("%d buttons", n)
	}
	text := eval[string](b, `document.querySelector("main").innerText`)
	for _, want := range []string{"is broken at hop firewall", "breaks here", "-D INPUT", "All checks"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not shown", want)
		}
	}
	closed := `document.querySelectorAll("details:not([open])").length`
	before := eval[int](b, closed)
	if err := chromedp.Do(b.ctx, chromedp.Click("details:not([open]) > summary")); err != nil {
		t.Fatal(err)
	}
	if after := eval[int](b, closed); after != before-1 {
		t.Errorf("%d were folded, %d are after one was unfolded", before, after)
	}
}

// TestLinks holds that a link of the path or to a check leads to something that is then visible.
func TestLinks(t *testing.T) {
	for _, name := range []string{"failed", "nodes", "several"} {
		b := open(t, name, view{width: 1400})
		for _, broken := range eval[[]string](b, `(async () => {
			const broken = [];
			for (const a of [...document.querySelectorAll("main a")].slice(0, 60)) {
				location.hash = a.hash;
				await new Promise(done => setTimeout(done, 20));
				const to = document.getElementById(a.hash.slice(1));
				if (!to || !to.checkVisibility()) broken.push(a.outerHTML);
			}
			return broken;
		})()`) {
			t.Errorf("%s: %s leads nowhere", name, broken)
		}
	}
}

// TestPrinted holds that paper shows what is folded, and no buttons.
func TestPrinted(t *testing.T) {
	b := open(t, "failed", view{width: 794, print: true})
	hidden := eval[int](b, `[...document.querySelectorAll(".found, .seen, .checks > li")].filter(e => !e.checkVisibility()).length`)
	if hidden > 0 {
		t.Errorf("%d parts are not printed", hidden)
	}
	if shown := eval[int](b, `[...document.querySelectorAll("button")].filter(e => e.checkVisibility()).length`); shown > 0 {
		t.Errorf("%d buttons are printed", shown)
	}
}

// TestCopy holds that each button copies the command beside it, exactly, and says so.
func TestCopy(t *testing.T) {
	b := open(t, "failed", view{width: 1400})
	b.unfold()
	for _, wrong := range eval[[]string](b, `(async () => {
		let copied;
		Object.defineProperty(navigator, "clipboard", {value: {writeText: async (text) => { copied = text; }}});
		const wrong = [], buttons = document.querySelectorAll("button");
		if (!buttons.length) wrong.push("no buttons");
		for (const button of buttons) {
			button.click();
			await new Promise(done => setTimeout(done, 0));
			if (copied !== button.parentNode.querySelector("code").textContent || button.textContent !== "Copied") wrong.push(copied);
		}
		return wrong;
	})()`) {
		t.Errorf("not copied: %q", wrong)
	}
	const want = "kubectl aksnode run aks-nodepool1-12345678-vmss000000 --no-tunnel -- " +
		"iptables -t filter -D INPUT -p tcp -m tcp --dport 10250 -j DROP"
	if got := eval[string](b, `document.querySelector(".fixes code").textContent`); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := eval[string](b, `(() => {
		getSelection().selectAllChildren(document.querySelector(".fixes code"));
		return String(getSelection());
	})()`); got != want {
		t.Errorf("selected by hand: %q, want %q", got, want)
	}
}

// TestHostile holds that nothing that a report says is executed or becomes an element.
func TestHostile(t *testing.T) {
	for _, noScripts := range []bool{false, true} {
		b := open(t, "hostile", view{width: 380, noScripts: noScripts})
		b.unfold()
		if eval[bool](b, `"touched" in window`) {
			t.Error("a script of the report was executed")
		}
		for selector, want := range map[string]int{
			"script": 1, "style": 1, "img": 0, "svg[onload]": 0, "iframe, object, embed, form, base, link": 0,
		} {
			if n := eval[int](b, fmt.Sprintf(`document.querySelectorAll(%q).length`, selector)); n != want {
				t.Errorf("%d of %s, want %d", n, selector, want)
			}
		}
		if eval[string](b, `document.compatMode`) != "CSS1Compat" {
			t.Error("quirks mode")
		}
		links := eval[[]string](b, `[...document.querySelectorAll("[href],[src]")].map(e => e.getAttribute("href") ?? e.getAttribute("src"))`)
		for _, l := range links {
			if !strings.HasPrefix(l, "#") {
				t.Errorf("a link out of the page: %q", l)
			}
		}
	}
}
