package judge

import (
	"fmt"
	"slices"
)

// interrupted is the exit code after SIGINT.
const interrupted = 130

// Code returns what is wrong with the exit code of the command, or "". Which codes there are is documented in each plugin's help.
func Code(plugin, command string, code int, interrupts bool) string {
	allowed := []int{0, 1, 2, 3} // those of doctors
	if plugin == "aksnode" {
		allowed = []int{0, 1, 255}
	}
	if interrupts {
		allowed = append(allowed, interrupted)
	}
	if remote[command] && code >= 0 && code <= 255 || slices.Contains(allowed, code) {
		return ""
	}
	return fmt.Sprintf("the exit code is %d, and only %v are documented", code, allowed)
}
