package queue

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gradreg/gradreg/internal/fault"
)

// Look is Open for one who only asks: where tables cannot be made or updated, for the folder is
// read-only or the user of the server may only select, they are read as they are. It begins no
// folder: one that holds no studies is [fs.ErrNotExist].
func Look(ctx context.Context, place string) (*Queue, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	if !IsServer(place) && !Exists(place) {
		return nil, fault.Missingf("folder %s holds no studies", place)
	}
	q, err := Open(ctx, place)
	if err == nil || !denied(err) {
		return q, err
	}
	q = &Queue{read: map[string]bool{}}
	if IsServer(place) {
		var conn *sql.Conn
		if conn, err = q.connect(ctx, place); err == nil {
			err = conn.Close()
		}
	} else {
		err = q.readFile(ctx, place)
	}
	if err != nil {
		q.Close()
		return nil, q.hide(err)
	}
	return q, nil
}

// denied reports whether an error is that something may not be written. Of SQLite's only the text
// is left.
func denied(err error) bool {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return true
	}
	const insufficientPrivilege, readOnlyTransaction = "42501", "25006"
	if p := (*pgconn.PgError)(nil); errors.As(err, &p) {
		return p.Code == insufficientPrivilege || p.Code == readOnlyTransaction
	}
	return slices.ContainsFunc(
		[]string{"readonly database", "unable to open database file"},
		func(s string) bool { return strings.Contains(err.Error(), s) },
	)
}

// readFile opens the database in a folder that cannot be written to. Other processes' locks and
// their latest changes stand in files beside it; where these cannot be made and there are no such
// changes, the file is read alone.
func (q *Queue) readFile(ctx context.Context, dir string) error {
	path, err := filepath.Abs(filepath.Join(dir, File))
	if err != nil {
		return err
	}
	q.dir = dir
	for _, alone := range []string{"", immutable} {
		if info, err := os.Stat(path + "-wal"); alone != "" && err == nil && info.Size() > 0 {
			break
		}
		if err = q.openReadOnly(ctx, path, alone); err == nil {
			return nil
		}
	}
	return fault.Inputf("%s: %w; expected a database of gradreg that can be read", path, err)
}

// immutable makes SQLite read a file alone, without a lock and without a file beside it.
const immutable = "&immutable=1"

// openReadOnly opens a database file to read it.
func (q *Queue) openReadOnly(ctx context.Context, path, alone string) error {
	address := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?mode=ro&_pragma=busy_timeout(30000)&_pragma=query_only(1)" + alone
	var err error
	if q.pool, err = sql.Open("sqlite", address); err != nil {
		return err
	}
	q.pool.SetMaxOpenConns(1) // as River's SQLite driver asks for
	q.driver = sqliteDriver(q.pool)
	var n int
	if err = q.pool.QueryRowContext(ctx, "SELECT count(*) FROM gradreg_study").Scan(&n); err != nil {
		q.pool.Close()
	}
	return err
}
