package checks

import (
	"testing"

	"github.com/akstools/akstools/plugins/tunneldoctor/facts"

	"github.com/akstools/akstools/internal/doctor/doctortest"
)

func TestFixtures(t *testing.T) {
	doctortest.Fixtures(t, facts.All(), All(), KubeletAnswers)
}

func TestGoldenTexts(t *testing.T) { doctortest.GoldenTexts(t, facts.All(), All()) }

func TestPages(t *testing.T) { doctortest.Pages(t, facts.All(), All()) }

func TestPlaceholders(t *testing.T) { doctortest.Placeholders(t, facts.All(), All()) }

func TestWeakening(t *testing.T) { doctortest.Weakening(t, facts.All(), All()) }

func TestMissingFactsAreUnknown(t *testing.T) {
	doctortest.Missing(t, facts.All(), All(), "api-server", "tunnel", "agents", "cluster-nodes", "agent-sides",
		"log-tries", "entry-tries", "webhooks", "aggregated-apis")
}

func FuzzBundle(f *testing.F) { doctortest.FuzzBundle(f, facts.All(), All()) }

func TestSavedBundle(t *testing.T) {
	doctortest.SavedBundle(t, "../testdata/saved-2026-11.bundle", "tunneldoctor", facts.All(), All(), "TUN0701")
}
