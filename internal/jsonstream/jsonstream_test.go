package jsonstream_test

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/jsonstream"
)

// read returns the elements of the member "list" of an object.
func read(text string) (list []int, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	err = jsonstream.Object(d, func(key string) error {
		if key != "list" {
			return jsonstream.Skip(d)
		}
		return jsonstream.List(d, func() error {
			var n int
			err := d.Decode(&n)
			list = append(list, n)
			return err
		})
	})
	return list, err
}

func TestObjectAndList(t *testing.T) {
	for text, want := range map[string][]int{
		`{}`:                                    nil,
		`{"list":null}`:                         nil,
		`{"list":[]}`:                           nil,
		`{"a":{"list":[3]},"list":[1,2]}`:       {1, 2},
		`{"list":[1],"b":[],"list":[2], "c":1}`: {1, 2},
	} {
		if got, err := read(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for text, says := range map[string]string{
		`[]`:              "[ in place of {",
		`null`:            "<nil> in place of {",
		`{"list":7}`:      "7 in place of [",
		`{"list":{}}`:     "{ in place of [",
		`{"list":[1,{}]}`: "cannot unmarshal",
		`{"list":[1}`:     "invalid character",
		`{"a":1]`:         "invalid character",
	} {
		if got, err := read(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, cut := range []string{"", "{", `{"list":`, `{"list":[`, `{"list":[1`, `{"list":[1]`} {
		if got, err := read(cut); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v, %v", cut, got, err)
		}
	}
}
