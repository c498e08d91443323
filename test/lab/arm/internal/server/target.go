package server

import (
	"net/http"
	"strings"
)

// target is what a request's path names.
type target struct {
	// id is the resource's ID; for a list it is the scope below which the resources are.
	id string
	// kind is the resource type with its namespace, such as Microsoft.Network/networkSecurityGroups.
	kind string
	list bool
	// verb is the last word of a POST, such as health.
	verb string
}

// parse returns what the path names; ok is false if it is no path of Resource Manager.
func parse(method, path string) (t target, ok bool) {
	words := strings.Split(strings.Trim(path, "/"), "/")
	at := -1 // of the last "providers"
	for i, w := range words {
		if strings.EqualFold(w, "providers") {
			at = i
		}
	}
	if method == http.MethodPost {
		t.verb, words = words[len(words)-1], words[:len(words)-1]
	}
	if at < 0 {
		return t.container(words)
	}
	tail := words[at+1:]
	if len(tail) == 0 {
		return t, false
	}
	if len(tail) == 1 { // the provider itself
		t.id, t.kind = "/"+strings.Join(words, "/"), "Microsoft.Resources/subscriptions/providers"
		return t, true
	}
	types := []string{tail[0]}
	for i := 1; i < len(tail); i += 2 {
		types = append(types, tail[i])
	}
	t.kind, t.list = strings.Join(types, "/"), len(tail)%2 == 0
	t.id = "/" + strings.Join(words, "/")
	if t.list {
		scope := words[:len(words)-1]
		if len(tail) == 2 {
			scope = words[:at]
		}
		t.id = "/" + strings.Join(scope, "/")
	}
	return t, true
}

// everybody reports whether the target is the list of subscriptions, which everybody may ask for: it has those that they may read.
func (t target) everybody() bool { return t.list && t.id == "" }

// container is parse for subscriptions and resource groups.
func (t target) container(words []string) (target, bool) {
	if len(words) == 1 && strings.EqualFold(words[0], "subscriptions") {
		t.kind, t.list = "Microsoft.Resources/subscriptions", true
		return t, true
	}
	if !strings.EqualFold(words[0], "subscriptions") || len(words) < 2 || len(words) > 4 ||
		len(words) > 2 && !strings.EqualFold(words[2], "resourceGroups") {
		return t, false
	}
	t.kind, t.id = "Microsoft.Resources/subscriptions", "/"+strings.Join(words, "/")
	if len(words) > 2 {
		t.kind = "Microsoft.Resources/subscriptions/resourceGroups"
	}
	if t.list = len(words) == 3; t.list {
		t.id = "/" + strings.Join(words[:2], "/")
	}
	return t, true
}

// action returns the permission that the request needs.
func (t target) action(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead:
		return t.kind + "/read"
	case http.MethodDelete:
		return t.kind + "/delete"
	case http.MethodPost:
		return t.kind + "/" + t.verb + "/action"
	}
	return t.kind + "/write"
}

// scope returns the scope that Resource Manager names in a denial.
func (t target) scope() string {
	if t.list && strings.Contains(strings.ToLower(t.id), "/resourcegroups/") && !strings.Contains(strings.ToLower(t.id), "/providers/") {
		namespace, _, _ := strings.Cut(t.kind, "/")
		return t.id + "/providers/" + namespace
	}
	return t.id
}

// part returns the n-th word after the word in the ID, or "".
func (t target) part(word string) string {
	words := strings.Split(strings.Trim(t.id, "/"), "/")
	for i, w := range words {
		if strings.EqualFold(w, word) && i+1 < len(words) {
			return words[i+1]
		}
	}
	return ""
}
