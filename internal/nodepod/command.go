package nodepod

import "crypto/rand"

// SessionVariable is set in the environment of every command that Enter starts, and inherited by its children, so that the processes
// of a session can be found and signalled.
const SessionVariable = "AKSTOOLS_SESSION"

// NewSession returns a new value for SessionVariable.
func NewSession() string { return rand.Text() }

// nsenter is the program that enters the node's namespaces.
const nsenter = "/usr/bin/nsenter"

// Enter returns the argv that, run in a node pod, runs argv on the node: in the namespaces of its pid 1, as root, with a clean
// environment. TERM is set to term unless that is empty.
//
// The PID namespace is not entered, since the pod shares the node's. If it were, nsenter would fork and remain as the command's
// parent: a Ctrl-C that the command handles would kill nsenter, and nsenter would stop when the command is stopped.
func Enter(session, term string, argv ...string) []string {
	enter := []string{
		nsenter, "-t", "1", "-m", "-u", "-i", "-n", "--",
		"/usr/bin/env", "-i",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/bin",
		"HOME=/root", "USER=root", "LOGNAME=root", "LANG=C.UTF-8",
		SessionVariable + "=" + session,
	}
	if term != "" {
		enter = append(enter, "TERM="+term)
	}
	return append(enter, argv...)
}

// signalSession sends signal $2 to the processes that have $1 in their environment, in the order of their PIDs as sorted by sort $3.
// It runs in the pod's container, which sees the node's processes.
const signalSession = `
for p in $(grep -lszFx "$1" /proc/[0-9]*/environ | tr -dc '0-9\n' | sort "$3"); do
  [ "$p" = $$ ] || kill -"$2" "$p"
done 2>/dev/null`

func sessionSignal(session, signal, order string) []string {
	return []string{"/usr/bin/bash", "-c", signalSession, "signal-session", SessionVariable + "=" + session, signal, order}
}

// EndSession returns the argv that, run in a node pod, kills all processes of the session.
func EndSession(session string) []string { return sessionSignal(session, "KILL", "-n") }

// PauseSession returns the argv that, run in a node pod, stops the session's processes (SIGSTOP) or continues them (SIGCONT).
// Processes are stopped in ascending and continued in descending PID order, so that a parent, which usually has the lower PID, is
// never running while its child is stopped.
func PauseSession(session string, pause bool) []string {
	if pause {
		return sessionSignal(session, "STOP", "-n")
	}
	return sessionSignal(session, "CONT", "-nr")
}
