package facts

import "github.com/akstools/akstools/internal/azure"

// azureReader collects what is read around nodes of failed connections.
type azureReader struct {
	client *azure.Client
	info   AzureInfo
}
