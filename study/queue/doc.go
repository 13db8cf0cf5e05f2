// Package queue runs studies: every run is a job of River (riverqueue/river), on a SQLite file in a
// folder or on a PostgreSQL server that any number of workers share.
//
//	gradreg_study       name, specification, identity, state
//	river_job           a job for each run that is known to be needed; its queue is the study
//	gradreg_result      key of a run, its result
//	gradreg_checkpoint  key of a run, state to resume from, where workers share no disk
//
// # Who decides
//
// No process is special. Each worker looks at the study and the results, and inserts the jobs that
// study.Progress says are needed; a job is unique by the key of its run, so that it does not matter
// how many do so. A result and the end of its job are one transaction. A job whose result is there
// already, from another study, ends at once.
//
// # Who is alive
//
// A worker renews attempted_at of its running jobs. One that has not been renewed for the lease is
// given to another, which resumes from the last checkpoint. If the first worker lives on, both
// compute the same bits, and the second result is not written.
//
// # A further database
//
// [Open] chooses the database by the form of its address. A further one needs a driver of River
// over database/sql and its forms of the schema and of placeholders in open.go; river.go alone
// calls River's driver. The tests run on every database
// that everywhere in queue_test.go lists; .ci/postgres starts a PostgreSQL server for them.
package queue
