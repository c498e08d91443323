package podhealth

import "testing"

func TestReasons(t *testing.T) {
	for reason, want := range map[string][3]bool{ // pull failed, create failed, cannot start
		"SignatureValidationFailed": {true, false, true},
		"ImagePullBackOff":          {true, false, true},
		"PreCreateHookError":        {false, true, true},
		"CrashLoopBackOff":          {false, false, true},
		"ContainerCreating":         {false, false, false},
		"":                          {false, false, false},
	} {
		if got := [3]bool{PullFailed(reason), CreateFailed(reason), CannotStart(reason)}; got != want {
			t.Errorf("%s: %v, want %v", reason, got, want)
		}
	}
}
