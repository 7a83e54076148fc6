package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is the user who runs the program where the tests are run by root, whom
// no permission stops.
const nobody = 65534

// unprivileged gives the installation to nobody, if need be, and returns what
// makes nobody run a command.
func (v *victim) unprivileged() func(*exec.Cmd) {
	v.Helper()
	if os.Getuid() != 0 {
		return func(*exec.Cmd) {}
	}
	program := filepath.Join(v.TempDir(), "digest")
	v.must(os.Chmod(filepath.Dir(v.folder), 0o755))
	self, err := os.Executable()
	v.must(err)
	b, err := os.ReadFile(self)
	v.must(err)
	v.must(os.WriteFile(program, b, 0o755))
	v.must(filepath.WalkDir(v.folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, nobody, nobody)
	}))
	return func(c *exec.Cmd) {
		c.Path = program
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}

func (v *victim) must(err error) {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
}

// A database, or a folder, that may not be written: nothing is sent, the reason
// is said, and all goes out once it may.
func TestReadOnlyDatabase(t *testing.T) {
	const recipients = 20
	for _, c := range []struct {
		name         string
		file, folder fs.FileMode
	}{
		{"file", 0o400, 0o700},
		{"folder", 0o600, 0o500},
		{"both", 0o400, 0o500},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v, server := newPatient(t, recipients, nil)
			as := v.unprivileged()
			v.must(os.Chmod(v.dsn, c.file))
			v.must(os.Chmod(v.folder, c.folder))
			status := v.command("status")
			as(status)
			if out, err := status.CombinedOutput(); err == nil || !strings.Contains(string(out), "must be writable") {
				t.Errorf("status: %v\n%s", err, out)
			}
			o := v.observeAs(as)
			o.ends(exitFailure)
			o.says("must be writable", 1)
			copies(t, server, recipients, noCopy)
			v.must(os.Chmod(v.folder, 0o700))
			v.must(os.Chmod(v.dsn, 0o600))
			v.observeAs(as).ends(exitOK)
			copies(t, server, recipients, oneCopy)
		})
	}
}
