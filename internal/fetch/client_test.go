package fetch

import (
	"io"
	"net/http"
	"testing"
)

func TestGet(t *testing.T) {
	w := newWorld(t)
	url := w.serve(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "Text/HTML; charset=utf-8")
		rw.WriteHeader(http.StatusNotFound)
		io.WriteString(rw, "herons")
	})
	r := w.mustGet(Request{URL: url + "/feed?x=1#part"})
	if r.Status != 404 || string(r.Body) != "herons" || r.URL != url+"/feed?x=1" || r.MediaType() != "text/html" {
		t.Errorf("got %d %q %s %s", r.Status, r.Body, r.URL, r.MediaType())
	}
}
