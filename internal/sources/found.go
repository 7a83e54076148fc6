package sources

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"digest.example/internal/digest"
	"digest.example/internal/fetch"
)

// KindAuto lets Discover say what kind of site an address is.
const KindAuto = "auto"

// How long what was found counts. A WordPress without its API may have been
// caught on a bad day.
const (
	goodFor     = 7 * 24 * time.Hour
	weakGoodFor = 24 * time.Hour
)

// FoundOptions describe a site of which only the address is known.
type FoundOptions struct {
	Name, Address string
	Kind          string // KindAuto, or the kind that it is taken for whatever it looks like
	Getter        Getter
	// Kinds makes the source of a site that was found, by kind.
	Kinds map[string]func(name string, site Site) Source
	Now   func() time.Time
	Log   *slog.Logger
}

// Found is a source that finds out what its site is, and remembers it in its
// state. It looks again every week, when the address or kind in the
// configuration changes, and when a pull fails: the site may have moved. A
// site's kind stays what it was as long as it can be pulled that way, because
// another kind knows the same articles by other ids.
type Found struct{ o FoundOptions }

var _ Source = (*Found)(nil)

// NewFound makes one.
func NewFound(o FoundOptions) *Found { return &Found{o} }

// memory is the state of a Found.
type memory struct {
	Address string          `json:"address"` // as configured, with Kind
	Kind    string          `json:"kind"`
	Site    Site            `json:"site"`
	FoundAt time.Time       `json:"found_at"`
	Inner   json.RawMessage `json:"inner,omitempty"` // the state of the source of that kind
}

// Remembered is the site that a state of a Found's harvest tells of.
func Remembered(state []byte) (Site, bool) {
	var m memory
	err := json.Unmarshal(state, &m)
	return m.Site, err == nil && m.Site.Kind != ""
}

// Pull implements Source.
func (f *Found) Pull(ctx context.Context, r Request) (digest.Harvest, error) {
	m, fresh, err := f.site(ctx, r.State)
	if err != nil {
		return digest.Harvest{}, err
	}
	h, err := f.pullAs(ctx, r, m)
	if err == nil || fresh || hopeless(ctx, err) || errors.Is(err, ErrPassing) {
		return h, err
	}
	again, problem := f.discover(ctx)
	if problem != nil || again.Site.equal(m.Site) {
		return h, err
	}
	f.o.Log.Warn("the site has changed: pulling it as it is now", "source", f.o.Name, "was", m.Site.Kind, "is", again.Site.Kind, "problem", err)
	h, err = f.pullAs(ctx, r, again)
	if err == nil && again.Site.Kind != m.Site.Kind {
		h.Warnings = append(h.Warnings, fmt.Sprintf("the site could no longer be read as %s, and was read as %s", m.Site.Kind, again.Site.Kind))
	}
	return h, err
}

// hopeless says whether a pull failed for a reason that looking again cannot mend.
func hopeless(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, fetch.ErrBusy) || errors.Is(err, fetch.ErrForbidden)
}

// Recheck implements Source.
func (f *Found) Recheck(ctx context.Context, r Request, articles []digest.Article) (digest.Harvest, error) {
	m, _, err := f.site(ctx, r.State)
	if err != nil {
		return digest.Harvest{}, err
	}
	inner, err := f.source(m.Site)
	if err != nil {
		return digest.Harvest{}, err
	}
	r.State = m.Inner
	h, err := inner.Recheck(ctx, r, articles)
	return m.around(h), err
}

// pullAs pulls what is remembered.
func (f *Found) pullAs(ctx context.Context, r Request, m memory) (digest.Harvest, error) {
	inner, err := f.source(m.Site)
	if err != nil {
		return digest.Harvest{}, err
	}
	r.State = m.Inner
	h, err := inner.Pull(ctx, r)
	if err != nil {
		return digest.Harvest{}, err
	}
	return m.around(h), nil
}

func (f *Found) source(site Site) (Source, error) {
	build, known := f.o.Kinds[site.Kind]
	if !known {
		return nil, fmt.Errorf("no way to pull a site of kind %q", site.Kind)
	}
	return build(f.o.Name, site), nil
}

// around puts the memory around the state of a harvest.
func (m memory) around(h digest.Harvest) digest.Harvest {
	if len(h.State) > 0 {
		m.Inner = h.State
	}
	state, err := json.Marshal(m)
	if err != nil { // the inner state was no JSON
		m.Inner = nil
		state, _ = json.Marshal(m)
	}
	h.State = state
	return h
}

// site is what is remembered, or what is found now; fresh says which.
func (f *Found) site(ctx context.Context, state []byte) (m memory, fresh bool, err error) {
	if json.Unmarshal(state, &m) != nil || m.Address != f.o.Address || m.Kind != f.o.Kind || m.Site.Kind == "" {
		m, err = f.discover(ctx)
		return m, true, err
	}
	if f.o.Now().Sub(m.FoundAt) < m.Site.goodFor() {
		return m, false, nil
	}
	again, err := f.discover(ctx)
	if err != nil {
		f.o.Log.Warn("could not look again what kind of site it is: taking it for what it was", "source", f.o.Name, "problem", err)
		return m, false, nil
	}
	return m.renewed(again), false, nil
}

// renewed is the memory after looking again.
func (m memory) renewed(again memory) memory {
	m.FoundAt = again.FoundAt
	if again.Site.Kind != m.Site.Kind {
		return m
	}
	again.Site.API = cmp.Or(again.Site.API, m.Site.API)
	if again.Site.equal(m.Site) {
		again.Inner = m.Inner
	}
	return again
}

// discover finds the site, and forces the configured kind.
func (f *Found) discover(ctx context.Context) (memory, error) {
	site, err := Discover(ctx, f.o.Getter, f.o.Address)
	if err != nil {
		return memory{}, err
	}
	if f.o.Kind != KindAuto {
		site.Kind = f.o.Kind
	}
	f.o.Log.Debug("found out what the source is", "source", f.o.Name, "kind", site.Kind, "home", site.Home, "api", site.API)
	return memory{Address: f.o.Address, Kind: f.o.Kind, Site: site, FoundAt: f.o.Now().UTC()}, nil
}

func (s Site) goodFor() time.Duration {
	if s.Kind == KindWordPress && s.API == "" {
		return weakGoodFor
	}
	return goodFor
}

// equal says whether two sites are pulled in the same way. A feed that fails for
// a moment is found behind the others.
func (s Site) equal(other Site) bool {
	sorted := func(feeds []string) []string { return slices.Sorted(slices.Values(feeds)) }
	return s.Kind == other.Kind && s.Home == other.Home && s.API == other.API &&
		slices.Equal(sorted(s.Feeds), sorted(other.Feeds))
}
