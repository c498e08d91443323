package tunneldoctor

import (
	"encoding/json"
	"io"

	"github.com/akstools/akstools/internal/report"
)

const apiVersion = report.APIVersion

func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
