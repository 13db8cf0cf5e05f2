package queue

import (
	"bytes"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/fault"
)

// TestCredentials looks for passwords in the errors of addresses that do not work.
func TestCredentials(t *testing.T) {
	for _, address := range []string{
		"postgres://someone:s3cr3t-pass@127.0.0.1:1/none",
		"postgres://someone:s3cr3t-pass@127.0.0.1:1/none?sslmode=disable&connect_timeout=1",
		"postgres://someone@127.0.0.1:1/none?password=s3cr3t-pass",
		"postgresql://someone:s3cr3t-pass@127.0.0.1:port/none",
		"postgres://someone:s3cr3t-pass with spaces@127.0.0.1:1/none",
		"postgres://someone:s3cr3t-pass%zz@127.0.0.1:1/none",
		"postgres://someone:s3cr3t-pass%2Fslash@127.0.0.1:1/none?sslmode=nothing",
		"postgres://someone:s3cr3t-pass@[::1/none",
	} {
		q, err := Open(t.Context(), address)
		if err == nil {
			q.Close()
			t.Errorf("%s: no error", address)
			continue
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if _, shown := e.(hidden); shown && strings.Contains(e.Error(), "s3cr3t") {
				t.Errorf("%s: %v", address, e)
			}
		}
		if strings.Contains(err.Error(), "s3cr3t") || !fault.IsInput(err) {
			t.Errorf("%s: %v, input's fault %t", address, err, fault.IsInput(err))
		}
	}
}

// TestCredentialsOfServer looks for the password of a server that works in everything that a study leaves: tables, messages,
// errors and folders.
func TestCredentialsOfServer(t *testing.T) {
	place := database(t)
	q := open(t, place)
	password := q.secret[1]
	if password == "" {
		t.Fatal("the server has no password")
	}
	s := edited(t, small, "attempts: 100", "attempts: 1", "seeds: 4", "seeds: 1")
	if err := q.Add(t.Context(), s, DefaultPriority); err != nil {
		t.Fatal(err)
	}
	runs := t.TempDir()
	var said bytes.Buffer
	if _, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Runs: runs, Keep: true, Log: func(text string) { said.WriteString(text) }}); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"gradreg_study", "gradreg_result", "river_job"} {
		rows, err := q.pool.Query("SELECT CAST(x AS TEXT) FROM " + table + " x")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				t.Fatal(err)
			}
			said.WriteString(text)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	files := 0
	if err := filepath.WalkDir(runs, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		said.Write(data)
		return err
	}); err != nil || files == 0 {
		t.Fatalf("%d files, %v", files, err)
	}
	q.pool.Close() // the server is gone
	if _, err := q.Study(t.Context(), s.Name); err != nil {
		said.WriteString(err.Error())
	} else {
		t.Error("no error of a closed database")
	}
	if strings.Contains(said.String(), password) {
		t.Error("the password is there")
	}
}

// TestForeignFile refuses a file that is no database and leaves it alone.
func TestForeignFile(t *testing.T) {
	for _, content := range [][]byte{[]byte("no database, but more than a hundred bytes of text: " + strings.Repeat("x", 4096)), []byte("SQLite format 3\x00 and then nothing that fits" + strings.Repeat("x", 4096))} {
		dir := t.TempDir()
		path := filepath.Join(dir, File)
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		q, err := Open(t.Context(), dir)
		if err == nil {
			q.Close()
		}
		if !fault.IsInput(err) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, expected an input fault of one line", err)
		}
		if data, err := os.ReadFile(path); err != nil || !bytes.Equal(data, content) {
			t.Errorf("the file was changed, %v", err)
		}
	}
}

// TestLook reads studies where nothing may be written.
func TestLook(t *testing.T) {
	s := edited(t, small)
	check := func(t *testing.T, place string) {
		t.Helper()
		q, err := Look(t.Context(), place)
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		if status, err := q.Status(t.Context(), s.Name); err != nil || status.Waiting == 0 {
			t.Errorf("%+v, %v", status, err)
		}
	}
	t.Run("file", func(t *testing.T) {
		dir := t.TempDir()
		added(t, dir, s).Close()
		// What a read-only folder leads to, also for a superuser.
		if err := os.Mkdir(filepath.Join(dir, File+"-shm"), 0o777); err != nil {
			t.Fatal(err)
		}
		q := &Queue{read: map[string]bool{}}
		if err := q.readFile(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		if status, err := q.Status(t.Context(), s.Name); err != nil || status.Waiting == 0 {
			t.Errorf("%+v, %v", status, err)
		}
		if _, err := q.pool.Exec("DELETE FROM gradreg_study"); err == nil {
			t.Error("the file can be written to")
		}
	})
	t.Run("folder", func(t *testing.T) {
		if os.Getuid() <= 0 {
			t.Skip("a superuser may write to any folder, and Windows has no such rights")
		}
		dir := t.TempDir()
		added(t, dir, s).Close()
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(dir, 0o777)
		check(t, dir)
	})
	t.Run("server", func(t *testing.T) {
		place := database(t)
		q := added(t, place, s)
		u, err := url.Parse(place)
		if err != nil {
			t.Fatal(err)
		}
		role := "reader_" + strings.TrimPrefix(u.Path, "/gradreg_")
		change(t, q, "CREATE ROLE "+role+" LOGIN PASSWORD 'x'")
		t.Cleanup(func() {
			change(t, q, "DROP OWNED BY "+role)
			change(t, q, "DROP ROLE "+role)
		})
		change(t, q, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO "+role)
		u.User = url.UserPassword(role, "x")
		check(t, u.String())
	})
}

// TestLookBegins nothing where no studies are.
func TestLookBegins(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	if _, err := Look(t.Context(), dir); !fault.IsInput(err) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder: %v", err)
	}
}
