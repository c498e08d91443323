package onward

import (
	"testing"

	"github.com/akstools/akstools/internal/doctor/doctortest"
)

func TestFixtures(t *testing.T) { doctortest.Fixtures(t, All()) }

func TestGoldenTexts(t *testing.T) { doctortest.GoldenTexts(t, All()) }

func TestMissingFactsAreUnknown(t *testing.T) {
	doctortest.Missing(t, All(), "origin", "onward-names", "onward-answer", "onward-policies")
}

func FuzzBundle(f *testing.F) { doctortest.FuzzBundle(f, All()) }
