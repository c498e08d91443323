package browser

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

const (
	// height is how much of a page a screenshot shows, in pixels of the page, and scale how large it is.
	height, scale = 1800, 0.5
	// tolerated is the share of pixels that may differ: fonts differ a little between versions of the browser.
	tolerated = 0.02
	// visible is from what difference of a channel, of 255, a pixel differs.
	visible = 48
)

// TestScreenshots compares pages with the pictures in testdata. With -update it writes these.
func TestScreenshots(t *testing.T) {
	for _, name := range []string{"failed", "degraded", "unknown", "healthy", "nodes", "several"} {
		for _, v := range []view{{width: 380}, {width: 1400}, {width: 1400, dark: true}} {
			t.Run(name+" "+v.String(), func(t *testing.T) {
				b := open(t, name, v)
				got := b.shoot(&page.Viewport{Width: float64(v.width), Height: float64(min(height, b.height())), Scale: scale})
				path := filepath.Join("testdata", name+"-"+strings.ReplaceAll(v.String(), " ", "-")+".png")
				if *update {
					save(t, path, got)
					return
				}
				compare(t, path, got)
			})
		}
	}
}

// TestPicture writes, with -update, the picture of a path in the README.
func TestPicture(t *testing.T) {
	if !*update {
		t.Skip("only with -update")
	}
	b := open(t, "failed", view{width: 1000})
	box := eval[[]float64](b, `(() => {
		const top = document.querySelector(".verdict").getBoundingClientRect(), way = document.querySelector(".way").getBoundingClientRect();
		return [top.left, top.top, top.width, way.bottom - top.top];
	})()`)
	const margin = 12
	save(t, filepath.Join(root, "docs/images/path.png"), b.shoot(&page.Viewport{
		X: box[0] - margin, Y: box[1] - margin, Width: box[2] + 2*margin, Height: box[3] + 2*margin, Scale: 1.5,
	}))
}

func (b *tab) height() int { return eval[int](b, `document.documentElement.scrollHeight`) }

func (b *tab) shoot(clip *page.Viewport) image.Image {
	b.t.Helper()
	yes := true
	r, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Clip: clip, CaptureBeyondViewport: &yes})
	if err != nil {
		b.t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(r.Data))
	if err != nil {
		b.t.Fatal(err)
	}
	return picture
}

// save writes the picture with at most 256 colors, which are enough for pages.
func save(t *testing.T, path string, picture image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, paletted(picture)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// paletted returns the picture with its most frequent colors; others become the nearest of these.
func paletted(picture image.Image) image.Image {
	bounds, counts := picture.Bounds(), map[color.RGBA]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[rgba(picture, x, y)]++
		}
	}
	var palette color.Palette
	for len(palette) < 256 && len(counts) > 0 {
		best, most := color.RGBA{}, 0
		for c, n := range counts {
			if n > most || n == most && less(c, best) {
				best, most = c, n
			}
		}
		delete(counts, best)
		palette = append(palette, best)
	}
	p := image.NewPaletted(bounds, palette)
	draw.Draw(p, bounds, picture, bounds.Min, draw.Src)
	return p
}

func rgba(p image.Image, x, y int) color.RGBA {
	return color.RGBAModel.Convert(p.At(x, y)).(color.RGBA)
}

func less(a, b color.RGBA) bool {
	return int(a.R)<<16+int(a.G)<<8+int(a.B) < int(b.R)<<16+int(b.G)<<8+int(b.B)
}

// compare holds that the picture is much like the one in the file. The one that differs is kept in the temporary directory.
func compare(t *testing.T, path string, got image.Image) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with: make browser UPDATE=1", err)
	}
	want, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(path, err)
	}
	a, b := want.Bounds().Size(), got.Bounds().Size()
	common := image.Pt(min(a.X, b.X), min(a.Y, b.Y))
	differing := a.X*a.Y + b.X*b.Y - 2*common.X*common.Y
	for y := range common.Y {
		for x := range common.X {
			if differs(rgba(want, x, y), rgba(got, x, y)) {
				differing++
			}
		}
	}
	if share := float64(differing) / float64(a.X*a.Y); share > tolerated {
		kept := filepath.Join(os.TempDir(), "differs-"+filepath.Base(path))
		save(t, kept, got)
		t.Errorf("%.1f %% of %s differ: compare it with %s", share*100, path, kept)
	}
}

func differs(a, b color.RGBA) bool {
	far := func(x, y uint8) bool { return max(x, y)-min(x, y) > visible }
	return far(a.R, b.R) || far(a.G, b.G) || far(a.B, b.B)
}
