package lie

import (
	"math/rand/v2"
	"net/http"
	"strings"
)

// review answers a review of rights: most are granted.
func (s *Server) review(w http.ResponseWriter, r *http.Request, rnd *rand.Rand) {
	o := body(r)
	if o == nil {
		o = object{}
	}
	o["status"] = object{"allowed": rnd.Float64() >= s.Mood.denies, "reason": "RBAC", "userInfo": object{"username": "someone@example.com"}}
	s.send(w, http.StatusCreated, o, rnd)
}

// discovery answers with the groups, or with the resources of one.
func (s *Server) discovery(w http.ResponseWriter, r *http.Request, rnd *rand.Rand) {
	switch parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/"); {
	case r.URL.Path == "/api":
		s.send(w, http.StatusOK, object{"kind": "APIVersions", "versions": []string{"v1"}}, rnd)
	case parts[0] == "apis" && len(parts) == 1:
		var groups []object
		for _, name := range []string{"apps", "batch", "gateway.networking.k8s.io", "metrics.k8s.io"} {
			version := object{"groupVersion": name + "/v1", "version": "v1"}
			groups = append(groups, object{"name": name, "versions": []object{version}, "preferredVersion": version})
		}
		s.send(w, http.StatusOK, object{"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}, rnd)
	case parts[0] == "apis" && len(parts) == 2:
		s.send(w, http.StatusOK, object{"kind": "APIGroup", "apiVersion": "v1", "name": parts[1]}, rnd)
	case parts[0] == "api" || parts[0] == "apis":
		version := strings.Join(parts[1:], "/")
		s.send(w, http.StatusOK, object{"kind": "APIResourceList", "groupVersion": version, "resources": []object{
			{"name": "pods", "kind": "Pod", "namespaced": true, "verbs": []string{"get", "list"}},
		}}, rnd)
	default:
		_, _ = w.Write([]byte("ok"))
	}
}
