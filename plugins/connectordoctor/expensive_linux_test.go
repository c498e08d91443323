package connectordoctor

import (
	"testing"

	"github.com/akstools/akstools/internal/doctor/doctortest"
)

func TestExpensiveBundles(t *testing.T) { doctortest.Expensive(t, Name, "checks/testdata") }
