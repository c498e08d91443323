package lie

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
)

// job is a Job that the client created, and its pod.
type job struct{ pod object }

// create answers a POST with the object. A Job gets a pod.
func (s *Server) create(w http.ResponseWriter, r *http.Request, at place, rnd *rand.Rand) {
	o := body(r)
	if o == nil {
		s.send(w, http.StatusBadRequest, status(400, "BadRequest", "no object"), rnd)
		return
	}
	m := metadata(o)
	m["namespace"], m["creationTimestamp"], m["resourceVersion"] = at.namespace, "2026-01-01T00:00:00Z", "1001"
	if at.resource == "jobs.batch" {
		s.mu.Lock()
		m["uid"] = fmt.Sprintf("22222222-0000-0000-0000-%012d", len(s.jobs))
		s.jobs = append(s.jobs, &job{pod: podOf(clone(o), rnd)})
		s.mu.Unlock()
	} else {
		m["uid"] = fmt.Sprintf("33333333-0000-0000-0000-%012d", rnd.IntN(1e9))
	}
	s.sendRaw(w, http.StatusCreated, s.own(o, rnd))
}

// pods returns the pods of the Jobs.
func (s *Server) pods() []object {
	s.mu.Lock()
	defer s.mu.Unlock()
	var pods []object
	for _, j := range s.jobs {
		pods = append(pods, j.pod)
	}
	return pods
}

// podOf returns the Job's pod: running, or finished with a termination message where the Job waits for one.
func podOf(o object, rnd *rand.Rand) object {
	spec, _ := o["spec"].(object)
	template, _ := spec["template"].(object)
	if template == nil {
		template = object{}
	}
	m := maps.Clone(metadata(template))
	marks, _ := m["labels"].(object)
	marks = maps.Clone(marks)
	if marks == nil {
		marks = object{}
	}
	uid := metadata(o)["uid"]
	marks["batch.kubernetes.io/controller-uid"], marks["batch.kubernetes.io/job-name"] = uid, metadata(o)["name"]
	m["labels"] = marks
	m["name"], m["namespace"] = fmt.Sprint(metadata(o)["name"], "-x7k2p"), metadata(o)["namespace"]
	m["uid"], m["resourceVersion"], m["creationTimestamp"] = fmt.Sprint("pod-", uid), "1002", "2026-01-01T00:00:00Z"
	m["ownerReferences"] = []object{{
		"apiVersion": "batch/v1", "kind": "Job", "name": metadata(o)["name"], "uid": uid, "controller": true, "blockOwnerDeletion": true,
	}}
	pod := object{"kind": "Pod", "apiVersion": "v1", "metadata": m, "spec": template["spec"]}
	podSpec, _ := template["spec"].(object)
	containers, _ := podSpec["containers"].([]any)
	text, phase := "", "Running"
	if command := fmt.Sprint(containers...); strings.Contains(command, "termination") {
		text, phase = termination(command, rnd), "Succeeded"
	}
	var statuses []object
	for _, c := range containers {
		c, _ := c.(object)
		state := object{"running": object{"startedAt": "2026-01-01T00:00:00Z"}}
		if phase == "Succeeded" {
			part := text[:min(4096, len(text))]
			text = text[len(part):]
			state = object{"terminated": object{"exitCode": 0, "reason": "Completed", "message": part}}
		}
		statuses = append(statuses, object{"name": c["name"], "image": c["image"], "ready": phase == "Running", "state": state})
	}
	pod["status"] = object{
		"phase": phase, "podIP": "10.244.0.99", "containerStatuses": statuses,
		"conditions": []object{{"type": "Ready", "status": "True"}, {"type": "PodScheduled", "status": "True"}},
	}
	return clone(pod)
}
