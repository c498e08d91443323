package nodepod

// SessionVariable stands in the environment of every command that Enter starts, and of its children, so that they can
// be found and ended.
const SessionVariable = "AKSTOOLS_SESSION"

// Enter returns the argv that, run in a node pod, runs argv on the node: in the namespaces of its pid 1, as root, with a
// clean environment. term becomes TERM unless it is empty.
func Enter(session, term string, argv ...string) []string {
	enter := []string{
		"/usr/bin/nsenter", "-t", "1", "-m", "-u", "-i", "-n", "-p", "--",
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

// endSession is run in the pod's container, which sees the node's processes.
const endSession = `
for p in $(grep -lszFx "$1" /proc/[0-9]*/environ); do
  p=${p#/proc/}; p=${p%/environ}
  [ "$p" = $$ ] || kill -KILL "$p"
done 2>/dev/null`

// EndSession returns the argv that, run in a node pod, ends all processes of the session.
func EndSession(session string) []string {
	return []string{"/usr/bin/bash", "-c", endSession, "end-session", SessionVariable + "=" + session}
}
