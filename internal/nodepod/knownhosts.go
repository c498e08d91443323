package nodepod

import "path/filepath"

// KnownHosts returns the path of the file for the SSH host keys of the cluster's nodes, which may not exist yet. The file is per
// cluster and not per Kubernetes user, so that the nodes stay known when credentials change.
func (m *Manager) KnownHosts() (string, error) {
	dir, err := stateDir(m.Clients.ServerKey())
	return filepath.Join(dir, "known_hosts"), err
}
