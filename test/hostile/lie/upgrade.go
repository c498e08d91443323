package lie

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"
)

// wire is an upgraded connection of exec, attach or port-forward.
type wire struct {
	net.Conn
	server   *Server
	protocol string   // the WebSocket subprotocol
	command  []string // of exec
	rnd      *rand.Rand
}

// upgrade answers a request to upgrade the connection.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, rnd *rand.Rand) {
	ways := s.Mood.upgrades
	if ways == nil {
		ways = []func(*wire){(*wire).obey}
	}
	if rnd.Float64() < s.Mood.spoils && s.Mood.answer != nil {
		s.Mood.answer(s, w, r, rnd)
		return
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		s.send(w, http.StatusBadRequest, status(400, "BadRequest", message(rnd)), rnd)
		return
	}
	// clients wait for what SPDY would answer to a port-forward, and doctors do so several times
	if strings.HasSuffix(r.URL.Path, "/portforward") && rnd.IntN(8) > 0 {
		s.send(w, http.StatusInternalServerError, status(500, "InternalError", message(rnd)), rnd)
		return
	}
	c, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	protocol, _, _ := strings.Cut(r.Header.Get("Sec-Websocket-Protocol"), ",")
	x := &wire{Conn: c, server: s, protocol: strings.TrimSpace(protocol), command: r.URL.Query()["command"], rnd: rnd}
	way := ways[rnd.IntN(len(ways))]
	accept := sha1.Sum([]byte(r.Header.Get("Sec-Websocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	x.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(accept[:]) + "\r\nSec-WebSocket-Protocol: " + x.protocol + "\r\n\r\n")
	go drain(buffered.Reader)
	way(x)
}

// drain reads what the client sends.
func drain(r *bufio.Reader) {
	b := make([]byte, 32<<10)
	for {
		if _, err := r.Read(b); err != nil {
			return
		}
	}
}

func (x *wire) say(text string) { _, _ = x.Write([]byte(text)) }

// frame sends a WebSocket message for a channel: 1 stdout, 2 stderr, 3 the end.
func (x *wire) frame(channel byte, data string) error {
	head := []byte{0x82}
	switch n := len(data) + 1; {
	case n < 126:
		head = append(head, byte(n))
	case n < 1<<16:
		head = binary.BigEndian.AppendUint16(append(head, 126), uint16(n))
	default:
		head = binary.BigEndian.AppendUint64(append(head, 127), uint64(n))
	}
	_, err := x.Write(append(append(head, channel), data...))
	return err
}

// mark is the marker of our scripts' frames, which the first frame announces.
const mark = "7a9a0d5c-2f6b-4a39-8c0e-6f2d7b1c9e55"

// framed returns a frame as our scripts write them.
func framed(text string) string { return "\x00" + mark + text + "\x00" }

// obey does what the client expects of a script, with hostile output.
func (x *wire) obey() {
	text := strings.Join(x.command, " ")
	switch {
	case strings.Contains(text, "@@ end"): // a script in a test pod
		_ = x.frame(1, Word(x.rnd)+"\n@@ end\n")
	case strings.Contains(text, "/dev/tcp/") || strings.Contains(text, "nc -w"):
		if x.rnd.IntN(4) == 0 {
			_ = x.frame(1, framed("")+framed("F"+Word(x.rnd)))
			break
		}
		_ = x.frame(1, framed("")+framed([]string{"C", "D"}[x.rnd.IntN(2)])+"HTTP/1.1 200 "+Word(x.rnd)+"\r\nServer: "+Word(x.rnd)+
			"\r\n\r\n"+output(x.rnd)+framed("R"))
	case strings.Contains(text, "trap : INT QUIT"): // a terminal has one stream
		_ = x.frame(1, framed("")+framed("S")+output(x.rnd)+framed("E0 0 0"))
	case strings.Contains(text, "random/uuid"): // a command on a node
		stdout, stderr, code := program(text, x.rnd)
		_ = x.frame(2, framed("")+framed("S"))
		_ = x.frame(1, framed("")+stdout+framed("E"))
		_ = x.frame(2, stderr+framed(fmt.Sprintf("E%d 0 0", code)))
	default:
		_ = x.frame(1, output(x.rnd))
	}
	_ = x.frame(3, `{"metadata":{},"status":"Success"}`)
	time.Sleep(50 * time.Millisecond)
	x.say("\x88\x02\x03\xe8") // closed normally
}
