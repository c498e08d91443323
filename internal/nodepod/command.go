package nodepod

// SessionVariable stands in the environment of every command that Enter starts, and of its children, so that they can
// be found and ended.
const SessionVariable = "AKSTOOLS_SESSION"

// Enter returns the argv that, run in a node pod, runs argv on the node: in the namespaces of its pid 1, as root, with a
// clean environment. term becomes TERM unless it is empty. The pod shares the node's PID namespace: entered again, nsenter would
// stay between as a parent, which ends by a Ctrl-C that the command handles, and stops when the command is stopped.
func Enter(session, term string, argv ...string) []string {
	enter := []string{
		"/usr/bin/nsenter", "-t", "1", "-m", "-u", "-i", "-n", "--",
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

// signalSession sends the signal $2 to the processes with $1 in their environment, in the order of their numbers by sort's $3. It is
// run in the pod's container, which sees the node's processes.
const signalSession = `
for p in $(grep -lszFx "$1" /proc/[0-9]*/environ | tr -dc '0-9\n' | sort "$3"); do
  [ "$p" = $$ ] || kill -"$2" "$p"
done 2>/dev/null`

func sessionSignal(session, signal, order string) []string {
	return []string{"/usr/bin/bash", "-c", signalSession, "signal-session", SessionVariable + "=" + session, signal, order}
}

// EndSession returns the argv that, run in a node pod, ends all processes of the session.
func EndSession(session string) []string { return sessionSignal(session, "KILL", "-n") }

// PauseSession returns the argv that, run in a node pod, stops the session's processes or lets them go on. A parent, which has the
// smaller number as a rule, does not see its child stopped.
func PauseSession(session string, pause bool) []string {
	if pause {
		return sessionSignal(session, "STOP", "-n")
	}
	return sessionSignal(session, "CONT", "-nr")
}
