package server

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// failure is an error in Resource Manager's envelope
// (https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors).
type failure struct {
	status int
	code   string
	text   string
	header http.Header
}

func fail(status int, code, format string, args ...any) *failure {
	return &failure{status: status, code: code, text: fmt.Sprintf(format, args...), header: http.Header{}}
}

func (f *failure) with(key, value string) *failure {
	f.header.Set(key, value)
	return f
}

func (f *failure) write(w http.ResponseWriter) {
	for key, values := range f.header {
		w.Header()[key] = values
	}
	w.Header().Set("x-ms-failure-cause", "gateway")
	write(w, f.status, map[string]any{"error": map[string]any{"code": f.code, "message": f.text}})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		_ = json.NewEncoder(w).Encode(body)
	}
}
