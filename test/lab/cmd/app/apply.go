package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// credentials are where a pod finds those of its ServiceAccount.
const credentials = "/var/run/secrets/kubernetes.io/serviceaccount/"

// resources are the resources of the kinds that apply writes.
var resources = map[string]string{"Secret": "secrets", "ServiceAccount": "serviceaccounts"}

// apply writes the objects in the file, a JSON list, as the pod's ServiceAccount: it creates those that do not exist and replaces the
// others. The first error ends it.
func apply(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var objects []json.RawMessage
	if err := json.Unmarshal(text, &objects); err != nil {
		return err
	}
	c, err := inCluster()
	if err != nil {
		return err
	}
	for _, o := range objects {
		if err := c.write(o); err != nil {
			return err
		}
	}
	return nil
}

// api is the API server as a pod reaches it.
type api struct {
	http.Client
	url, token string
}

func inCluster() (*api, error) {
	token, err := os.ReadFile(credentials + "token")
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(credentials + "ca.crt")
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	c := &api{token: strings.TrimSpace(string(token))}
	c.url = fmt.Sprintf("https://%s:%s/api/v1/namespaces/", os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	c.Timeout = 20 * time.Second
	c.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	return c, nil
}

func (c *api) write(object []byte) error {
	var head struct {
		Kind     string
		Metadata struct{ Namespace, Name string }
	}
	if err := json.Unmarshal(object, &head); err != nil {
		return err
	}
	list := c.url + head.Metadata.Namespace + "/" + resources[head.Kind]
	status, err := c.send(http.MethodPost, list, object)
	if status == http.StatusConflict {
		_, err = c.send(http.MethodPut, list+"/"+head.Metadata.Name, object)
	}
	if err == nil {
		fmt.Printf("wrote %s %s/%s\n", head.Kind, head.Metadata.Namespace, head.Metadata.Name)
	}
	return err
}

// send returns the status, and the API server's message as an error where that is not a success.
func (c *api) send(method, url string, body []byte) (status int, err error) {
	request, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := c.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode < 300 {
		return response.StatusCode, nil
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return response.StatusCode, err
	}
	var answer struct{ Message string }
	_ = json.Unmarshal(text, &answer) // without a message, the status tells
	return response.StatusCode, fmt.Errorf("%s: %s", response.Status, answer.Message)
}
