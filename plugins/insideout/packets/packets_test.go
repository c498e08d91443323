package packets

import (
	"testing"

	"github.com/akstools/akstools/plugins/insideout/facts"

	"github.com/akstools/akstools/internal/doctor/doctortest"
)

// The fixtures are captures of internal/capture's tests (AKSTOOLS_CAPTURES), with the names of pods and nodes.

// A capture that is not complete is worth an info, and one without connections is unknown: ConnectionsAreSeen never fails.
func TestFixtures(t *testing.T) { doctortest.Fixtures(t, facts.All(), All(), ConnectionsAreSeen) }

func TestGoldenTexts(t *testing.T) { doctortest.GoldenTexts(t, facts.All(), All()) }

func TestPages(t *testing.T) { doctortest.Pages(t, facts.All(), All()) }

func TestPlaceholders(t *testing.T) { doctortest.Placeholders(t, facts.All(), All()) }

func TestMissingFactsAreUnknown(t *testing.T) { doctortest.Missing(t, facts.All(), All(), "packets") }

func FuzzBundle(f *testing.F) { doctortest.FuzzBundle(f, facts.All(), All()) }
