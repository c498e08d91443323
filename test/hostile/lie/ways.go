package lie

import (
	"encoding/json"
	"strings"
	"time"
)

// ways are the ways in which upgraded connections go wrong, and the one in which they do not.
func ways() []func(*wire) {
	return []func(*wire){
		(*wire).obey, (*wire).obey, (*wire).close, (*wire).silence, (*wire).noise, (*wire).flood, (*wire).refuse, (*wire).half, (*wire).frames,
	}
}

// close ends the connection at once.
func (x *wire) close() {}

// silence sends nothing.
func (x *wire) silence() { time.Sleep(15 * time.Second) }

// noise sends what is no WebSocket frame.
func (x *wire) noise() {
	for range 20 {
		x.say(Word(x.rnd))
	}
}

// flood sends output without end.
func (x *wire) flood() {
	data := strings.Repeat("x", 64<<10)
	for sent := 0; sent < streamLimit; sent += len(data) {
		if x.frame(byte(1+x.rnd.IntN(2)), data) != nil {
			return
		}
	}
}

// refuse reports an error of the command in hostile words.
func (x *wire) refuse() {
	text, _ := json.Marshal(status(500, []string{"InternalError", "NonZeroExitCode", Word(x.rnd)}[x.rnd.IntN(3)], message(x.rnd)))
	_ = x.frame(3, string(text))
	time.Sleep(50 * time.Millisecond)
}

// half stops in the middle of a frame.
func (x *wire) half() {
	_ = x.frame(1, output(x.rnd))
	x.say("\x82\x7e\x40")
}

// frames sends frames that contradict each other, for channels that do not exist.
func (x *wire) frames() {
	for range 50 {
		switch x.rnd.IntN(5) {
		case 0:
			x.say("\x89\x7d" + strings.Repeat("p", 125))
		case 1:
			x.say("\x82\x00")
		case 2:
			x.say("\x02\x05\x01abcd")
		default:
			_ = x.frame(byte(x.rnd.IntN(256)), Word(x.rnd))
		}
	}
}
