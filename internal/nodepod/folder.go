package nodepod

import "path/filepath"

// KnownHosts returns the path of the file with the SSH host keys of the cluster's nodes, which may not be there yet. It is the
// cluster's, whoever asks: who has a new token still knows the nodes.
func (m *Manager) KnownHosts() (string, error) {
	dir, err := stateDir(m.Clients.ServerKey())
	return filepath.Join(dir, "known_hosts"), err
}
