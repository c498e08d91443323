package report

import (
	"encoding/json"
	"io"
	"iter"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// List is several reports.
type List struct {
	metav1.TypeMeta `json:",inline"`
	Items           []Report `json:"items"`
}

// DeepCopyObject implements runtime.Object.
func (l *List) DeepCopyObject() runtime.Object {
	c := *l
	c.Items = slices.Clone(l.Items)
	return &c
}

// NewList makes one object of several reports.
func NewList(reports []*Report) *List {
	l := &List{TypeMeta: metav1.TypeMeta{APIVersion: APIVersion, Kind: "ReportList"}, Items: []Report{}}
	for _, r := range reports {
		l.Items = append(l.Items, *r)
	}
	return l
}

// WriteJSON writes the reports as kubectl prints objects with -o json: one report as it is, several as a List. At most two reports are
// in memory at a time.
func WriteJSON(w io.Writer, reports iter.Seq[*Report]) error {
	const indent = "    "
	empty, err := json.MarshalIndent(NewList(nil), "", indent)
	if err != nil {
		return err
	}
	head, tail, _ := strings.Cut(string(empty), "]")
	return notation{
		one:  func(r *Report) ([]byte, error) { return json.MarshalIndent(r, "", indent) },
		item: func(r *Report) ([]byte, error) { return json.MarshalIndent(r, indent+indent, indent) },
		end:  "\n", empty: string(empty),
		head: head + "\n" + indent + indent, between: ",\n" + indent + indent, tail: "\n" + indent + "]" + tail,
	}.write(w, reports)
}

// WriteYAML writes the reports as kubectl prints objects with -o yaml. At most two reports are in memory at a time.
func WriteYAML(w io.Writer, reports iter.Seq[*Report]) error {
	empty, err := yaml.Marshal(NewList(nil))
	if err != nil {
		return err
	}
	head, tail, _ := strings.Cut(string(empty), " []\n")
	return notation{
		one:   func(r *Report) ([]byte, error) { return yaml.Marshal(r) },
		item:  func(r *Report) ([]byte, error) { return yaml.Marshal([]*Report{r}) },
		empty: string(empty), head: head + "\n", tail: tail,
	}.write(w, reports)
}

// notation is how reports are written.
type notation struct {
	one                 func(*Report) ([]byte, error) // a report that is the only one
	item                func(*Report) ([]byte, error) // one of several
	empty               string                        // a List of none
	head, between, tail string                        // of a List
	end                 string                        // after all
}

func (n notation) write(w io.Writer, reports iter.Seq[*Report]) error {
	total, err := Each(reports, func(i int, r *Report, several bool) error {
		before, marshal := "", n.one
		switch {
		case several && i == 0:
			before, marshal = n.head, n.item
		case several:
			before, marshal = n.between, n.item
		}
		text, err := marshal(r)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, before); err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	})
	if err != nil {
		return err
	}
	after := n.end
	switch total {
	case 0:
		after = n.empty + after
	case 1:
	default:
		after = n.tail + after
	}
	_, err = io.WriteString(w, after)
	return err
}

// Each calls do with each report, its number, from 0, and whether there are several, until do returns an error. It returns the number of
// reports.
func Each(reports iter.Seq[*Report], do func(i int, r *Report, several bool) error) (total int, err error) {
	var first *Report // held back until a second shows that there are several
	for r := range reports {
		switch total {
		case 0:
			first = r
		case 1:
			if err = do(0, first, true); err == nil {
				err = do(1, r, true)
			}
		default:
			err = do(total, r, true)
		}
		total++
		if err != nil {
			return total, err
		}
	}
	if total == 1 {
		err = do(0, first, false)
	}
	return total, err
}
