package redact

import (
	"encoding/json"
	"strings"
	"testing"
)

// The samples that look like real keys are put together here, so that no scanner takes this file for a leak.
var (
	ofAWS   = joined("wJalrXUt", "nFEMI/K7", "MDENG/bP", "xRfiCYEX", "AMPLEKEY")
	ofAzure = joined("Eby8vdM0", "2xNOcqFl", "qUwJPLlm", "EtlCDXJ1", "OUzFT50u", "SRZ6IFsu", "Fq2UVErC", "z4I6tq/K", "1SZFPTOt",
		"r/KBHBek", "soGMGw==")
	aGUID = "8b1c0f6e-" + "4f89-11d3-" + "9a0c-0305e82c3301"
	jwt   = joined("eyJhbGci", "OiJIUzI1NiJ9.", "eyJzdWIi", "OiIxMjM0", "NTY3ODkw", "In0.dozj", "gNryP4J3", "jVmNHl0w5N")
	pem   = "-----BEGIN RSA PRIVATE " + "KEY----- MIIEpAIBAAKCAQEA7bq2 kY/abc+d= -----END RSA PRIVATE " + "KEY-----"
)

func joined(parts ...string) string { return strings.Join(parts, "") }

func TestSecrets(t *testing.T) {
	for in, want := range map[string]string{
		"connecting to postgres://app:hunter2@db:5432/shop":   "connecting to postgres://[redacted]@db:5432/shop",
		"password=hunter2 user=app":                           "password=[redacted] user=app",
		`{"token": "abc", "user": "app"}`:                     `{"token": [redacted], "user": "app"}`,
		"Authorization: Bearer abc.def.ghi":                   "Authorization: [redacted]",
		"got bearer eyJhbGciOi.abc":                           "got bearer [redacted]",
		"AccountKey=abc==;EndpointSuffix=core.windows.net":    "AccountKey=[redacted];EndpointSuffix=core.windows.net",
		"key c4n4ryZ7Qk2v9XwB3mTfLh8RyNp5DgS6 refused":        "key [redacted] refused",
		"pod web-5d4f7658bc-qgzdb at 10.244.0.105:8945":       "pod web-5d4f7658bc-qgzdb at 10.244.0.105:8945",
		"aks-nodepool1-12345678-vmss000001 is not Ready":      "aks-nodepool1-12345678-vmss000001 is not Ready",
		"dial tcp 10.0.0.1:5432: connect: connection refused": "dial tcp 10.0.0.1:5432: connect: connection refused",

		// names
		`{"https://kv.vault.azure.net/secrets/password": "S3cr3tValue99x"}`:   `{"https://kv.vault.azure.net/secrets/password": [redacted]}`,
		`Get "https://kv.vault.azure.net/secrets/password": "S3cr3tValue99x"`: `Get "https://kv.vault.azure.net/secrets/password": [redacted]`,
		`Get "https://kv.vault.azure.net/accountkey"=abcDEF123456`:            `Get "https://kv.vault.azure.net/accountkey"=[redacted]`,
		"DB_PASS=hunter2":                         "DB_PASS=[redacted]",
		"dbPass=hunter2 x":                        "dbPass=[redacted] x",
		"smtp.pass: hunter2":                      "smtp.pass: [redacted]",
		"pass: hunter2":                           "pass: [redacted]",
		"pass => 'hunter2'":                       "pass => [redacted]",
		"ssh-passphrase: x y":                     "ssh-passphrase: [redacted] y",
		"private_key: abc":                        "private_key: [redacted]",
		"privateKey=abc":                          "privateKey=[redacted]",
		"x-functions-key: abc":                    "x-functions-key: [redacted]",
		"SIGNING_KEY=abc":                         "SIGNING_KEY=[redacted]",
		"API key: abc":                            "API key: [redacted]",
		"GET /api/run?code=abc%3D&x=1 401":        "GET /api/run?code=[redacted]&x=1 401",
		"https://f.example.com/run?x=1&code=abc=": "https://f.example.com/run?x=1&code=[redacted]",
		"?sv=2022&sig=a%2Bb&se=1":                 "?sv=2022&sig=[redacted]&se=1",
		"sas: ?sv=2022":                           "sas: [redacted]",
		"error: secret: password: hunter2":        "error: secret: [redacted]",
		"password=ab== next":                      "password=[redacted] next",
		"client_secret=" + aGUID:                  "client_secret=[redacted]",
		"Authorization: SharedKey acct:c2ln":      "Authorization: [redacted]",
		"map[Authorization:[Bearer a b] Host:[x]": "map[Authorization:[redacted] Host:[x]",

		// values after a blank
		"password hunter2":                     "password [redacted]",
		"login with password 'hunter2', retry": "login with password [redacted], retry",
		"app --password hunter2 --port 80":     "app --password [redacted] --port 80",
		"app --api-key abc":                    "app --api-key [redacted]",
		"app -token abc":                       "app -token [redacted]",
		`args ["--db-pass", "abc", "--port"]`:  `args ["--db-pass", [redacted], "--port"]`,
		`{"args":"[\"--token\",\"a\",\"b\"]"}`: `{"args":"[\"--token\",[redacted],\"b\"]"}`,

		// quotes, also in JSON within JSON
		`{"password": "hun\"ter2", "a": 1}`:                            `{"password": [redacted], "a": 1}`,
		`{"password": "hunter2\\", "a": 1}`:                            `{"password": [redacted], "a": 1}`,
		`{"msg":"{\"password\":\"hunter2\"}","a":1}`:                   `{"msg":"{\"password\":[redacted]}","a":1}`,
		`{"msg":"{\"password\":\"hun\\\"ter2\"}","a":1}`:               `{"msg":"{\"password\":[redacted]}","a":1}`,
		`"{\"a\":\"{\\\"token\\\": \\\"hunter2\\\", \\\"b\\\": 1}\"}"`: `"{\"a\":\"{\\\"token\\\": [redacted], \\\"b\\\": 1}\"}"`,
		`{"msg":"{\u0022password\u0022:\u0022hunter2\u0022}"}`:         `{"msg":"{\u0022password\u0022:[redacted]}"}`,
		`{'pass': 'hunter2'}`:                                          `{'pass': [redacted]}`,
		`password="hunter2 and no end`:                                 `password=[redacted]`,

		// cookies
		"Set-Cookie: sid=1; other=2; Path=/":                      "Set-Cookie: [redacted]",
		`curl -H "Cookie: a=1; b=2" https://x`:                    `curl -H "Cookie: [redacted]" https://x`,
		`{"Cookie":"a=1; b=2","x":1}`:                             `{"Cookie":[redacted],"x":1}`,
		`{"Set-Cookie":["a=1; b=2"],"x":1}`:                       `{"Set-Cookie":[redacted],"x":1}`,
		"amqp://u:p@ss@host/vhost":                                "amqp://[redacted]@host/vhost",
		"proxy http://user:s3#cret@host:9":                        "proxy http://[redacted]@host:9",
		"proxy http://user:s3/c@ret@host:9 a@b":                   "proxy http://[redacted]@host:9 a@b",
		"proxy 'http://user:s3 cret@host:9' a@b":                  "proxy 'http://[redacted]@host:9' a@b",
		"redis://:hunter2@r:1,redis://:hunter3@r:2":               "redis://[redacted]@r:1,redis://[redacted]@r:2",
		"https://" + jwt + "@github.com/a/b":                      "https://[redacted]@github.com/a/b",
		"the client secret value is " + aGUID:                     "the client secret value is [redacted]",
		"invalid secret '" + aGUID + "'":                          "invalid secret '[redacted]'",
		"aws " + ofAWS + " denied":                                "aws [redacted] denied",
		"signing with " + ofAzure + " failed":                     "signing with [redacted] failed",
		"jwt " + jwt + " expired":                                 "jwt [redacted].[redacted].[redacted] expired",
		"key " + pem + " end":                                     "key [redacted] end",
		strings.ReplaceAll("k: "+pem, "----- ", "-----\\n") + "x": "k: [redacted]x",

		// credentials without a URL
		"dsn app:hunter2@tcp(db:3306)/shop":              "dsn [redacted]@tcp(db:3306)/shop",
		"DSN=app:p@ss:w/rd@tcp(db:3306)/shop?tls=true":   "DSN=[redacted]@tcp(db:3306)/shop?tls=true",
		`open "app:hunter2@unix(/run/mysqld.sock)/shop"`: `open "[redacted]@unix(/run/mysqld.sock)/shop"`,
		"http://x/,app:hunter2@tcp(db)/shop":             "http://x/,[redacted]@tcp(db)/shop",
		"app:hunter2@/shop":                              "[redacted]@/shop",
		"proxy user:hunter2@proxy.example:3128 refused":  "proxy [redacted]@proxy.example:3128 refused",
		"HTTPS_PROXY=user:hun@ter2@10.0.0.4:3128":        "HTTPS_PROXY=[redacted]@10.0.0.4:3128",
		"via 'user:hunter2@[fd00::1]:3128'":              "via '[redacted]@[fd00::1]:3128'",
		"clone ci:hunter2@github.com/a/b":                "clone [redacted]@github.com/a/b",
		"curl -u app:hunter2 https://x":                  "curl -u [redacted] https://x",
		"curl -sSu 'app:hunter 2' https://x":             "curl -sSu [redacted] https://x",
		"curl -k -uapp:hunter2 https://x":                "curl -k -u [redacted] https://x",
		"curl --user=app:hunter2 https://x":              "curl --user=[redacted] https://x",
		"curl -U app:hunter2 --proxy-user app:hunter3":   "curl -U [redacted] --proxy-user [redacted]",
		`args ["curl","-u","app:hunter2","https://x"]`:   `args ["curl","-u",[redacted],"https://x"]`,

		// XML, and settings that have a name and a value
		"<password>hunter2</password>":                             "<password>[redacted]</password>",
		"<db:Password x='y'>hun ter2</db:Password><user>a</user>":  "<db:Password x='y'>[redacted]</db:Password><user>a</user>",
		"<clientSecret><![CDATA[a<b]]></clientSecret>":             "<clientSecret>[redacted]</clientSecret>",
		"&lt;password&gt;hunter2&lt;/password&gt;":                 "&lt;password&gt;[redacted]&lt;/password&gt;",
		`{"m":"\u003cpassword\u003ehunter2\u003c/password\u003e"}`: `{"m":"\u003cpassword\u003e[redacted]\u003c/password\u003e"}`,
		`<login user="app" password="hunter2"/>`:                   `<login user="app" password=[redacted]/>`,
		`<add key="Password" value="hunter2"/>`:                    `<add key="Password" value=[redacted]/>`,
		`<entry key="db.password">hunter2</entry>`:                 `<entry key="db.password">[redacted]</entry>`,
		`{"name":"DB_PASSWORD","value":"hunter2"},{"name":"A"}`:    `{"name":"DB_PASSWORD","value":[redacted]},{"name":"A"}`,
	} {
		got := Secrets(in)
		if got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
		if again := Secrets(got); again != got {
			t.Errorf("%q\nis changed again: %q", got, again)
		}
	}
}

