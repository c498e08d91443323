package facts

import "testing"

func TestSecretName(t *testing.T) {
	for name, want := range map[string]string{
		"account_412a8": "sc-account412a8-secret", "MyConn": "sc-myconn-secret", "a-b.c": "sc-abc-secret",
	} {
		if got := SecretName(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	for secret, want := range map[string]string{
		"sc-mydb-secret": "mydb", "sc--secret": "", "sc-my-db-secret": "", "mydb-secret": "", "sc-mydb-secretprovider": "", "sc-secret": "",
	} {
		if got, ok := ConnectionOf(secret); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q %v", secret, got, ok)
		}
	}
	if name, ok := ConnectionOfProvider("sc-mydb-secretprovider"); name != "mydb" || !ok {
		t.Error(name, ok)
	}
}

func TestValidConnection(t *testing.T) {
	for name, want := range map[string]bool{
		"mydb": true, "My_Db.1-x": true, "": false, "___": false, "a b": false, "a/b": false, "ä": false,
	} {
		if ValidConnection(name) != want {
			t.Error(name)
		}
	}
}

func TestClientOf(t *testing.T) {
	const id = "ccd6321c-1111-2222-3333-444455556666"
	for account, want := range map[string]string{"sc-account-" + id: id, "sc-account-x": "", "web": "", id: ""} {
		if got := ClientOf(account); got != want {
			t.Errorf("%s: %s", account, got)
		}
	}
}
