package queue_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/study"
	"github.com/gradreg/gradreg/study/queue"
)

// A study is added to a folder, or to a server, and worked on until it is done; any number of processes may do so at once.
func Example() {
	ctx := context.Background()
	s, err := study.Read([]byte(`
name: mine
title: A quick look
data: [mnist]
train_sizes: [100]
train: {model: "mlp:hidden=16", steps: 50, batch: 20}
methods:
  - name: none
  - name: datagrad
    regularizers: ["datagrad:5"]
baseline: none
seeds: 3
`))
	if err != nil {
		log.Fatal(err)
	}
	identity, err := study.Identify(ctx, s, classify.Options{})
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "studies")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	q, err := queue.Open(ctx, dir) // or postgres://user@host/database
	if err != nil {
		log.Fatal(err)
	}
	defer q.Close()
	mine := study.Study{Spec: *s, Identity: identity}
	if err := q.Add(ctx, mine, queue.DefaultPriority); err != nil {
		log.Fatal(err)
	}
	status, err := q.Work(ctx, "mine", queue.WorkOptions{Jobs: 2})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %d of %d runs\n", status.State, status.Complete, status.Total())

	results := study.Results{}
	if _, err := q.Progress(ctx, &mine, results); err != nil {
		log.Fatal(err)
	}
	report, err := study.NewReport(&mine, results)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range report.Blocks[0].Comparisons {
		fmt.Printf("%s: %d runs\n", c.Name, c.Summary.N)
	}
	// Output:
	// complete: 6 of 6 runs
	// none: 3 runs
	// datagrad: 3 runs
}