// ordinary are lines and messages of clusters, which hold no secret.
var ordinary = []string{
	`x509: invalid signature: parent certificate cannot sign this kind of certificate`,
	"password authentication failed for user \"app\"",
	"cat: can't open '/etc/database/password': Permission denied",
	`Post "https://login.example.com/oauth2/v2.0/token": proxyconnect tcp: dial tcp: lookup proxy on 10.0.0.10:53: no such host`,
	"open /run/secrets/token: no such file or directory",
	"FATAL: password authentication failed for user \"postgres\" (SQLSTATE 28P01)",
	"the password is required and must have at least 8 characters",
	"using password SCRAM-SHA-256 authentication", "invalid password for 3 users",
	"tests: 12 pass: 11 fail: 1", "--- PASS: TestFoo (0.00s)", "PASS: test-01.sh", "bypass=true compass: north, passed: 3 passes=2",
	"PWD=/app OLDPWD=/ HOME=/root", "process exited with signal: killed", "received signal=SIGTERM",
	"rpc error: code = Unavailable desc = connection error", "exit code: 137, status code=200, code: ENOENT",
	"key: foo, primary_key=id foreignKey: user cacheKey=default/web topology.key: zone", "unknown key: foo",
	`Get "https://10.0.0.1:10250/containerLogs/default/web/app": dial tcp 10.0.0.1:10250: i/o timeout`,
	"GET http://example.com:8080/users/@me?mail=a@b.example 404", "http://10.0.0.1:8080: admin@example.com said no",
	"fetching https://registry.example/@scope/package", "http://[fd00::1]:8080/@x", "see https://example.com, or write to a@example.com",
	"/subscriptions/" + aGUID + "/resourceGroups/MC_Lab_lab_eastus/providers/Microsoft.Compute/virtualMachineScaleSets/" +
		"aks-nodepool1-12345678-vmss",
	"pods/" + aGUID + "/volumes/kubernetes.io~projected/kube-api-access-x7k2p",
	"/go/pkg/mod/k8s.io/client-go@v0.34.1/tools/cache/reflector.go:243 +0x1f",
	"at org/apache/flink/runtime/taskmanager/TaskExecutorGateway/Impl1.java",
	"Failed to pull image \"mcr.microsoft.com/oss/kubernetes/pause:3.9\": not found",
	"0/3 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }, 2 Insufficient cpu.",
	"Liveness probe failed: HTTP probe failed with statuscode: 503",
	"MountVolume.SetUp failed for volume \"certs\" : secret \"web-tls\" not found",
	"FLAG: --authorization-mode=\"Webhook\" --token-ttl=24h tokenEndpoint: /oauth2 token_type=Bearer",
	"az keyvault set-policy -n shop-vault --secret-permissions get list",
	"basic authentication failed", "bearer authentication is required", "http: named cookie not present",
	"usage: --tls-cert-file /etc/x.pem --token-file=/var/run/token --password string   the database's password",
	"2026-11-28T14:03:38.123456789Z stderr F I1128 14:03:38.123456       1 server.go:72] \"Starting\" version=\"v1.33.2\"",
	"Node aks-nodepool1-12345678-vmss000001 status is now: NodeHasSufficientMemory",
	"tls: failed to verify certificate: x509: unknown authority",
	"mcr.microsoft.com/oss/kubernetes/pause:3.9@sha256:0a1b2c is present, nginx:1.25@sha256:0a1b2c is not",
	"git@github.com:org/repo.git, mailto:admin@example.com, 0::/user.slice/user-1000.slice/user@1000.service/init.scope",
	"docker run -u 1000:1000 app, journalctl -u kubelet, psql -U app, id --user=0",
	"usage: login <user> <password> [flags]", "<user>app</user><passwordFile>/etc/x</passwordFile> <key>name</key>",
	`{"name":"LOG_LEVEL","value":"debug"} <add key="Timeout" value="30"/>`,
}

