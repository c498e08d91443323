package azure

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// Reason says why Azure could not be queried, or did not answer.
type Reason string

// The reasons.
const (
	NotSignedIn   Reason = "not signed in"
	SignInFailed  Reason = "sign-in failed"
	WrongTenant   Reason = "wrong tenant"
	NoPermission  Reason = "no permission"
	Denied        Reason = "denied" // by a deny assignment, whatever the roles are
	NotFound      Reason = "not found"
	Throttled     Reason = "throttled"
	NotRegistered Reason = "not registered" // the subscription, for the resource provider
	NoAnswer      Reason = "no answer"      // within the time, or no connection
	Busy          Reason = "busy"           // the machine runs another command
	Refused       Reason = "refused"        // anything else that Resource Manager answers
)

// Error is a request that failed. Its text names what is missing.
type Error struct {
	Reason Reason
	// Action and Scope are the missing permission and the scope on which it is missing, as Resource Manager names them; only of
	// NoPermission and Denied, and empty if its answer does not say.
	Action, Scope string
	// Text is what Azure, or the program that signs in, says. It is untrusted.
	Text string
}

// Error implements error.
func (e *Error) Error() string {
	switch e.Reason {
	case NotSignedIn:
		return "not signed in to Azure: run az login"
	case NoPermission:
		if e.Action != "" {
			return fmt.Sprintf("missing Azure permission: %s on %s (the role %s has it)", e.Action, e.Scope, roleWith(e.Action))
		}
	case Denied:
		return "denied by an Azure deny assignment: " + e.Text
	case Throttled:
		return "Azure throttles requests: try again in some minutes"
	case NoAnswer:
		return "no answer from Azure: " + e.Text
	case Busy:
		return "the virtual machine is busy with another run command"
	case WrongTenant:
		return "signed in to another Azure tenant than the cluster's: " + e.Text
	case SignInFailed:
		return "signing in to Azure failed: " + e.Text
	}
	return fmt.Sprintf("Azure: %s: %s", e.Reason, e.Text)
}

// roleWith returns a built-in role with the action, of those that this package needs
// (https://learn.microsoft.com/azure/role-based-access-control/built-in-roles).
func roleWith(action string) string {
	switch action = strings.ToLower(action); {
	case strings.HasSuffix(action, "/runcommand/action"):
		return "Virtual Machine Contributor"
	case strings.HasSuffix(action, "/health/action"):
		return "Network Contributor"
	}
	return "Reader"
}

// missing is how Resource Manager names a missing permission
// (https://learn.microsoft.com/azure/role-based-access-control/troubleshooting).
var missing = regexp.MustCompile(`to perform action '([A-Za-z0-9./*_-]{1,200})' (?:over|on) scope '([^']{1,1000})'`)

// denyAssignment is how Resource Manager names what denies an action.
var denyAssignment = regexp.MustCompile(`deny assignment with name '([^']{1,200})'`)

// explain returns err as an *Error.
func explain(err error) error {
	var known *Error
	var answer *azcore.ResponseError
	var signIn *azidentity.AuthenticationFailedError
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.As(err, &signIn):
		return &Error{Reason: SignInFailed, Text: signInText(signIn.Error())}
	case errors.As(err, &answer):
		return ofAnswer(answer)
	case isUnavailable(err):
		return &Error{Reason: SignInFailed, Text: signInText(err.Error())}
	}
	return &Error{Reason: NoAnswer, Text: firstLine(err.Error())}
}

// isUnavailable reports whether a credential could not be used, such as when az is not installed or not signed in.
func isUnavailable(err error) bool {
	var unavailable interface{ NonRetriable() }
	return errors.As(err, &unavailable)
}

func ofAnswer(answer *azcore.ResponseError) *Error {
	text := message(answer)
	e := &Error{Reason: Refused, Text: cut(fmt.Sprintf("%s: %s", answer.ErrorCode, text))}
	if m := missing.FindStringSubmatch(text); m != nil && answer.StatusCode == http.StatusForbidden {
		e.Action, e.Scope = m[1], m[2]
	}
	switch {
	case answer.ErrorCode == "DenyAssignmentAuthorizationFailed":
		e.Reason = Denied
		if m := denyAssignment.FindStringSubmatch(text); m != nil { // the rest names the user
			e.Text = m[1]
		}
	case answer.StatusCode == http.StatusForbidden:
		e.Reason = NoPermission
	case answer.ErrorCode == "InvalidAuthenticationTokenTenant":
		e.Reason = WrongTenant
	case answer.StatusCode == http.StatusUnauthorized:
		e.Reason = SignInFailed
	case answer.StatusCode == http.StatusNotFound:
		e.Reason = NotFound
	case answer.StatusCode == http.StatusTooManyRequests:
		e.Reason = Throttled
	case answer.StatusCode == http.StatusConflict && answer.ErrorCode == "Conflict":
		e.Reason = Busy
	case answer.ErrorCode == "MissingSubscriptionRegistration":
		e.Reason = NotRegistered
	}
	return e
}

// aadsts is an error of Entra
// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
var aadsts = regexp.MustCompile(`AADSTS[0-9]+: [^"\r\n]{1,500}`)

// maxText bounds the text of an error, in bytes.
const maxText = 400

// signInText returns the decisive part of an azidentity error, which holds the whole answer and that of each way it tried.
func signInText(s string) string {
	if m := aadsts.FindString(s); m != "" {
		text, _, _ := strings.Cut(m, " Trace ID:")
		return text
	}
	return cut(strings.Join(strings.Fields(s), " "))
}

// cut bounds a text to maxText.
func cut(s string) string {
	if len(s) > maxText {
		return strings.ToValidUTF8(s[:maxText], "") + " ..."
	}
	return s
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
