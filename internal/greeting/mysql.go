package greeting

import (
	"encoding/binary"
	"io"
	"net"
	"regexp"
	"strings"
)

// mysqlHost is the client's address in the error about it.
var mysqlHost = regexp.MustCompile(`'([0-9a-fA-F.:]+)'`)

// mysql reads the server's first packet: its greeting, or an error if it does not accept the client's address
// (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html).
func (a *Answer) mysql(conn net.Conn) error {
	head := make([]byte, 4)
	if _, err := io.ReadFull(conn, head); err != nil {
		return err
	}
	size := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
	if size < 3 || size > maxMessage {
		return protocolError("the server does not speak MySQL's protocol")
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(conn, body); err != nil {
		return err
	}
	const greeting, failure = 10, 0xff
	switch body[0] {
	case greeting:
		a.Admission = Admitted
	case failure:
		code, message := binary.LittleEndian.Uint16(body[1:]), string(body[3:])
		if strings.HasPrefix(message, "#") && len(message) >= 6 { // the SQLSTATE
			message = message[6:]
		}
		a.say(message)
		// ER_HOST_NOT_PRIVILEGED, and Azure's own (https://learn.microsoft.com/azure/mysql/flexible-server/concepts-networking-public)
		if code == 1130 || code == 9000 || strings.Contains(message, "is not allowed to connect") {
			a.Admission = Refused
			if m := mysqlHost.FindStringSubmatch(message); m != nil {
				a.Client = m[1]
			}
		}
	default:
		return protocolError("the server does not speak MySQL's protocol")
	}
	return nil
}
