package gan

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// childDir tells the test binary to train into a folder.
const childDir = "GRADREG_TEST_GAN"

// childProcess brings the run of a folder to its end.
func childProcess(dir string) int {
	if _, err := FolderSummary(dir); err == nil {
		return 0
	}
	c := onPoints()
	c.Steps = 300
	if _, err := Run(context.Background(), c, RunOptions{Dir: dir, Resume: HasRun(dir), Threads: 1}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// child starts a child.
func child(t *testing.T, dir string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd, errOut := exec.Command(os.Args[0]), &bytes.Buffer{}
	cmd.Env, cmd.Stderr = append(os.Environ(), childDir+"="+dir), errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, errOut
}

// TestKill kills training processes with SIGKILL at random moments and resumes the run until it is done:
// it comes to what an undisturbed one does. GRADREG_TEST_LONG=1, which .ci/run sets, kills 40 of them.
func TestKill(t *testing.T) {
	want := filepath.Join(t.TempDir(), "whole")
	began := time.Now()
	if cmd, errOut := child(t, want); cmd.Wait() != nil {
		t.Fatalf("%s", errOut)
	}
	took := time.Since(began)
	least := 2
	if os.Getenv("GRADREG_TEST_LONG") != "" {
		least = 40
	}
	kills := 0
	for run := 0; kills < least; run++ {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(run))
		for attempt := 0; ; attempt++ {
			cmd, errOut := child(t, dir)
			exited := make(chan error, 1)
			go func() { exited <- cmd.Wait() }()
			// Later attempts get more time, so that the run ends on any machine.
			patience := took/10 + time.Duration(rand.Int64N(int64(took/2))) + took/4*time.Duration(attempt)
			select {
			case err := <-exited:
				if err != nil {
					t.Fatalf("after %d kills: %v: %s", kills, err, errOut)
				}
				alike(t, fmt.Sprintf("run %d after %d kills", run, attempt), dir, want)
			case <-time.After(patience):
				cmd.Process.Kill()
				<-exited
				kills++
				continue
			}
			break
		}
		if t.Failed() || run > 20*least {
			break
		}
	}
	if kills < least {
		t.Errorf("%d processes were killed, expected %d", kills, least)
	}
}
