package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/filelock"
	"github.com/gradreg/gradreg/internal/foreign"
)

// Queue is an open database of studies. It may be used by several goroutines.
type Queue struct {
	pool   *sql.DB
	listen *pgxpool.Pool // for notifications of a server
	driver riverDriver
	dir    string        // of the file; empty for a server
	secret []string      // what must never be shown
	offset time.Duration // of the database's clock to ours

	lock sync.Mutex
	read map[string]bool // studies whose data were found to be here
}

// File is the name of the database in a study folder.
const File = "study.db"

// IsServer reports whether a place is the address of a database server rather than a folder.
func IsServer(place string) bool {
	return strings.HasPrefix(place, "postgres://") || strings.HasPrefix(place, "postgresql://")
}

// Open opens the studies in a folder, or those of a PostgreSQL server for an address postgres://…,
// and makes or updates their tables. Errors never hold the address's password.
func Open(ctx context.Context, place string) (*Queue, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	q := &Queue{read: map[string]bool{}}
	var err error
	if IsServer(place) {
		err = q.openServer(ctx, place)
	} else {
		err = q.openFile(ctx, place)
	}
	if err != nil {
		q.Close()
		return nil, q.hide(err)
	}
	return q, nil
}

// Exists reports whether a folder holds studies.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, File))
	return !errors.Is(err, fs.ErrNotExist)
}

// Close closes the database.
func (q *Queue) Close() {
	if q.listen != nil {
		q.listen.Close()
	}
	if q.pool != nil {
		q.pool.Close()
	}
}

func (q *Queue) openFile(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fault.Inputf("study folder: %w", err)
	}
	path, err := filepath.Abs(filepath.Join(dir, File))
	if err != nil {
		return err
	}
	q.dir = dir
	// Writers wait for each other; a transaction takes the write lock at its start, because one
	// that took it later could not wait. With synchronous=FULL a committed result survives a power
	// failure.
	address := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_txlock=immediate&_pragma=busy_timeout(30000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"
	if q.pool, err = sql.Open("sqlite", address); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	q.pool.SetMaxOpenConns(1) // as River's SQLite driver asks for
	q.driver = sqliteDriver(q.pool)
	unlock, err := await(ctx, path+".lock")
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer unlock()
	if err := q.migrate(ctx); err != nil {
		if isFull(err) {
			return err
		}
		return fault.Inputf("%s: %w; expected a database of gradreg", path, err)
	}
	return nil
}

// await takes a lock that others hold only for moments.
func await(ctx context.Context, path string) (func(), error) {
	const patience = 30 * time.Second
	for began := time.Now(); ; {
		unlock, err := filelock.Acquire(path)
		if !errors.Is(err, filelock.ErrHeld) || time.Since(began) > patience {
			return unlock, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (q *Queue) openServer(ctx context.Context, address string) error {
	conn, err := q.connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close()
	const migrating = 0x67726164726567 // "gradreg": the number of the lock
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrating)); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrating))
	return q.migrate(ctx)
}

// connect opens a server's database and looks at its clock. The connection that it returns is one
// of the pool.
func (q *Queue) connect(ctx context.Context, address string) (*sql.Conn, error) {
	q.secret = foreign.Secrets(address)
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fault.Inputf("database address: %w", err)
	}
	if config.Password != "" {
		q.secret = append(q.secret, config.Password)
	}
	q.pool = stdlib.OpenDB(*config)
	listen, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, fault.Inputf("database address: %w", err)
	}
	listen.MinConns, listen.MaxConns = 0, 1
	if q.listen, err = pgxpool.NewWithConfig(ctx, listen); err != nil {
		return nil, err
	}
	q.driver = postgresDriver(q.pool, q.listen)
	conn, err := q.pool.Conn(ctx)
	if err != nil {
		return nil, fault.Inputf("database %s:%d: %w", config.Host, config.Port, err)
	}
	var now time.Time
	if err := conn.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	q.offset = time.Until(now)
	return conn, nil
}

// Hide returns a text without the credentials of the database.
func (q *Queue) Hide(text string) string { return without(text, q.secret) }

// HideIn returns a text without the credentials in addresses of servers.
func HideIn(text string, addresses ...string) string {
	return foreign.Without(text, addresses...)
}

// without returns a text in which … stands for each secret.
func without(text string, secrets []string) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, "…")
	}
	return text
}

// hidden is an error whose text has no credentials.
type hidden struct {
	error
	text string
}

func (h hidden) Error() string { return h.text }
func (h hidden) Unwrap() error { return h.error }

// hide returns an error without the credentials of the database, and with advice if its disk is
// full.
func (q *Queue) hide(err error) error {
	if err == nil {
		return nil
	}
	if isFull(err) && !errors.As(err, new(noRoom)) {
		err = noRoom{q.place(), err}
	}
	if len(q.secret) == 0 {
		return err
	}
	return hidden{err, q.Hide(err.Error())}
}

// tables are ours; River's come from its migrations.
var tables = []string{
	`CREATE TABLE IF NOT EXISTS gradreg_study (
		name TEXT PRIMARY KEY, spec TEXT NOT NULL, identity TEXT NOT NULL, state TEXT NOT NULL,
		priority INTEGER NOT NULL, created TEXT NOT NULL)`,
	`CREATE TABLE IF NOT EXISTS gradreg_result (key TEXT PRIMARY KEY, result TEXT NOT NULL, config TEXT NOT NULL)`,
	`CREATE TABLE IF NOT EXISTS gradreg_checkpoint (key TEXT PRIMARY KEY, step INTEGER NOT NULL, state BLOB NOT NULL)`,
}

// migrate makes the tables.
func (q *Queue) migrate(ctx context.Context) error {
	m, err := rivermigrate.New(q.driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	for _, text := range tables {
		if q.server() {
			text = strings.ReplaceAll(text, "BLOB", "BYTEA")
		}
		if _, err := q.pool.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func (q *Queue) server() bool { return q.dir == "" }

// now returns the time by the database's clock, so that workers whose clocks differ agree on who is
// alive.
func (q *Queue) now() time.Time { return time.Now().Add(q.offset) }

// bind writes a query with its places ? as the database wants them.
func (q *Queue) bind(query string) string {
	if !q.server() {
		return query
	}
	var b strings.Builder
	n := 0
	for _, r := range query {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		n++
		fmt.Fprintf(&b, "$%d", n)
	}
	return b.String()
}
