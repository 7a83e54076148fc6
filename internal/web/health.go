package web

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// healthPath is below the public URL.
const healthPath = "/healthz"

// healthPatience is shorter than what Probe and usual monitors wait.
const healthPatience = 5 * time.Second

// health is the answer of /healthz.
type health struct {
	Status   string `json:"status"`             // ok or unavailable
	Database string `json:"database,omitempty"` // the database's id
}

const healthOK = "ok"

func (s *site) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), healthPatience)
	defer cancel()
	status, body := http.StatusOK, health{Status: healthOK}
	id, err := s.Database.DatabaseID(ctx)
	if err != nil {
		s.Log.Error("the database does not answer", "page", r.Pattern, "error", err)
		w.Header().Set("Retry-After", "60")
		status, body.Status = http.StatusServiceUnavailable, "unavailable"
	}
	body.Database = id
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the monitor may be gone
}
