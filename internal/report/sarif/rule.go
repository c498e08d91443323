package sarif

import (
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// toolOf describes the plugin with a rule for each check.
func toolOf(o Options) *sarif.Tool {
	driver := sarif.NewToolComponent().
		WithName("kubectl-" + o.Plugin).
		WithInformationURI(report.Homepage)
	if o.Version != "" {
		driver.WithVersion(o.Version)
	}
	for _, c := range o.Checks {
		driver.AddRule(ruleOf(c))
	}
	return sarif.NewTool().WithDriver(driver)
}

// ruleOf is the check as a rule. Its texts are those of the source code, in which a proposition is a clause.
func ruleOf(c *check.Check) *sarif.ReportingDescriptor {
	proposition := closed(c.Proposition())
	_, why, _ := strings.Cut(strings.TrimSpace(c.Doc), "\n")
	why = strings.Join(strings.Fields(why), " ")
	rule := sarif.NewRule(c.Code).
		WithName(c.Name).
		WithShortDescription(multiformat(proposition)).
		WithHelpURI(report.DocsURL(c)).
		WithProperties(sarif.NewPropertyBag().Add("hop", c.Hop).Add("sources", c.Sources).WithTags([]string{"kubernetes", c.Hop}))
	help := strings.TrimSpace(proposition + " " + why)
	markdown := help
	for _, source := range c.Sources {
		help += "\n" + source
		markdown += "\n\n<" + source + ">"
	}
	if why == "" {
		why = proposition
	}
	return rule.WithFullDescription(multiformat(why)).
		WithHelp(multiformat(help).WithMarkdown(literal(markdown)))
}

func multiformat(text string) *sarif.MultiformatMessageString {
	return sarif.NewMultiformatMessageString().WithText(literal(text))
}

// reference refers to the rule of the code.
func (l *log) reference(code string) *sarif.ReportingDescriptorReference {
	return sarif.NewReportingDescriptorReference().WithID(code).WithIndex(l.index(code))
}

// index returns the index of the code's rule; -1 if there is none.
func (l *log) index(code string) int {
	if i, ok := l.rules[code]; ok {
		return i
	}
	return -1
}
