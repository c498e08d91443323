package connectordoctor

import (
	"fmt"
	"strings"
	"testing"

	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// What both have is one connection; what only one of them has is listed with that said.
func TestListWithAzure(t *testing.T) {
	exists := true
	list := merge([]found{
		{Name: "mydb", Namespace: "shop", Secret: "sc-mydb-secret", SecretExists: &exists, InCluster: true},
		{Name: "old", Namespace: "shop", Secret: "sc-old-secret", SecretExists: &exists, InCluster: true},
	}, []facts.ConnectionInAzure{
		{Name: "My_DB", Namespace: "shop", State: "Succeeded", AuthType: "secret"},
		{Name: "mydb", Namespace: "shop", State: "Failed"},
		{Name: "mydb", Namespace: "other", State: "Failed"},
		{Name: "vault", Namespace: "shop", CSI: true},
	})
	var got []string
	for _, c := range list {
		got = append(got, fmt.Sprint(c.Namespace, "/", c.Name, " ", c.Secret, " ", c.where()))
	}
	want := "other/mydb  Azure only, shop/My_DB sc-mydb-secret cluster and Azure, shop/mydb sc-mydb-secret cluster and Azure, " +
		"shop/old sc-old-secret cluster only, shop/vault  Azure only"
	if strings.Join(got, ", ") != want {
		t.Errorf("%s, want %s", strings.Join(got, ", "), want)
	}
	var out strings.Builder
	if err := table(&out, list, false, false); err != nil || strings.Contains(out.String(), "Azure") {
		t.Errorf("without Azure: %s, %v", out.String(), err)
	}
}
