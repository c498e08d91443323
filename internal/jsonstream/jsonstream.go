// Package jsonstream reads JSON objects and lists element by element, so that a long one is never in memory as a whole.
package jsonstream

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Object reads an object. It calls member with each key; member must read the value from d. An error of member ends reading.
func Object(d *json.Decoder, member func(key string) error) error {
	if err := delimiter(d, '{'); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string) // a key is always a string
		if err := member(name); err != nil {
			return err
		}
	}
	return delimiter(d, '}')
}

// List reads a list, or null, which has no elements. It calls element before each; element must read it from d. An error of element ends
// reading.
func List(d *json.Decoder, element func() error) error {
	start, err := token(d)
	if err != nil || start == nil {
		return err
	}
	if start != json.Delim('[') {
		return unexpected(start, '[')
	}
	for d.More() {
		if err := element(); err != nil {
			return err
		}
	}
	return delimiter(d, ']')
}

// Skip reads a value and drops it.
func Skip(d *json.Decoder) error { return d.Decode(&json.RawMessage{}) }

func delimiter(d *json.Decoder, want json.Delim) error {
	got, err := token(d)
	if err == nil && got != want {
		err = unexpected(got, want)
	}
	return err
}

// token returns the next token; the end of the text is an error.
func token(d *json.Decoder) (json.Token, error) {
	t, err := d.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return t, err
}

func unexpected(got json.Token, want json.Delim) error {
	return fmt.Errorf("%v in place of %v", got, want)
}
