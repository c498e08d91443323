package insideout

import (
	"testing"

	"github.com/akstools/akstools/internal/doctor/doctortest"
)

func TestExpensiveBundles(t *testing.T) { doctortest.Expensive(t, Name, "checks/testdata") }

func TestLargeBundles(t *testing.T) {
	doctortest.Large(t, Name, "checks/testdata", "pods", "endpoint-slices", "answers")
}
