package checks

import (
	"testing"

	"github.com/akstools/akstools/internal/doctor/doctortest"
)

func TestFixtures(t *testing.T) {
	doctortest.Fixtures(t, All(), KubeletAnswers)
}

func TestGoldenTexts(t *testing.T) { doctortest.GoldenTexts(t, All()) }

func TestMissingFactsAreUnknown(t *testing.T) {
	doctortest.Missing(t, All(), "api-server", "tunnel", "agents", "cluster-nodes", "agent-sides", "log-tries", "entry-tries", "webhooks", "aggregated-apis")
}

func FuzzBundle(f *testing.F) { doctortest.FuzzBundle(f, All()) }
