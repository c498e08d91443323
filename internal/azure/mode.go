package azure

import "fmt"

// Mode tells whether Azure is read.
type Mode string

// The modes of --azure.
const (
	Off     Mode = "off"
	Auto    Mode = "auto"    // if the user is signed in
	Require Mode = "require" // what cannot be read is an error
)

// Modes returns the values of --azure.
func Modes() []string { return []string{string(Off), string(Auto), string(Require)} }

// ParseMode returns the mode that the flag --azure names.
func ParseMode(flag string) (Mode, error) {
	switch m := Mode(flag); m {
	case Off, Auto, Require:
		return m, nil
	}
	return "", fmt.Errorf("--azure is %q: it takes off, auto or require", flag)
}
