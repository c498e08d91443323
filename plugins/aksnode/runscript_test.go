package aksnode

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScriptCommand(t *testing.T) {
	for script, want := range map[string]string{
		"echo x":                         "/bin/sh -c SCRIPT - a",
		"#!/bin/bash -eu\necho":          "/bin/bash -eu -c SCRIPT - a",
		"#! /usr/bin/env bash\necho":     "/usr/bin/env bash -c SCRIPT - a",
		"#!/usr/bin/python3 -u\nprint()": "/usr/bin/python3 -u -c SCRIPT a",
		"#!/usr/bin/env -S python3 -u\n": "/usr/bin/env -S python3 -u -c SCRIPT a",
		"#!/usr/bin/env X=1 python3\n":   "/usr/bin/env X=1 python3 -c SCRIPT a",
		"#!/usr/bin/perl -w\nprint":      "is for perl",
		"#!/usr/bin/awk -f\n{print}":     "is for awk",
		"#!/usr/bin/env\n":               "is for env",
		" \n":                            "is empty",
		"a\x00b":                         "is not a text file",
		strings.Repeat("x", maxScript+1): "is longer than",
	} {
		argv, err := scriptCommand("-", strings.NewReader(script), []string{"a"})
		got := strings.Join(argv, " ")
		if err != nil {
			if got = err.Error(); !strings.Contains(got, want) {
				t.Errorf("%.40q: %v", script, err)
			}
			continue
		}
		if diff := cmp.Diff(want, strings.Replace(got, script, "SCRIPT", 1)); diff != "" {
			t.Errorf("%.40q: %s", script, diff)
		}
	}
}
