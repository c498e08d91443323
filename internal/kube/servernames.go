package kube

import "net/url"

// ServerNames returns the names under which the API server is known: the host of its URL, and the name in its certificate.
func (c *Clients) ServerNames() []string {
	var names []string
	if u, err := url.Parse(c.Config.Host); err == nil && u.Hostname() != "" {
		names = append(names, u.Hostname())
	}
	if c.Config.ServerName != "" {
		names = append(names, c.Config.ServerName)
	}
	return names
}
