package lie

import (
	"math/rand/v2"
	"net/http"
)

// Mood is one way to lie.
type Mood struct {
	Name    string
	objects Mutation
	// spoils is how likely answer takes the place of an answer.
	spoils float64
	answer func(*Server, http.ResponseWriter, *http.Request, *rand.Rand)
	// stream takes over a watch after its first events, and a log.
	stream func(*Server, http.ResponseWriter, *http.Request, *rand.Rand)
	// upgrades are the ways in which connections of exec, attach and port-forward go; nil: as they should.
	upgrades []func(*wire)
	denies   float64 // how likely a right is denied
	huge     int     // how many objects a list has
	endless  bool    // lists have always more pages
	// Hangs is set where a client may wait for an answer until it is interrupted.
	Hangs bool
}

// Moods returns all ways to lie.
func Moods() []Mood {
	tenants := Mutation{Free: 0.4}
	return []Mood{
		{Name: "calm"},
		{Name: "tenants", objects: tenants, upgrades: []func(*wire){(*wire).obey}},
		{Name: "names", objects: Mutation{Free: 0.3, Strings: 0.04, Keys: 0.005}, denies: 0.02},
		{Name: "all-names", objects: Mutation{Free: 0.5, Strings: 0.4, Keys: 0.05}},
		{Name: "shapes", objects: Mutation{Free: 0.1, Strings: 0.02, Shapes: 0.02}},
		{Name: "errors", objects: tenants, denies: 0.05, spoils: 0.25, answer: (*Server).fail},
		{Name: "garbage", spoils: 0.25, answer: (*Server).garbage},
		{Name: "redirects", spoils: 0.3, answer: (*Server).redirect},
		{Name: "slow", Hangs: true, spoils: 0.2, answer: (*Server).slow},
		{Name: "huge", Hangs: true, objects: Mutation{Free: 0.02}, huge: 2000, spoils: 0.03, answer: (*Server).flood},
		{Name: "endless", Hangs: true, endless: true, spoils: 0.05, answer: (*Server).flood, stream: (*Server).endless},
		{Name: "streams", Hangs: true, stream: (*Server).breakOff, upgrades: ways()},
		{Name: "upgrades", Hangs: true, upgrades: ways()},
	}
}
