package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"digest.example/internal/digest"
	"digest.example/internal/library"
	"digest.example/internal/preview"
	"digest.example/internal/publish"
	"digest.example/internal/web"
)

// lookEvery is how often files are looked at for changes.
const lookEvery = 500 * time.Millisecond

// watchPreview serves the preview and makes it anew as its sources change, until ctx ends.
func (a *app) watchPreview(ctx context.Context, o previewOptions) error {
	if err := loopback(o.listen); err != nil {
		return err
	}
	w := &watcher{app: a, options: o.dry, cache: library.NewCache()}
	// Which address it is decides who may ask, and is known only then.
	server, err := web.Listen(o.listen, &w.live, a.log())
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	w.live.Start(rand.Text(), hostsOf(server.Addr())...)
	if _, err := fmt.Fprintf(a.out, "the preview is at http://%s/ until you press Ctrl-C\n", server.Addr()); err != nil {
		return err
	}
	if newsletters, err := a.load(); err == nil { // if not, the page says so
		w.watched = sourcesOf(a.config.Templates, newsletters)
	}
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer w.live.Close() // or a browser that waits for a change would hold up the end
		ticks := time.NewTicker(lookEvery)
		defer ticks.Stop()
		preview.Watch(both, ticks.C, w.look, func() { w.make(both) })
		return nil
	})
	group.Go(func() error { return server.Run(both) })
	return group.Wait()
}

// loopback refuses addresses that others can reach: the preview shows what is
// not published yet, and on request who gets it.
func loopback(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("%w: --listen: %q is not host:port, such as 127.0.0.1:8081", digest.ErrUsage, listen)
	}
	if a, err := netip.ParseAddr(host); err != nil && host != "localhost" || err == nil && !a.Unmap().IsLoopback() {
		return fmt.Errorf("%w: --listen: %q is not this machine itself: give 127.0.0.1, [::1] or localhost", digest.ErrUsage, host)
	}
	return nil
}

// hostsOf are the names by which a browser on this machine may ask for us.
func hostsOf(listens net.Addr) []string {
	_, port, _ := net.SplitHostPort(listens.String())
	return []string{listens.String(), net.JoinHostPort("localhost", port)}
}

// watcher makes a preview again and again.
type watcher struct {
	app     *app
	options sendOptions
	cache   *library.Cache
	live    preview.Live
	// watched are the files and folders of the configuration that was last in
	// order: while it is broken, only itself can put it right.
	watched []string
}

func (w *watcher) look() string {
	return preview.Look(append([]string{w.app.configName()}, w.watched...))
}

// make makes the preview, or shows why it cannot be made.
func (w *watcher) make(ctx context.Context) {
	files, err := w.files(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		w.live.Fail(strings.TrimPrefix(err.Error(), digest.ErrConfig.Error()+": "))
		w.app.log().Warn("the preview could not be made", "error", err)
	default:
		w.live.Show(files)
		w.app.log().Info("the preview was made")
	}
}

func (w *watcher) files(ctx context.Context) (map[string][]byte, error) {
	newsletters, err := w.app.load()
	if err != nil {
		return nil, err
	}
	w.watched = sourcesOf(w.app.config.Templates, newsletters)
	for i := range newsletters {
		newsletters[i].Sources = w.cache.Wrap(newsletters[i].Sources)
	}
	made, err := w.app.makePreviews(ctx, newsletters, w.options)
	if err != nil {
		return nil, err
	}
	return served(made)
}

// sourcesOf is what, beside the configuration, a preview is made from and a
// person writes.
func sourcesOf(templates string, newsletters []publish.Newsletter) []string {
	var all []string
	if templates != "" {
		all = append(all, templates, filepath.Join(templates, "email"), filepath.Join(templates, "web"))
	}
	for _, n := range newsletters {
		all = append(all, n.NoteFile)
	}
	return all
}
