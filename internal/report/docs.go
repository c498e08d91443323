package report

import (
	"strings"

	"github.com/akstools/akstools/internal/check"
)

// Homepage is the address of the project.
const Homepage = "https://github.com/akstools/akstools"

// DocsURL returns the address of the check's section in docs/checks.md, whose anchor is that of GitHub for the heading "CODE NAME".
func DocsURL(c *check.Check) string {
	return Homepage + "/blob/main/docs/checks.md#" + strings.ToLower(c.Code) + "-" + c.Name
}
