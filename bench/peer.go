package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// Peer is another framework in a process of its own.
type Peer struct {
	Name, Version string
	command       *exec.Cmd
	in            io.WriteCloser
	out           *bufio.Reader
}

// peerCommands are the peers by name: a script of bench/peers and its arguments before the number of threads.
var peerCommands = []struct {
	name    string
	command []string
}{
	{"torch-eager", []string{"torch_peer.py", "eager"}},
	{"torch-compile", []string{"torch_peer.py", "compile"}},
	{"jax", []string{"jax_peer.py"}},
}

// PeerNames lists the peers.
func PeerNames() []string {
	var names []string
	for _, c := range peerCommands {
		names = append(names, c.name)
	}
	return names
}

// StartPeers starts the named peers, all if there are no names, with the Python interpreter of an environment that
// bench/peers/make-env.sh made. With one thread each is bound to one processor.
func StartPeers(environment, scripts string, names []string, threads int) ([]*Peer, error) {
	var peers []*Peer
	for _, c := range peerCommands {
		if len(names) > 0 && !slices.Contains(names, c.name) {
			continue
		}
		p, err := startPeer(environment, scripts, c.command, threads)
		if err != nil {
			ClosePeers(peers)
			return nil, err
		}
		peers = append(peers, p)
	}
	return peers, nil
}

// ClosePeers ends the processes.
func ClosePeers(peers []*Peer) {
	for _, p := range peers {
		p.in.Close()
		p.command.Wait()
	}
}

func startPeer(environment, scripts string, command []string, threads int) (*Peer, error) {
	args := append([]string{filepath.Join(scripts, command[0])}, command[1:]...)
	args = append(args, strconv.Itoa(threads))
	name := filepath.Join(environment, "bin", "python")
	if threads == 1 {
		args = append([]string{"-c", "0", name}, args...)
		name = "taskset"
	}
	p := &Peer{command: exec.Command(name, args...)}
	p.command.Env = append(os.Environ(), "OMP_NUM_THREADS="+strconv.Itoa(threads), "MKL_NUM_THREADS="+strconv.Itoa(threads))
	in, err := p.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.in, p.out = in, bufio.NewReader(out)
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("peer %v: %w", command, err)
	}
	var hello struct{ Peer, Version string }
	if err := p.receive(&hello); err != nil {
		return nil, fmt.Errorf("peer %v: %w", command, err)
	}
	p.Name, p.Version = hello.Peer, hello.Version
	return p, nil
}

func (p *Peer) receive(answer any) error {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, answer)
}

// ask sends a request and reads the answer.
func (p *Peer) ask(request, answer any) error {
	line, err := json.Marshal(request)
	if err != nil {
		return err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return err
	}
	return p.receive(answer)
}

// outcome is what the first step of a workload gives.
type outcome struct {
	Loss    float64   `json:"loss"`
	Penalty float64   `json:"penalty"`
	Weights []float64 `json:"weights"`
	Error   string    `json:"error"`
}

// prepare loads a workload and takes its first step.
func (p *Peer) prepare(file, method string) (outcome, error) {
	var o outcome
	if err := p.ask(map[string]any{"file": file, "method": method}, &o); err != nil {
		return o, err
	}
	if o.Error != "" {
		return o, fmt.Errorf("%s", o.Error)
	}
	return o, nil
}

// run takes steps and returns the seconds they took and the peak memory of the process so far.
func (p *Peer) run(steps int) (seconds float64, peak int64, err error) {
	var a struct {
		Seconds   float64 `json:"seconds"`
		PeakBytes int64   `json:"peak_bytes"`
		Error     string  `json:"error"`
	}
	if err := p.ask(map[string]any{"steps": steps}, &a); err != nil {
		return 0, 0, err
	}
	if a.Error != "" {
		return 0, 0, fmt.Errorf("%s", a.Error)
	}
	return a.Seconds, a.PeakBytes, nil
}
