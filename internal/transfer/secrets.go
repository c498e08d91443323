package transfer

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// secrets are what this program and listen.sh on the node know, and no other program there. They go to listen.sh by exec, never
// through the port.
type secrets struct {
	script string // proves listen.sh to this program
	client string // proves this program to listen.sh
}

func newSecrets() secrets { return secrets{rand.Text(), rand.Text()} }

// stdin returns the stdin of listen.sh for a script that reads its stdin, or for one that does not.
func (s secrets) stdin(reads bool) string {
	window := ""
	if reads {
		window = "window"
	}
	return s.script + "\n" + s.client + "\n" + window + "\n"
}

// errImpostor reports that the port leads to a program that does not know the secrets.
var errImpostor = errors.New("another program on the node answers on the port that was opened for the copy; nothing was sent to it")

// greetLimit is how long listen.sh may take to prove itself.
const greetLimit = time.Minute

// challengeLength is the length of the characters that listen.sh sends for this program to prove itself.
const challengeLength = 32

// greet proves both ends of a new connection to each other, first listen.sh. It returns the mark that will follow the script's output.
func (s secrets) greet(conn net.Conn) (mark string, err error) {
	nonce := rand.Text()
	if err := conn.SetReadDeadline(time.Now().Add(greetLimit)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, nonce+"\n"); err != nil {
		return "", err
	}
	answer := make([]byte, sha256.Size*2+1+challengeLength+1)
	if _, err := io.ReadFull(conn, answer); err != nil {
		return "", fmt.Errorf("waiting for the program on the node to prove itself: %w", err)
	}
	proof, challenge := answer[:sha256.Size*2], answer[sha256.Size*2+1:len(answer)-1]
	if !hmac.Equal(proof, []byte(digest(s.script+nonce))) {
		return "", errImpostor
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return "", err
	}
	mark = digest(s.client + string(challenge))
	_, err = io.WriteString(conn, mark+"\n")
	return mark, err
}

// digest returns the SHA-256 of the text in hexadecimal.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
