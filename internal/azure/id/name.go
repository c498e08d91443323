package id

import (
	"regexp"
	"strconv"
)

// scaleSetNode is the name of an AKS node in a scale set: of Linux, aks-POOL-HASH-vmss, or of Windows, aksPOOL, then the instance ID in
// base 36.
var scaleSetNode = regexp.MustCompile(`^(aks-[a-z][a-z0-9]{0,11}-[0-9]{8}-vmss|aks[a-z][a-z0-9]{0,5})([0-9a-z]{6})$`)

// FromName returns the machine in the resource group after which AKS names such a node. ok is false, and the Instance zero, for any other
// name.
func FromName(group, node string) (i Instance, ok bool) {
	parts := scaleSetNode.FindStringSubmatch(node)
	if parts == nil {
		return Instance{}, false
	}
	number, err := strconv.ParseInt(parts[2], 36, 64)
	if err != nil {
		return Instance{}, false
	}
	i = Instance{ResourceGroup: group, ScaleSet: parts[1], ID: strconv.FormatInt(number, 10)}
	return i, i.check() == nil
}
