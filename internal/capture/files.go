package capture

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/capture/pcap"
	"github.com/akstools/akstools/internal/localfile"
)

// mergedFile is the file with the packets of all places.
const mergedFile = "merged.pcapng"

// WriteFiles writes a pcapng file for each recording, and one with the packets of all in the order of their times by this computer's clock,
// into the directory, which must exist. It returns their names; the last is the merged one. application names the program that writes.
func WriteFiles(dir, application string, recordings []*Recording) ([]string, error) {
	var names []string
	var sources []pcap.Source
	for i, r := range recordings {
		name := fmt.Sprintf("%d-%s.pcapng", i+1, fileName(r.Name))
		if err := writeFile(filepath.Join(dir, name), application, []pcap.Source{r.source()}, inOrder(recordings[i:i+1])); err != nil {
			return nil, err
		}
		names, sources = append(names, name), append(sources, r.source())
	}
	return append(names, mergedFile), writeFile(filepath.Join(dir, mergedFile), application, sources, inOrder(recordings))
}

// source describes the recording's place in files.
func (r *Recording) source() pcap.Source {
	return pcap.Source{
		Name: r.Name, Link: r.Link, Offset: r.Offset,
		Comment: fmt.Sprintf("clock %s ahead of the client's, known within %s; %d packets were dropped", r.Offset, r.Uncertainty, r.Dropped),
	}
}

// placed is a packet and the index of its recording.
type placed struct {
	place int
	pcap.Packet
}

// inOrder returns the packets of all recordings in the order of their times.
func inOrder(recordings []*Recording) []placed {
	var all []placed
	for i, r := range recordings {
		for _, p := range r.Caught {
			all = append(all, placed{i, p})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int {
		return a.At.Add(-recordings[a.place].Offset).Compare(b.At.Add(-recordings[b.place].Offset))
	})
	return all
}

func writeFile(path, application string, sources []pcap.Source, packets []placed) error {
	f, err := localfile.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	w, err := pcap.NewWriter(f, application, sources)
	if err != nil {
		return err
	}
	for _, p := range packets {
		if err := w.Write(p.place, p.Packet); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Commit()
}

// fileName returns the name of a place as part of the name of a file.
func fileName(place string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '-'
	}, strings.ToLower(place)), ".-")
}
