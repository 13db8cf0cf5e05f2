package kernel

import (
	"fmt"
	"os"
	"strings"
	"sync"
)

// Slack is how many floats a kernel may read past the end of an operand.
const Slack = 32

// Level is an instruction set that kernels exist for. The zero value is Generic.
type Level uint8

// The levels, each containing the ones before it.
const (
	Generic Level = iota // portable Go
	AVX2                 // AVX2, FMA3 and BMI2
	AVX512               // AVX-512 F, BW, DQ, VL
)

var levelNames = [...]string{Generic: "generic", AVX2: "avx2", AVX512: "avx512"}

// String returns the level's name as GRADREG_CPU spells it.
func (l Level) String() string { return levelNames[l] }

// ParseLevel returns the level of that name.
func ParseLevel(name string) (Level, error) {
	for l, s := range levelNames {
		if s == name {
			return Level(l), nil
		}
	}
	return Generic, fmt.Errorf("unknown CPU level %q, expected one of %s", name, strings.Join(levelNames[:], ", "))
}

// Supported lists the levels this machine and build can run, lowest first.
func Supported() []Level {
	var ls []Level
	for l := Generic; l <= detected; l++ {
		ls = append(ls, l)
	}
	return ls
}

// Active returns the level of this process: the highest supported one, or the one that the
// environment variable GRADREG_CPU names. An unknown name, or a level that the machine lacks, is an
// error. The answer is found once.
func Active() (Level, error) { return active() }

var active = sync.OnceValues(func() (Level, error) { return choose(os.Getenv("GRADREG_CPU"), detected) })

// choose applies the value of GRADREG_CPU to the highest level the machine has.
func choose(name string, highest Level) (Level, error) {
	if name == "" {
		return highest, nil
	}
	l, err := ParseLevel(name)
	if err != nil {
		return Generic, fmt.Errorf("GRADREG_CPU: %w", err)
	}
	if l > highest {
		return Generic, fmt.Errorf("GRADREG_CPU: level %s is not supported here, the highest is %s", l, highest)
	}
	return l, nil
}
