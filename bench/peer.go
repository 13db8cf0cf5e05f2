package bench

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gradreg/gradreg/internal/tensorfile"
)

// Peer is another framework in a process of its own.
type Peer struct {
	Variant
	Version string
	command *exec.Cmd
	cache   compilerCache
	in      io.WriteCloser
	out     *bufio.Reader
}

// Variant is a way to run a framework: the fastest one of a cell is the opponent there.
type Variant struct {
	Engine  string // torch-eager, torch-compile, jax or onnxruntime
	Format  string // of images and weights in memory: nchw, or the framework's other one
	Setting string // of the process: default, or tuned, see settings
	script  []string
}

// engineORT is onnxruntime, which runs networks and trains none.
const engineORT = "onnxruntime"

// The settings of a peer's process.
const (
	settingDefault = "default"
	settingTuned   = "tuned"
)

// String names the variant on one line.
func (v Variant) String() string {
	if v.Setting == settingDefault {
		return v.Engine + " " + v.Format
	}
	return v.Engine + " " + v.Format + " " + v.Setting
}

// variants lists what is run. torch.compile, which takes long to compile, has one setting.
func variants() []Variant {
	var list []Variant
	add := func(engine, format, setting string, script ...string) {
		list = append(list, Variant{engine, format, setting, append(script, format)})
	}
	for _, format := range []string{"nchw", "channels_last"} {
		for _, setting := range []string{settingDefault, settingTuned} {
			add("torch-eager", format, setting, "torch_peer.py", "eager")
		}
		add("torch-compile", format, settingTuned, "torch_peer.py", "compile")
	}
	for _, format := range []string{"nchw", "nhwc"} {
		for _, setting := range []string{settingDefault, settingTuned} {
			add("jax", format, setting, "jax_peer.py")
		}
	}
	add(engineORT, "nchw", settingDefault, "ort_peer.py")
	return list
}

// PeerNames lists the frameworks.
func PeerNames() []string {
	var names []string
	for _, v := range variants() {
		if !slices.Contains(names, v.Engine) {
			names = append(names, v.Engine)
		}
	}
	return names
}

// StartPeers starts every variant of the named frameworks, of all if there are no names, with the
// Python interpreter of an environment that bench/peers/make-env.sh made. With one thread each is
// bound to one processor.
func StartPeers(environment, scripts string, names []string, threads int) ([]*Peer, error) {
	var peers []*Peer
	for _, v := range variants() {
		if len(names) > 0 && !slices.Contains(names, v.Engine) {
			continue
		}
		p, err := startPeer(environment, scripts, v, threads)
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
		p.cache.close(p.command.Wait() == nil)
	}
}

func startPeer(environment, scripts string, v Variant, threads int) (started *Peer, err error) {
	args := append([]string{filepath.Join(scripts, v.script[0])}, v.script[1:]...)
	if v.Engine != "jax" {
		args = append(args, strconv.Itoa(threads))
	}
	name := filepath.Join(environment, "bin", "python")
	if threads == 1 {
		args = append([]string{"-c", "0", name}, args...)
		name = "taskset"
	}
	cache, err := openCompilerCache(environment, fmt.Sprintf("%v-%d", v, threads))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			cache.close(false)
		}
	}()
	p := &Peer{Variant: v, command: exec.Command(name, args...), cache: cache}
	p.command.Env = append(peerEnvironment(os.Environ(), v.Setting, threads), "TORCHINDUCTOR_CACHE_DIR="+cache.folder)
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
		return nil, fmt.Errorf("peer %v: %w", v, err)
	}
	var hello struct{ Version string }
	if err := p.receive(&hello); err != nil {
		return nil, fmt.Errorf("peer %v: %w", v, err)
	}
	p.Version = hello.Version
	return p, nil
}

// foreignSettings are the beginnings of variables that change how a peer computes: a peer gets none
// of the caller's.
var foreignSettings = []string{
	"OPENBLAS_", "OMP_", "GOMP_", "KMP_", "MKL_", "ONEDNN_", "DNNL_", "XLA_", "TF_", "JAX_",
	"TORCH", "MALLOC_", "GLIBC_TUNABLES", "NPROC",
	"LD_PRELOAD",
}

// peerEnvironment returns the variables of a peer's process: the caller's without those that would
// change its speed, the number of threads, and those of its setting.
func peerEnvironment(environ []string, setting string, threads int) []string {
	env := slices.DeleteFunc(slices.Clone(environ), func(v string) bool {
		return slices.ContainsFunc(foreignSettings, func(prefix string) bool { return strings.HasPrefix(v, prefix) })
	})
	n := strconv.Itoa(threads)
	// NPROC is how XLA's client sizes its pool.
	env = append(env, "OMP_NUM_THREADS="+n, "MKL_NUM_THREADS="+n, "NPROC="+n, "TORCHINDUCTOR_COMPILE_THREADS=1")
	xla := ""
	if threads == 1 {
		xla = "--xla_cpu_multi_thread_eigen=false "
	}
	if setting == settingTuned {
		// Large arrays are kept instead of given back to the system after each operation, as with
		// the allocators that PyTorch's guide recommends; OpenMP's threads stay on their cores; XLA
		// uses oneDNN and whole vectors.
		env = append(
			env, "MALLOC_MMAP_MAX_=0", "MALLOC_TRIM_THRESHOLD_=68719476736",
			"MALLOC_TOP_PAD_=67108864", "OMP_PROC_BIND=close", "OMP_PLACES=cores",
		)
		xla += "--xla_cpu_use_onednn=true --xla_cpu_prefer_vector_width=512"
	}
	return append(env, "XLA_FLAGS="+xla)
}

func (p *Peer) receive(answer any) error {
	line, err := p.out.ReadBytes('\n')
	if err == io.EOF {
		return errors.New("the process has ended")
	}
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
	Error   string    `json:"error"`
	Weights []float64 `json:"-"` // after it, of all parameters in their order
	start   []float64 // ours: those before it
}

// prepare loads a workload and takes its first step. names are the parameters in their order.
func (p *Peer) prepare(file, method string, names []string) (outcome, error) {
	var o outcome
	after := file + ".after" // where the peer puts the weights
	if err := p.ask(map[string]any{"file": file, "method": method, "weights": after}, &o); err != nil {
		return o, err
	}
	if o.Error != "" {
		return o, fmt.Errorf("%s", o.Error)
	}
	f, err := tensorfile.ReadFile(after, func(tensorfile.Header) error { return nil })
	if err != nil {
		return o, err
	}
	for _, name := range names {
		o.Weights = append(o.Weights, widened(f.Tensors[name].F32)...)
	}
	return o, os.Remove(after)
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
