package redact

import (
	"regexp"
	"strings"
)

// before is what stands before credentials, and user a name in them with the colon. Quotes and brackets end credentials.
const (
	before = `(^|[\s"'=,(<>` + "`" + `])`
	user   = `[^\s:@/"'=,(<>` + "`" + `]*:`
)

var (
	// withoutScheme matches a user and a password without / before a host with a port or a path, such as user:password@proxy:3128.
	withoutScheme = regexp.MustCompile(before + user + `[^\s"'/<>` + "`" + `]+` +
		`(@(?:(?:[A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5}\b|/)|/))`)
	// mysql matches the credentials of a data source name, such as user:password@tcp(host:3306)/db
	// (https://github.com/go-sql-driver/mysql#dsn-data-source-name).
	mysql = regexp.MustCompile(before + user + `[^\s"'/<>` + "`" + `][^\s"'<>` + "`" + `]*(@[a-z][a-z0-9]*\()`)
	// userFlag matches the flags of curl and others that take user:password. Short ones may be joined: -sSu.
	userFlag = regexp.MustCompile(`^(?:-[A-Za-z]*[uU]|--(?:proxy-)?user)$`)
	// joinedFlag matches curl -uuser:password.
	joinedFlag = regexp.MustCompile(`(\bcurl\b[^\n;|&]*?\s-[uU])[^\s"':-][^\s:"']*:[^\s"']+`)
	// ids matches a user and a group by number.
	ids = regexp.MustCompile(`^\d+:\d*$`)
)

// withoutCredentials removes users and passwords that are in no URL.
func withoutCredentials(s string) string {
	s = mysql.ReplaceAllString(s, "${1}"+Hidden+"$2")
	s = withoutScheme.ReplaceAllString(s, "${1}"+Hidden+"$2")
	return joinedFlag.ReplaceAllString(s, "${1} "+Hidden)
}

// takesCredentials reports whether the text begins with user:password, the value of a flag with that name.
func takesCredentials(flag, text string) bool {
	if !userFlag.MatchString(flag) {
		return false
	}
	value := strings.Trim(text[:valueLength(text)], `"'\`+"`")
	user, password, ok := strings.Cut(value, ":")
	return ok && user != "" && password != "" && !strings.HasPrefix(password, "//") && !ids.MatchString(value)
}
