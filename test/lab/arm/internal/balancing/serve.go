package balancing

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"
)

// patience is how long a request for rules that have not changed is kept.
const patience = 20 * time.Second

func (h *Health) rules(w http.ResponseWriter, r *http.Request) {
	give := time.NewTimer(patience)
	defer give.Stop()
	for {
		changed := h.Store.Changed()
		body, err := json.Marshal(Rules(h.Store))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		sum := sha256.Sum256(body)
		tag := hex.EncodeToString(sum[:8])
		w.Header().Set("ETag", tag)
		if tag != r.Header.Get("If-None-Match") {
			_, _ = w.Write(body)
			return
		}
		select {
		case <-changed:
		case <-give.C:
			w.WriteHeader(http.StatusNotModified)
			return
		case <-r.Context().Done():
			return
		}
	}
}

func (h *Health) report(w http.ResponseWriter, r *http.Request) {
	var states []State
	var body bytes.Buffer
	if _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, 8<<20)); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := json.Unmarshal(body.Bytes(), &states); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.Set(states)
	w.WriteHeader(http.StatusNoContent)
}
