package lie

import (
	"encoding/json"
	"io"
	"net/http"

	"k8s.io/client-go/kubernetes/scheme"
)

// maxBody bounds what is read of a request.
const maxBody = 4 << 20

// body returns the object that the client sent, as protobuf or JSON. It returns nil if there is none.
func body(r *http.Request) object {
	text, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil
	}
	sent, kind, err := scheme.Codecs.UniversalDeserializer().Decode(text, nil, nil)
	if err == nil {
		sent.GetObjectKind().SetGroupVersionKind(*kind)
		if text, err = json.Marshal(sent); err != nil {
			return nil
		}
	}
	var o object
	if json.Unmarshal(text, &o) != nil {
		return nil
	}
	return o
}
