package server

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Behavior is how Resource Manager answers besides what it keeps. The zero Behavior is the healthy one.
type Behavior struct {
	Delay         time.Duration `json:"delay,omitempty"`         // before each answer
	Hang          bool          `json:"hang,omitempty"`          // answers never come
	ThrottleUntil time.Time     `json:"throttleUntil,omitempty"` // 429 until then
	Status        int           `json:"status,omitempty"`        // each request fails with this status, such as 503
	Unregistered  []string      `json:"unregistered,omitempty"`  // namespaces for which the subscription is not registered
	Locks         []string      `json:"locks,omitempty"`         // scopes with a lock against writing
	Patience      time.Duration `json:"patience,omitempty"`      // for the extension's agent; zero: two minutes
}

// unregistered reports whether the subscription is not registered for the namespace.
func (b Behavior) unregistered(namespace string) bool {
	return slices.ContainsFunc(b.Unregistered, func(n string) bool { return strings.EqualFold(n, namespace) })
}

// refuse returns the failure with which the request is answered whatever it asks for, or nil.
func (b Behavior) refuse(method string, t target) *failure {
	if left := time.Until(b.ThrottleUntil); left > 0 {
		return fail(
			http.StatusTooManyRequests,
			"TooManyRequests",
			"The request is being throttled as the limit has been reached for operation "+
				"type - Read. For more information, see - https://aka.ms/srpthrottlinglimits",
		).
			with("Retry-After", seconds(left)).
			with("x-ms-ratelimit-remaining-subscription-reads", "0")
	}
	if b.Status != 0 {
		return fail(b.Status, "InternalServerError", "The server is currently unable to receive requests. Please retry your request.")
	}
	namespace, _, _ := strings.Cut(t.kind, "/")
	if b.unregistered(namespace) {
		return fail(http.StatusConflict, "MissingSubscriptionRegistration", "The subscription is not registered to use namespace '%s'. "+
			"See https://aka.ms/rps-not-found for how to register subscriptions.", namespace)
	}
	if method == http.MethodGet || method == http.MethodPost {
		return nil
	}
	for _, l := range b.Locks {
		if strings.HasPrefix(strings.ToLower(t.id)+"/", strings.ToLower(l)+"/") {
			return fail(
				http.StatusConflict,
				"ScopeLocked",
				"The scope '%s' cannot perform write operation because following scope(s) are locked: "+
					"'%s'. Please remove the lock and try again.",
				t.id,
				l,
			)
		}
	}
	return nil
}
