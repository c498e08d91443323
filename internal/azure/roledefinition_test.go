package azure

import "testing"

func TestDataActions(t *testing.T) {
	const blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/"
	for name, c := range map[string]struct {
		actions, not []string
		reads, may   bool
	}{
		"none":                    {nil, nil, false, false},
		"exact":                   {[]string{blobs + "read"}, nil, true, true},
		"in another case":         {[]string{"microsoft.storage/STORAGEACCOUNTS/blobServices/containers/blobs/READ"}, nil, true, true},
		"everything":              {[]string{"*"}, nil, true, true},
		"a wildcard at the end":   {[]string{"Microsoft.Storage/*"}, nil, true, true},
		"one in front":            {[]string{"*/read"}, nil, true, true},
		"one within":              {[]string{"Microsoft.Storage/*/blobs/read"}, nil, true, true},
		"several":                 {[]string{"Microsoft.*/containers/*/read"}, nil, true, true},
		"too short":               {[]string{blobs + "read*read"}, nil, false, true},
		"another action":          {[]string{blobs + "tags/read"}, nil, false, true},
		"another service":         {[]string{"Microsoft.KeyVault/*"}, nil, false, false},
		"excluded":                {[]string{blobs + "*"}, []string{blobs + "read"}, false, true},
		"excluded with all":       {[]string{"*"}, []string{"Microsoft.Storage/*"}, false, false},
		"something else excluded": {[]string{"*"}, []string{"*/delete"}, true, true},
	} {
		d := RoleDefinition{Permissions: []DataPermission{{Actions: c.actions, NotActions: c.not}}}
		if got := d.AllowsData(blobs + "read"); got != c.reads {
			t.Errorf("%s: reads: %t", name, got)
		}
		if got := d.MayAllowData(blobs); got != c.may {
			t.Errorf("%s: may: %t", name, got)
		}
	}
	// what one permission excludes another may allow
	d := RoleDefinition{Permissions: []DataPermission{
		{Actions: []string{"*"}, NotActions: []string{blobs + "*"}}, {Actions: []string{blobs + "read"}},
	}}
	if !d.AllowsData(blobs + "read") {
		t.Error("two permissions")
	}
}
