package greeting

import (
	"bufio"
	"io"
	"net"
	"strings"
)

// redis begins TLS and sends PING: the server asks for a password, or answers
// (https://redis.io/docs/latest/develop/reference/protocol-spec/).
func (a *Answer) redis(conn net.Conn, host string) error {
	secure, err := a.secure(conn, host)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(secure, "PING\r\n"); err != nil {
		return err
	}
	line, err := bufio.NewReader(io.LimitReader(secure, maxSays)).ReadString('\n')
	if err != nil && line == "" {
		return err
	}
	switch {
	case strings.HasPrefix(line, "-NOAUTH"), strings.HasPrefix(line, "+PONG"):
		a.Admission = Admitted
	case strings.HasPrefix(line, "-DENIED"):
		a.Admission = Refused
		a.say(line[1:])
	case strings.HasPrefix(line, "-"):
		a.say(line[1:])
	default:
		return protocolError("the server does not speak Redis' protocol")
	}
	return nil
}
