package queue

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/study"
	"github.com/gradreg/gradreg/tune"
)

// The states of a study.
const (
	Active    = "active"
	Cancelled = "cancelled"
)

// Entry is a study of the database.
type Entry struct {
	study.Study
	State    string
	Priority int // 1 is before 2; of whole studies
	Created  time.Time
}

// DefaultPriority is that of a study of which nothing is said.
const DefaultPriority = 2

// Add adds a study, or takes up the one of the same name again. That may have other seeds, and
// cells that come or go, but the cells of both must be the same. A cancelled study becomes active;
// what failed in it or was cancelled is tried again, and runs that it no longer needs are
// cancelled.
func (q *Queue) Add(ctx context.Context, s study.Study, priority int) error {
	if err := fault.NoContext(ctx); err != nil {
		return err
	}
	text, err := yaml.Marshal(s.Spec)
	if err != nil {
		return err
	}
	read, err := study.Read(text) // as it will be read
	if err != nil {
		return err
	}
	s.Spec = *read
	identity, err := json.Marshal(s.Identity)
	if err != nil {
		return err
	}
	old, err := q.Study(ctx, s.Name)
	switch {
	case errors.As(err, new(unknown)):
		_, err := q.pool.ExecContext(ctx,
			q.bind(`INSERT INTO gradreg_study (name, spec, identity, state, priority, created)
			VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING`),
			s.Name, string(text), string(identity), Active, priority, q.now().UTC().Format(time.RFC3339Nano))
		if err != nil {
			return q.hide(err)
		}
		if old, err = q.Study(ctx, s.Name); err != nil { // another process may have been first
			return err
		}
	case err != nil:
		return err
	}
	if err := differs(old.Study, s); err != nil {
		return fault.Inputf(
			"study %s is there already, and %w; give the new one another name, or another folder",
			s.Name, err,
		)
	}
	s.Identity.Digests = joined(old.Identity.Digests, s.Identity.Digests)
	if identity, err = json.Marshal(s.Identity); err != nil {
		return err
	}
	_, err = q.pool.ExecContext(ctx, q.bind(
		`UPDATE gradreg_study SET spec = ?, identity = ?, state = ?, priority = ? WHERE name = ?`,
	),
		string(text), string(identity), Active, priority, s.Name)
	if err != nil {
		return q.hide(err)
	}
	return q.hide(q.settle(ctx, &s))
}

// differs returns how two studies differ in what determines their runs.
func differs(old, s study.Study) error {
	if err := s.Agrees(&old.Spec); err != nil {
		return err
	}
	if old.Identity.Numbers != s.Identity.Numbers {
		return errors.New(
			"it was created by a gradreg with another numerics version: results would not be bit-identical",
		)
	}
	if a, b := cmp.Or(old.Identity.Search, tune.Unrecorded), s.Identity.Search; b > 0 && a != b && old.Searches() {
		return fmt.Errorf(
			"it was created by a gradreg with version %d of the search for λ, this is %d: "+
				"other λ would be found",
			a, b,
		)
	}
	if old.Identity.CPU != s.Identity.CPU {
		return fmt.Errorf(
			"it was begun with the kernels %s, which GRADREG_CPU=%s selects; this is %s",
			old.Identity.CPU, old.Identity.CPU, s.Identity.CPU,
		)
	}
	return old.Identity.CheckDigests(s.Identity.Digests)
}

// joined returns what two maps hold.
func joined(a, b map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, a)
	maps.Copy(out, b)
	return out
}

// unknown is the error of a study that is not there.
type unknown struct{ error }

// Study returns a study by its name. It reads no other.
func (q *Queue) Study(ctx context.Context, name string) (Entry, error) {
	if err := fault.NoContext(ctx); err != nil {
		return Entry{}, err
	}
	found, err := q.stored(ctx, "WHERE name = ?", name)
	if err != nil {
		return Entry{}, err
	}
	if len(found) == 1 {
		return found[0].Entry, found[0].err
	}
	all, err := q.headers(ctx)
	if err != nil {
		return Entry{}, err
	}
	var names []string
	for _, h := range all {
		names = append(names, h.name)
	}
	if len(names) == 0 {
		return Entry{}, fault.Input(unknown{fmt.Errorf("unknown study %q: there are none yet", name)})
	}
	return Entry{}, fault.Input(unknown{spec.Unknown("study", name, names)})
}

// header is what the database says of a study beside what it is.
type header struct{ name, state string }

// headers returns those of all studies, in the order in which workers take them up.
func (q *Queue) headers(ctx context.Context) ([]header, error) {
	rows, err := q.pool.QueryContext(ctx, "SELECT name, state FROM gradreg_study "+inTurn)
	if err != nil {
		return nil, q.hide(err)
	}
	defer rows.Close()
	var list []header
	for rows.Next() {
		var h header
		if err := rows.Scan(&h.name, &h.state); err != nil {
			return nil, q.hide(err)
		}
		list = append(list, h)
	}
	return list, q.hide(rows.Err())
}

// inTurn is the order in which workers take studies up.
const inTurn = "ORDER BY priority, created, name"

