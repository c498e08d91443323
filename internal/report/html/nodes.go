package html

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// matrix is the nodes that findings are about, by the hops of these findings.
type matrix struct {
	Columns []string
	Rows    []nodeRow
	Many    bool // it has so many rows that it is folded
}

// nodeRow is one node with a cell for each column.
type nodeRow struct {
	Node  string
	Cells []cell
}

// cell is the worst that was found about a node at a hop; empty if no finding names the node.
type cell struct {
	Mark mark
	Link string // to the check
	Code string
}

// manyNodes is from how many nodes the matrix is folded.
const manyNodes = 13

// nodes returns the nodes of the report's errors and warnings; nil if there are fewer than two: a report holds no other matrix.
func nodes(r *report.Report, id string) *matrix {
	m := &matrix{}
	columns, rows := map[string]int{}, map[string]int{}
	worst := map[[2]int]check.Severity{}
	cells := map[[2]int]cell{}
	for _, result := range r.Results {
		for _, f := range result.Findings {
			if !f.Severity.AtLeast(check.Warning) {
				continue
			}
			for _, object := range append([]check.Ref{f.Target}, f.Also...) {
				if object.Kind != "node" {
					continue
				}
				if _, known := columns[result.Hop]; !known {
					columns[result.Hop] = len(m.Columns)
					m.Columns = append(m.Columns, result.Hop)
				}
				if _, known := rows[object.Name]; !known {
					rows[object.Name] = len(m.Rows)
					m.Rows = append(m.Rows, nodeRow{Node: object.Name})
				}
				at := [2]int{rows[object.Name], columns[result.Hop]}
				if worst[at] == "" || !worst[at].AtLeast(f.Severity) {
					worst[at] = f.Severity
					cells[at] = cell{Mark: markOf(report.StatusOf(f.Severity)), Link: checkID(id, result.Code), Code: result.Code}
				}
			}
		}
	}
	if len(m.Rows) < 2 {
		return nil
	}
	for i := range m.Rows {
		m.Rows[i].Cells = make([]cell, len(m.Columns))
		for j := range m.Columns {
			m.Rows[i].Cells[j] = cells[[2]int{i, j}]
		}
	}
	m.Many = len(m.Rows) >= manyNodes
	return m
}
