package azure

import "errors"

// Session is how a doctor reads Azure in one run.
type Session struct {
	Mode   Mode
	Plugin string // the name that requests bear
	// Note tells the user why Azure was not read, where that is no error; nil: nobody is told.
	Note func(format string, args ...any)
}

// Login returns how the user signs in to Azure. off says why Azure is not read, where that is no error.
func (s Session) Login() (l Login, off string, err error) {
	if s.Mode == Off || s.Mode == "" {
		return l, "--azure=off", nil
	}
	// what was configured and cannot be read is never a reason to be silent
	l, err = CurrentLogin()
	return l, "", err
}

// Client returns a client for the subscription, which is empty if no node names it. off says why Azure is not read, where that is no
// error.
func (s Session) Client(subscription string) (client *Client, off string, err error) {
	login, off, err := s.Login()
	if err != nil || off != "" {
		return nil, off, err
	}
	if subscription == "" {
		off, err = s.without(ErrNoNode)
		return nil, off, err
	}
	client, err = New(login, subscription, s.Plugin)
	off, err = s.UnlessSignedOut(err)
	return client, off, err
}

// UnlessSignedOut returns err, unless it is that the user is not signed in, and Azure is not required.
func (s Session) UnlessSignedOut(err error) (off string, _ error) {
	var reason *Error
	if errors.As(err, &reason) && reason.Reason == NotSignedIn {
		return s.without(err)
	}
	return "", err
}

// without returns that Azure cannot be read: an error only where it is required, and otherwise a line for the user.
func (s Session) without(why error) (off string, err error) {
	if s.Mode == Require {
		return "", why
	}
	if s.Note != nil {
		s.Note("Azure was not read: %v", why)
	}
	return why.Error(), nil
}