func TestSecretsKeepsOrdinaryLines(t *testing.T) {
	for _, line := range ordinary {
		if got := Secrets(line); got != line {
			t.Errorf("%q\n got %q", line, got)
		}
	}
}

func FuzzSecrets(f *testing.F) {
	f.Add("starting, ", "hunter2hunter2")
	f.Fuzz(func(t *testing.T, before, secret string) {
		if strings.ContainsAny(secret, " \t\r\n\f\v,;&\"'`[]\\") || len(strings.Fields(secret)) != 1 ||
			strings.Contains("[redacted]", secret) || strings.Contains(before, secret) || strings.ContainsAny(before, "\"'`") {
			return
		}
		for _, form := range []string{"password=", "token: ", "AccountKey=", "DB_PASS=", "x-functions-key: "} {
			if strings.Contains(form, secret) {
				continue
			}
			if got := Secrets(before + " " + form + secret); strings.Contains(got, secret) {
				t.Errorf("%q is left in %q", secret, got)
			}
		}
	})
}

// FuzzSecretsInJSON holds that a value stays hidden however often its JSON is put into JSON, and that nothing else is lost.
func FuzzSecretsInJSON(f *testing.F) {
	f.Add("hunter2", 2)
	f.Add(`a\"b\\`, 3)
	f.Fuzz(func(t *testing.T, secret string, times int) {
		text := `{"password":` + quoted(secret) + `,"end":"kept"}`
		for range times % 4 {
			text = `{"msg":` + quoted(text) + `}`
		}
		got := Secrets(text)
		marked := strings.Replace(text, quoted(secret), "", 1)
		if len(secret) > 3 && !strings.Contains(marked, secret) && !strings.Contains(Hidden, secret) && strings.Contains(got, secret) {
			t.Errorf("%q is left in %q", secret, got)
		}
		if !strings.Contains(got, "kept") {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// FuzzSecretsTwice holds that what is redacted is not changed again, and that it does not grow without bound.
func FuzzSecretsTwice(f *testing.F) {
	for _, line := range ordinary {
		f.Add(line)
	}
	for _, s := range []string{
		"a://b:c@d://e f@g", `x="a\"b`, "secret: token: [a", "Cookie: \"a", "--key key: pass", "secret " + aGUID, pem,
		`u:token="a b"@h:1`, "<password>a:b@c:1</password>", "curl -ua:b -u c:d", `name="token" value="a:b@tcp(c)"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Secrets(s)
		if twice := Secrets(once); twice != once {
			t.Errorf("%q\nbecame %q\nand then %q", s, once, twice)
		}
		if len(once) > 4*len(s)+len(Hidden) {
			t.Errorf("%d bytes became %d", len(s), len(once))
		}
	})
}

// TestSecretsOfLongLines holds that the time grows with the length, whatever the line holds.
func TestSecretsOfLongLines(t *testing.T) {
	const size = 64 << 10
	for _, part := range []string{
		"a: ", "://a:b ", "://a", "://a:b@", "secret: ", `token="`, `\`, "--password ", "a/B1", "Cookie: ", "[", "x=",
		"a:b@", "a:b@c:1 ", "<password>", "<password>x", "curl -u ", "curl -ua:b ", `-u "`, "-u [", `name="password" value="`,
		"-----BEGIN PRIVATE " + "KEY-----",
	} {
		line := strings.Repeat(part, size/len(part))
		if got := Secrets(line); len(got) > 8*size {
			t.Errorf("%q: %d bytes", part, len(got))
		}
	}
}

// A secret that is cut in two by the length of a message does not look like one any more: it is removed before.
func TestMessageRemovesBeforeItCuts(t *testing.T) {
	for n := maxMessage - 30; n < maxMessage+30; n++ {
		message := strings.Repeat("x", n) + " amqp://user:hunter" + "2@host/"
		if got := Message(message); strings.Contains(got, "hunt") || len(got) > maxMessage+len("...") {
			t.Fatalf("%d: %s", n, got[max(0, len(got)-40):])
		}
	}
	for n := maxRead - 30; n < maxRead+30; n++ { // a private key, or white space, is much longer before than after
		for _, before := range []string{" ", "x", "-----BEGIN RSA PRIVATE " + "KEY-----\n" + strings.Repeat("a", 7000)} {
			message := before + strings.Repeat(before[:1], max(0, n-len(before))) + " amqp://user:hunter" + "2@host/"
			if got := Message(message); strings.Contains(got, "hunt") {
				t.Fatalf("%d of %.10q: %s", n, before, got[max(0, len(got)-40):])
			}
		}
	}
}