// Studies returns all studies, in the order in which workers take them up, but those that cannot be
// read: another version of the program may have refused less. [Queue.Study] says what is wrong with
// one.
func (q *Queue) Studies(ctx context.Context) ([]Entry, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	all, err := q.stored(ctx, "")
	var list []Entry
	for _, e := range all {
		if e.err == nil {
			list = append(list, e.Entry)
		}
	}
	return list, err
}

// Unreadable returns what is wrong with each study that Studies leaves out.
func (q *Queue) Unreadable(ctx context.Context) ([]error, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	all, err := q.stored(ctx, "")
	var list []error
	for _, e := range all {
		if e.err != nil {
			list = append(list, e.err)
		}
	}
	return list, err
}

// Damaged reports whether an error is that of a result in the database that cannot be read, which
// concerns no study but those that need it.
func Damaged(err error) bool { return errors.As(err, new(damaged)) }

// quotedUnless returns a name as it is if it can be that of a study, else in quotes.
func quotedUnless(name string) string {
	if study.CheckName(name) == nil {
		return name
	}
	return fmt.Sprintf("%.80q", name)
}

// stored is a study of the database that may be unreadable.
type stored struct {
	Entry
	err error
}

// stored reads the studies that a condition selects, all if it is empty.
func (q *Queue) stored(ctx context.Context, where string, args ...any) ([]stored, error) {
	query := "SELECT name, spec, identity, state, priority, created FROM gradreg_study " + where + " " + inTurn
	rows, err := q.pool.QueryContext(ctx, q.bind(query), args...)
	if err != nil {
		return nil, q.hide(err)
	}
	defer rows.Close()
	var list []stored
	for rows.Next() {
		var e stored
		var name, text, identity, created string
		if err := rows.Scan(&name, &text, &identity, &e.State, &e.Priority, &created); err != nil {
			return nil, q.hide(err)
		}
		s, err := study.Read([]byte(text))
		if err == nil {
			e.Spec = *s
			err = json.Unmarshal([]byte(identity), &e.Identity)
		}
		if err == nil && e.Spec.Name != name { // which names the folder of its report
			err = fmt.Errorf("its name is %q", e.Spec.Name)
		}
		if err == nil {
			e.Created, err = time.Parse(time.RFC3339Nano, created)
		}
		if err != nil {
			e.err = fault.Inputf("study %s in the database: %w", quotedUnless(name), err)
		}
		e.Name = name
		list = append(list, e)
	}
	return list, q.hide(rows.Err())
}

// Results returns the results with the given keys that are there. known is what the caller has
// already; it is extended.
func (q *Queue) Results(ctx context.Context, keys []string, known study.Results) error {
	if err := fault.NoContext(ctx); err != nil {
		return err
	}
	var missing []string
	for _, k := range keys {
		if _, ok := known[k]; !ok {
			missing = append(missing, k)
		}
	}
	for part := range slices.Chunk(missing, 500) {
		if err := q.results(ctx, part, known); err != nil {
			return q.hide(err)
		}
	}
	return nil
}

func (q *Queue) results(ctx context.Context, keys []string, known study.Results) error {
	query, list := "SELECT key, result FROM gradreg_result WHERE key IN (", []any{}
	for i, k := range keys {
		if i > 0 {
			query += ", "
		}
		query, list = query+"?", append(list, k)
	}
	rows, err := q.pool.QueryContext(ctx, q.bind(query+")"), list...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key, text string
		if err := rows.Scan(&key, &text); err != nil {
			return err
		}
		var r study.Result
		err := json.Unmarshal([]byte(text), &r)
		if err == nil {
			err = r.Validate()
		}
		if err == nil && r.Key != key {
			err = fmt.Errorf("it is of run %q", r.Key)
		}
		if err != nil {
			return damaged{
				fmt.Errorf(
					"result %s in the database is damaged (%w); to have its run done again, DELETE "+
						"FROM gradreg_result WHERE key = '%s', and run the study again",
					key, err, key,
				),
			}
		}
		known[key] = r
	}
	return rows.Err()
}

// damaged is the error of a result that cannot be read, which another look does not change.
type damaged struct{ error }

func (d damaged) Unwrap() error { return d.error }

// Progress returns where a study stands. results are those known already; they are extended until
// nothing new follows.
func (q *Queue) Progress(ctx context.Context, s *study.Study, results study.Results) (study.Progress, error) {
	if err := fault.NoContext(ctx); err != nil {
		return study.Progress{}, err
	}
	for {
		p, err := s.Progress(results)
		if err != nil {
			return p, err
		}
		before := len(results)
		var keys []string
		for _, r := range p.Runs() {
			keys = append(keys, r.Key)
		}
		if err := q.Results(ctx, keys, results); err != nil || len(results) == before {
			return p, err
		}
	}
}

// has reports whether a result is there.
func (q *Queue) has(ctx context.Context, key string) (bool, error) {
	var one int
	err := q.pool.QueryRowContext(ctx, q.bind("SELECT 1 FROM gradreg_result WHERE key = ?"), key).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
