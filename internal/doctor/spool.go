package doctor

import (
	"bytes"
	"compress/flate"
	"io"
)

// spool keeps what is written to it until it is known whether to print it. Reports resemble each other: compressed, thousands of them
// take little memory.
type spool struct {
	content bytes.Buffer
	z       *flate.Writer
}

func newSpool() *spool {
	s := &spool{}
	s.z, _ = flate.NewWriter(&s.content, flate.BestSpeed) // the level is valid
	return s
}

// Write implements io.Writer.
func (s *spool) Write(p []byte) (int, error) { return s.z.Write(p) }

// copyTo writes all to w. Nothing can be written to the spool afterwards.
func (s *spool) copyTo(w io.Writer) error {
	if err := s.z.Close(); err != nil {
		return err
	}
	_, err := io.Copy(w, flate.NewReader(&s.content))
	return err
}
