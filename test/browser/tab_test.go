// Package browser tests the pages of -o html in Chromium: `make browser`.
package browser

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var update = flag.Bool("update", false, "write the golden screenshots, and the picture in the README")

// root is that of the repository.
const root = "../.."

// browser is what all tests share.
var browser struct {
	ctx   context.Context // of the process
	pages string          // the directory with the pages of test/pages
}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "pages-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cmd := exec.Command("go", "run", "./test/pages", dir)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU) // tests may run as root
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	ctx, end := chromedp.NewContext(ctx)
	defer end()
	if err := chromedp.Do(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	browser.ctx, browser.pages = ctx, dir
	return m.Run()
}

// pages returns the names of all pages.
func pages(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(browser.pages, "*.html"))
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strings.TrimSuffix(filepath.Base(f), ".html")
	}
	return names
}

// view is how a page is looked at.
type view struct {
	width     int64
	dark      bool
	print     bool
	noScripts bool
}

// tab shows one page.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu  sync.Mutex
	bad []string // requests, errors and dialogs
}

// open opens the page in a new tab. At the end of the test, the page must have requested nothing but itself, and caused no error.
func open(t *testing.T, name string, v view) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser.ctx)
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	b := &tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		stop()
		cancel()
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, what := range b.bad {
			t.Errorf("%s: %s", name, what)
		}
	})
	url := "file://" + filepath.Join(browser.pages, name+".html")
	if err := chromedp.Listen(ctx, func(event any) { b.seen(event, url) }); err != nil {
		t.Fatal(err)
	}
	scheme, media := "light", ""
	if v.dark {
		scheme = "dark"
	}
	if v.print {
		media = "print"
	}
	call(b, func() error {
		_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
		return err
	})
	call(b, func() error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
	call(b, func() error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: v.noScripts})
		return err
	})
	call(b, func() error { return chromedp.Do(ctx, chromedp.EmulateViewport(v.width, 900), chromedp.Navigate(url)) })
	return b
}

// seen remembers what must not happen.
func (b *tab) seen(event any, url string) {
	what := ""
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if address, _, _ := strings.Cut(e.Request.URL, "#"); address != url {
			what = "it requests " + e.Request.URL
		}
	case *log.EventEntryAdded:
		what = "the browser logs " + e.Entry.Text
	case *runtime.EventExceptionThrown:
		what = "exception: " + e.ExceptionDetails.Text
	case *page.EventJavascriptDialogOpening:
		what = "dialog: " + e.Message
	}
	if what != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.bad = append(b.bad, what)
	}
}

func call(b *tab, do func() error) {
	b.t.Helper()
	if err := do(); err != nil {
		b.t.Fatal(err)
	}
}

// eval evaluates the expression in the page, and waits for it if it is a promise.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%.200s: %v", expression, err)
	}
	return v
}

// unfold opens all that is folded.
func (b *tab) unfold() {
	b.t.Helper()
	eval[int](b, `[...document.querySelectorAll("details")].map(d => d.open = true).length`)
}
