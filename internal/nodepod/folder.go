package nodepod

import (
	"path/filepath"
)

// KnownHosts returns the path of the file with the SSH host keys of the cluster's nodes, which may not be there yet.
func (m *Manager) KnownHosts() (string, error) {
	dir, err := stateDir(m.Clients.ClusterKey())
	return filepath.Join(dir, "known_hosts"), err
}
