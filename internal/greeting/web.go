package greeting

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
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
	if strings.Contains(host, ":") { // an address of IPv6
		host = "[" + host + "]"
	}
	request, err := http.NewRequest(http.MethodGet, "https://"+host+s.path(), nil)
	if err != nil {
		return err
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
	answer := bufio.NewReader(io.LimitReader(secure, maxAnswer))
	if _, err := answer.Peek(1); err != nil {
		return err
	}
	response, err := http.ReadResponse(answer, request)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return err
	case err != nil:
		return protocolError("the server does not speak HTTP")
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxMessage)) // what is cut off matters to nobody
	a.judge(s, response.StatusCode, response.Header, string(body))
	return nil
}

// judge reads the answer to a request without credentials. A proxy or firewall on the way may answer too: only what the services themselves
// answer to such a request counts. The texts are those of https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes,
// https://learn.microsoft.com/azure/cosmos-db/nosql/troubleshoot-forbidden,
// https://learn.microsoft.com/azure/service-bus-messaging/service-bus-troubleshooting-guide and
// https://learn.microsoft.com/azure/ai-services/cognitive-services-virtual-networks.
func (a *Answer) judge(s Service, status int, header http.Header, body string) {
	unauthorized := status == http.StatusUnauthorized
	var admitted, refused bool
	switch s {
	case Storage:
		code := header.Get("X-Ms-Error-Code")
		refused = code == "AuthorizationFailure"
		admitted = code != "" && status < 500
	case Cosmos:
		admitted = unauthorized
		refused = status == http.StatusForbidden && strings.Contains(body, "firewall")
		if m := seenIP.FindStringSubmatch(body); m != nil {
			a.Client = m[1]
		}
	case Bus:
		admitted = unauthorized
		refused = strings.Contains(body, "Ip has been prevented")
	case AI:
		admitted = unauthorized
		refused = status == http.StatusForbidden && (strings.Contains(body, "Firewall") || strings.Contains(body, "Public access is disabled"))
	case Vault: // it looks at its firewall only after the sign-in
		m := vaultClient.FindStringSubmatch(header.Get("X-Ms-Keyvault-Network-Info"))
		if m == nil {
			break
		}
		a.Client = m[1]
		return
	default:
		admitted = unauthorized || 200 <= status && status < 300 || status == http.StatusNotFound
	}
	switch {
	case refused:
		a.Admission = Refused
	case admitted:
		a.Admission = Admitted
		return
	}
	a.say("HTTP status " + strconv.Itoa(status))
}
