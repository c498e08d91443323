package aksnode

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/akstools/akstools/internal/redact"
)

// table writes rows in aligned columns.
type table struct {
	out     *bufio.Writer // columns are padded in many small writes
	columns interface {
		io.Writer
		Flush() error
	}
}

// newTable returns a table with the headings. The caller must call flush.
func newTable(out io.Writer, headings ...string) *table {
	b := bufio.NewWriter(out)
	t := &table{b, printers.GetNewTabWriter(b)}
	fmt.Fprintln(t.columns, strings.Join(headings, "\t"))
	return t
}

// maxCell is the number of characters after which a cell is cut: no name in Kubernetes is longer. A cell pads its whole column, and some
// have text of the cluster that may be as long as an object.
const maxCell = 253

// row adds a row. The cells may have text of the cluster.
func (t *table) row(cells ...string) {
	for i, text := range cells {
		cells[i] = redact.Line(text)
		if utf8.RuneCountInString(text) > maxCell {
			cells[i] = string([]rune(cells[i])[:maxCell-3]) + "..."
		}
	}
	fmt.Fprintln(t.columns, strings.Join(cells, "\t"))
}

// flush writes the table.
func (t *table) flush() error {
	if err := t.columns.Flush(); err != nil {
		return err
	}
	return t.out.Flush()
}
