package doctor

import (
	"errors"
	"io"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/localfile"
)

// errOpen is that of --open without a page.
var errOpen = errors.New("--open requires --output html")

// destination returns an App to whose stdout the reports are to be written. Then the caller must call done, with what went wrong while
// they were written. It differs from o.App for a page that is to be opened, and where stdout is a terminal, on which a page is of no
// use: the page is then written to a file in the temporary directory, which only the user can read and which stays there. A stdout that is
// no terminal gets the page as well.
func (o *Options) destination() (app *cli.App, done func(error) error, err error) {
	stdout := o.App.Streams.Out
	if !o.html() || !o.open && !cli.IsTerminal(stdout) {
		return o.App, func(err error) error { return err }, nil
	}
	file, err := localfile.Temporary("kubectl-" + o.Plugin + "-*.html")
	if err != nil {
		return nil, nil, err
	}
	copied := *o.App
	copied.Streams.Out = file
	if !cli.IsTerminal(stdout) {
		copied.Streams.Out = io.MultiWriter(stdout, file)
	}
	return &copied, func(err error) error {
		defer func() { _ = file.Close() }()
		if err == nil {
			err = file.Commit()
		}
		if err == nil {
			o.show(file.Path())
		}
		return err
	}, nil
}

// show says where the page is, and opens it if that was asked for. A browser that cannot be opened changes no verdict.
func (o *Options) show(path string) {
	notes := o.App.Printer()
	if !o.open {
		notes.Notef("the report is in %s; --open opens it", path)
		return
	}
	notes.Notef("opening %s", path)
	if err := cli.Open(path); err != nil {
		notes.Warnf("no browser was opened: %v", err)
	}
}
