package greeting

import (
	"encoding/binary"
	"io"
	"net"
	"regexp"
	"strings"
)

// maxMessage bounds a message that is read, in bytes.
const maxMessage = 16 << 10

// pgHost is the client's address in the error for which firewall rules are missing.
var pgHost = regexp.MustCompile(`for host "([0-9a-fA-F.:]+)"`)

// postgres asks for TLS and begins a session as a user that is not to exist: the server answers with the way to sign in, or with an error
// if no rule of its firewall allows the client (https://www.postgresql.org/docs/current/protocol-flow.html).
func (a *Answer) postgres(conn net.Conn, host string) error {
	const sslRequest, version = 80877103, 3 << 16
	if _, err := conn.Write(binary.BigEndian.AppendUint32([]byte{0, 0, 0, 8}, sslRequest)); err != nil {
		return err
	}
	first := []byte{0}
	if _, err := io.ReadFull(conn, first); err != nil {
		return err
	}
	switch first[0] {
	case 'S':
	case 'N':
		return protocolError("the server takes no TLS")
	default:
		return protocolError("the server does not speak PostgreSQL's protocol")
	}
	secure, err := a.secure(conn, host)
	if err != nil {
		return err
	}
	parameters := "user\x00connectordoctor\x00database\x00postgres\x00\x00"
	start := binary.BigEndian.AppendUint32(nil, uint32(8+len(parameters)))
	start = append(binary.BigEndian.AppendUint32(start, version), parameters...)
	if _, err := secure.Write(start); err != nil {
		return err
	}
	head := make([]byte, 5)
	if _, err := io.ReadFull(secure, head); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(head[1:])
	if size < 4 || size > maxMessage {
		return protocolError("the server does not speak PostgreSQL's protocol")
	}
	body := make([]byte, size-4)
	if _, err := io.ReadFull(secure, body); err != nil {
		return err
	}
	switch head[0] {
	case 'R':
		a.Admission = Admitted
	case 'E':
		a.postgresError(body)
	default:
		return protocolError("the server does not speak PostgreSQL's protocol")
	}
	return nil
}

// postgresError reads the fields of an error (https://www.postgresql.org/docs/current/protocol-error-fields.html).
func (a *Answer) postgresError(body []byte) {
	var code, message string
	for field := range strings.SplitSeq(string(body), "\x00") {
		switch {
		case strings.HasPrefix(field, "C"):
			code = field[1:]
		case strings.HasPrefix(field, "M"):
			message = field[1:]
		}
	}
	a.say(message)
	if code == "28000" && strings.Contains(message, "pg_hba.conf") { // invalid_authorization_specification
		a.Admission = Refused
		if m := pgHost.FindStringSubmatch(message); m != nil {
			a.Client = m[1]
		}
	}
}
