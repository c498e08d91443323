package main

import (
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"log"
	"net"
	"net/http"
	"time"
)

// review is an AdmissionReview of admission.k8s.io/v1, with the fields that are needed to allow a request.
type review struct {
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Request    *reviewRequest  `json:"request,omitempty"`
	Response   *reviewResponse `json:"response,omitempty"`
}

type reviewRequest struct {
	UID string `json:"uid"`
}

type reviewResponse struct {
	UID     string `json:"uid"`
	Allowed bool   `json:"allowed"`
}

// webhook is an admission webhook that allows everything. Its certificate is in the files; without files, it is
// self-signed for the host of -cert-host and printed to the log as PEM.
type webhook struct {
	cert, key string
	delay     time.Duration
	certHost  string
}

func (h webhook) serve(l net.Listener) error {
	cert, err := h.certificate()
	if err != nil {
		return err
	}
	s := &http.Server{Handler: http.HandlerFunc(h.allow), TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}}}
	return s.ServeTLS(l, "", "")
}

func (h webhook) certificate() (tls.Certificate, error) {
	if h.cert != "" {
		return tls.LoadX509KeyPair(h.cert, h.key)
	}
	cert, err := selfSigned(h.certHost, time.Now().AddDate(1, 0, 0))
	if err == nil {
		log.Printf("webhook's certificate:\n%s", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}))
	}
	return cert, err
}

func (h webhook) allow(w http.ResponseWriter, r *http.Request) {
	var in review
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Request == nil {
		http.Error(w, "no AdmissionReview with a request", http.StatusBadRequest)
		return
	}
	time.Sleep(h.delay)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(review{
		APIVersion: in.APIVersion, Kind: in.Kind, Response: &reviewResponse{UID: in.Request.UID, Allowed: true},
	})
}
