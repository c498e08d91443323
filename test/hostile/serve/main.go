// Command serve runs an API server that lies, to try a plugin on it by hand. It prints a kubeconfig:
//
//	go run ./test/hostile/serve -mood errors -seed 7 > /tmp/lies & kubectl aksnode list --kubeconfig /tmp/lies
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/akstools/akstools/test/hostile/lie"
	"github.com/akstools/akstools/test/hostile/run"
)

func main() {
	seed := flag.Uint64("seed", 1, "seed of the lies")
	name := flag.String("mood", "calm", "way to lie")
	flag.Parse()
	if err := serve(*seed, *name); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(seed uint64, name string) error {
	for _, mood := range lie.Moods() {
		if mood.Name != name {
			continue
		}
		server, err := lie.New(seed, mood, "https://127.0.0.1:1")
		if err != nil {
			return err
		}
		url, stop, err := lie.Listen(server)
		if err != nil {
			return err
		}
		defer stop()
		fmt.Print(run.Kubeconfig(url))
		interrupted := make(chan os.Signal, 1)
		signal.Notify(interrupted, os.Interrupt)
		<-interrupted
		return nil
	}
	return fmt.Errorf("there is no mood %q", name)
}
