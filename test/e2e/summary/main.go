// Command summary prints what became of the trials of `make faults`: `make faults-summary`.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"

	"github.com/akstools/akstools/test/e2e/corpus"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	file := flag.String("file", "", "the file of records")
	commit := flag.String("commit", "", `whose records count; "any": the last record of each case, of whatever commit`)
	seeds := flag.String("seeds", "", "the seeds of the run")
	slice := flag.String("slice", "", "i/n: the slice that was run")
	only := flag.String("only", "", "a regular expression on doctor, name, code or hop")
	flag.Parse()

	plan, err := corpus.ParsePlan(*seeds, *only, *slice)
	if err != nil {
		return err
	}
	records, err := corpus.Read(*file)
	if err != nil {
		return err
	}
	fmt.Printf("commit %s, seeds %s\n", cmp.Or(*commit, "unknown"), *seeds)
	trials, err := plan.All()
	if err != nil {
		return err
	}
	return corpus.Summarize(records, *commit, trials).Write(os.Stdout)
}
