package kube

import (
	"regexp"
	"strings"
)

var forbidden = regexp.MustCompile(`cannot (\w+) resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]*)")?`)

// NameDenied turns the API server's error about a missing permission into a *DeniedError, which names it as `kubectl auth can-i`
// takes it. It returns any other error unchanged.
func NameDenied(err error) error {
	if err == nil || !strings.Contains(err.Error(), "is forbidden") { // an upgrade's error is text alone
		return err
	}
	match := forbidden.FindStringSubmatch(err.Error())
	if match == nil {
		return err
	}
	r := Right{Verb: match[1], Resource: match[2], Group: match[3], Namespace: match[4]}
	return &DeniedError{Missing: []Right{r}}
}
