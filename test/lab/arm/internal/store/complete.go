package store

import (
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
)

// complete sets what Resource Manager adds to a body.
func (s *Store) complete(body Object, id string, r *arm.ResourceID) {
	body["id"] = id
	if r != nil {
		body["name"], body["type"] = r.Name, r.ResourceType.String()
	}
	properties, ok := body["properties"].(Object)
	if !ok {
		properties = Object{}
		body["properties"] = properties
	}
	if _, ok := properties["provisioningState"]; !ok {
		properties["provisioningState"] = "Succeeded"
	}
	s.touch(body)
}

// touch gives the resource a new ETag.
func (s *Store) touch(o Object) {
	s.changes++
	o[tagName(o)] = fmt.Sprintf(`W/"00000000-0000-0000-0000-%012d"`, s.changes)
}

// Tag returns the resource's ETag, or "".
func Tag(o Object) string {
	tag, _ := o[tagName(o)].(string)
	return tag
}

// tagName returns the member that holds the ETag: AKS spells it in another way than others.
func tagName(o Object) string {
	if kind, _ := o["type"].(string); strings.EqualFold(kind, "Microsoft.ContainerService/managedClusters") {
		return "eTag"
	}
	return "etag"
}
