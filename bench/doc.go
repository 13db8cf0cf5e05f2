// Package bench measures training steps beside those of other frameworks.
//
// A [Workload] is a training step: a network, a batch, a method. [Compare] runs it in this engine
// and in peers, which are Python processes that speak a line of JSON each way (bench/peers), in
// turn, round by round, in one go. All start from the same weights and inputs, and their loss,
// penalty and all updated weights are compared before anything is timed.
//
// A peer runs in several variants ([Variant]); the fastest one of a [Cell] is its opponent. A
// [Measurement] makes the tables that documents quote.
//
// # A further workload, method or peer
//
// A workload is a row of [Workloads], with its network in workload.go and in peers/nets.py, whose
// names of weights agree. A further framework is a file of peers beside torch_peer.py that answers
// the lines of serve.py, and entries of variants in peer.go. Before a peer is timed its loss,
// penalty and all updated weights are compared with ours. TestWorkloads holds the rows,
// TestPeersAgree the peers.
package bench
