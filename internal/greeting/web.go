package greeting

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// seenIP is the client's address in Cosmos DB's error, vaultClient that in Key Vault's header.
var (
	seenIP      = regexp.MustCompile(`from IP ([0-9a-fA-F.:]+)`)
	vaultClient = regexp.MustCompile(`\baddr=([0-9a-fA-F.:]+)`)
)

// path returns what the service is asked: something that it answers tellingly without a sign-in.
func (s Service) path() string {
	switch s {
	case Storage:
		return "/?comp=list"
	case Vault:
		return "/healthstatus"
	case Bus:
		return "/$Resources/topics?api-version=2021-05"
	case AI:
		return "/openai/models?api-version=2024-10-21"
	}
	return "/"
}

// web begins TLS and sends one GET request without credentials.
func (a *Answer) web(conn net.Conn, s Service, host string) error {
	secure, err := a.secure(conn, host)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodGet, "https://"+host+s.path(), nil)
	if err != nil {
		return protocolError("the host is not one that HTTP can ask")
	}
	request.Header.Set("User-Agent", "akstools")
	if s == Storage {
		request.Header.Set("X-Ms-Version", "2021-12-02")
	}
	request.Close = true
	if err := request.Write(secure); err != nil {
		return err
	}
	const maxAnswer = 64 << 10 // head and body
	response, err := http.ReadResponse(bufio.NewReader(io.LimitReader(secure, maxAnswer)), request)
	if err != nil {
		if strings.Contains(err.Error(), "malformed HTTP") {
			return protocolError("the server does not speak HTTP")
		}
		return err
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxMessage)) // what is cut off matters to nobody
	a.judge(s, response, string(body))
	return nil
}

// judge reads the answer to a request without credentials. The texts are those of
// https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes,
// https://learn.microsoft.com/azure/cosmos-db/nosql/troubleshoot-forbidden,
// https://learn.microsoft.com/azure/service-bus-messaging/service-bus-troubleshooting-guide and
// https://learn.microsoft.com/azure/ai-services/cognitive-services-virtual-networks.
func (a *Answer) judge(s Service, r *http.Response, body string) {
	status := strconv.Itoa(r.StatusCode)
	refused := false
	switch s {
	case Storage:
		refused = r.Header.Get("X-Ms-Error-Code") == "AuthorizationFailure"
	case Cosmos:
		refused = r.StatusCode == http.StatusForbidden && strings.Contains(body, "firewall")
		if m := seenIP.FindStringSubmatch(body); m != nil {
			a.Client = m[1]
		}
	case Bus:
		refused = strings.Contains(body, "Ip has been prevented")
	case AI:
		refused = r.StatusCode == http.StatusForbidden && strings.Contains(body, "Firewall")
	case Vault: // it looks at its firewall only after the sign-in
		if m := vaultClient.FindStringSubmatch(r.Header.Get("X-Ms-Keyvault-Network-Info")); m != nil {
			a.Client = m[1]
		}
		return
	}
	switch {
	case refused:
		a.Admission = Refused
		a.say("HTTP status " + status)
	case r.StatusCode >= 500, r.StatusCode == http.StatusForbidden && s != Storage:
		a.say("HTTP status " + status)
	default:
		a.Admission = Admitted // it looked at the request or at its credentials, which come after the firewall
	}
}
