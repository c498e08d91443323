package checks

import (
	"testing"

	"github.com/akstools/akstools/internal/doctor/doctortest"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

func TestFixtures(t *testing.T) { doctortest.Fixtures(t, facts.All(), All()) }

func TestGoldenTexts(t *testing.T) { doctortest.GoldenTexts(t, facts.All(), All()) }

func TestPages(t *testing.T) { doctortest.Pages(t, facts.All(), All()) }

func TestPlaceholders(t *testing.T) { doctortest.Placeholders(t, facts.All(), All()) }

func TestMissingFactsAreUnknown(t *testing.T) {
	doctortest.Missing(t, facts.All(), All(), "connection", "extension-agents", "system-namespace", "extension-configs", "job", "consumers")
}

func FuzzBundle(f *testing.F) { doctortest.FuzzBundle(f, facts.All(), Validation()) }
