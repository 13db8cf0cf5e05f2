// Package runfolder keeps a run on disk, so that a process that is killed at any moment leaves a
// folder from which another one goes on to the same bits. It knows neither images nor classes nor
// how many networks a run has.
//
// A folder has four kinds of files, which a [Layout] names:
//
//	the configuration   written once, when the folder is taken
//	the journal         lines of JSON, appended to ([Journal])
//	the state           one file, replaced whole: every tensor by its name ([State])
//	results             written at the end, the one that says "finished" last
//
// # The order of writes
//
// Files appear whole or not at all: a temporary in the same folder, fsync, rename, fsync of the
// folder. A line of the journal is written and synced before the state that counts it, and a run
// that goes on cuts the journal to the lines that its state counts. The next steps write the lines
// that were cut off again. One process at a time has a folder ([Folder.Close] gives its lock back);
// what killed ones left half-written is removed by the next one.
//
// # A further kind of run
//
// A package that trains something else has a Layout of its own, puts its networks, optimizers and
// random state into a State, and uses [Claim], [Open], [OpenJournal], [WriteState], [ReadConfig] and
// [ReadResult] as packages classify and gan do. The tests that kill a run and fill its disk are in
// those packages; a further kind of run needs them, too.
package runfolder
