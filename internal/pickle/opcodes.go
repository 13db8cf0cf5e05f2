package pickle

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// opStop ends a pickle.
const opStop = '.'

// opcodes are those that PyTorch writes into state dicts with the protocols 1 to 5.
var opcodes = map[byte]func(*machine) error{
	0x80: (*machine).protocol,
	0x95: func(m *machine) error { _, err := m.number(8); return err }, // FRAME: a length
	'(':  func(m *machine) error { m.marks = append(m.marks, len(m.stack)); return nil },

	'N':  func(m *machine) error { return m.push(nil) },
	0x88: func(m *machine) error { return m.push(true) },
	0x89: func(m *machine) error { return m.push(false) },
	'J':  func(m *machine) error { return m.integer(4) },
	'K':  func(m *machine) error { return m.integer(1) },
	'M':  func(m *machine) error { return m.integer(2) },
	'I':  (*machine).intLine,
	'L':  (*machine).longLine,
	0x8a: (*machine).long,
	'G':  (*machine).float,
	'X':  func(m *machine) error { return m.text(4) },
	0x8c: func(m *machine) error { return m.text(1) },
	'U':  func(m *machine) error { return m.text(1) },

	')':  func(m *machine) error { return m.push(Tuple{}) },
	']':  func(m *machine) error { return m.push(&List{}) },
	'}':  func(m *machine) error { return m.push(&Dict{}) },
	0x8f: func(m *machine) error { return m.push(&List{}) }, // EMPTY_SET
	't':  withMark((*machine).tupleOf),
	0x85: func(m *machine) error { return m.tuple(1) },
	0x86: func(m *machine) error { return m.tuple(2) },
	0x87: func(m *machine) error { return m.tuple(3) },
	'a':  withTop(1, (*machine).extend),
	'e':  withMark((*machine).extend),
	's':  withTop(2, (*machine).set),
	'u':  withMark((*machine).set),

	'q':  withNumber(1, (*machine).put),
	'r':  withNumber(4, (*machine).put),
	0x94: func(m *machine) error { return m.put(uint64(len(m.memo))) }, // MEMOIZE
	'h':  withNumber(1, (*machine).get),
	'j':  withNumber(4, (*machine).get),

	'c':  (*machine).globalLines,
	0x93: (*machine).globalStack,
	'R':  (*machine).call,
	0x81: (*machine).call, // NEWOBJ
	'b':  (*machine).build,
	'Q':  (*machine).persistent,
}

// name writes an opcode.
func name(op byte) string {
	if op > ' ' && op < 0x7f {
		return fmt.Sprintf("%q", op)
	}
	return fmt.Sprintf("%#02x", op)
}

// withNumber makes a step of one that takes a number of n bytes.
func withNumber(n int, step func(*machine, uint64) error) func(*machine) error {
	return func(m *machine) error {
		v, err := m.number(n)
		if err != nil {
			return err
		}
		return step(m, v)
	}
}

// withMark makes a step of one that takes the objects above the last mark.
func withMark(step func(*machine, []any) error) func(*machine) error {
	return func(m *machine) error {
		objects, err := m.popMark()
		if err != nil {
			return err
		}
		return step(m, objects)
	}
}

// withTop makes a step of one that takes the uppermost n objects.
func withTop(n int, step func(*machine, []any) error) func(*machine) error {
	return func(m *machine) error {
		objects, err := m.pop(n)
		if err != nil {
			return err
		}
		return step(m, objects)
	}
}

// newestProtocol is the highest version of the format that is known.
const newestProtocol = 5

func (m *machine) protocol() error {
	version, err := m.byte()
	if err == nil && version > newestProtocol {
		return fmt.Errorf("pickle protocol %d, expected at most %d", version, newestProtocol)
	}
	return err
}

func (m *machine) tupleOf(objects []any) error {
	return m.push(append(make(Tuple, 0, len(objects)), objects...))
}

// integer pushes one of n bytes; one of 4 bytes has a sign.
func (m *machine) integer(n int) error {
	v, err := m.number(n)
	if err != nil {
		return err
	}
	if n == 4 {
		return m.push(int64(int32(v)))
	}
	return m.push(int64(v))
}

// intLine pushes an integer written in digits; 00 and 01 are false and true.
func (m *machine) intLine() error {
	text, err := m.line()
	if err != nil {
		return err
	}
	if text == "00" || text == "01" {
		return m.push(text == "01")
	}
	return m.digits(text)
}

// longLine pushes an integer of any size written in digits with an L behind.
func (m *machine) longLine() error {
	text, err := m.line()
	if err != nil {
		return err
	}
	return m.digits(strings.TrimSuffix(text, "L"))
}

func (m *machine) digits(text string) error {
	if v, err := strconv.ParseInt(text, 10, 64); err == nil {
		return m.push(v)
	}
	v, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return fmt.Errorf("the pickle has the number %.40q", text)
	}
	return m.push(v)
}

// long pushes an integer of up to 255 bytes in two's complement, the lowest first.
func (m *machine) long() error {
	n, err := m.byte()
	if err != nil {
		return err
	}
	b, err := m.bytes(int64(n))
	if err != nil {
		return err
	}
	v := new(big.Int)
	for i := len(b) - 1; i >= 0; i-- {
		v.Or(v.Lsh(v, 8), big.NewInt(int64(b[i])))
	}
	if n > 0 && b[n-1] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), 8*uint(n)))
	}
	if v.IsInt64() {
		return m.push(v.Int64())
	}
	return m.push(v)
}

// float pushes a number of eight bytes, the highest first.
func (m *machine) float() error {
	b, err := m.bytes(8)
	if err != nil {
		return err
	}
	return m.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
}

// globalLines takes a name from two lines.
func (m *machine) globalLines() error {
	module, err := m.line()
	if err != nil {
		return err
	}
	name, err := m.line()
	if err != nil {
		return err
	}
	return m.global(module, name)
}

// globalStack takes a name from the stack.
func (m *machine) globalStack() error {
	objects, err := m.pop(2)
	if err != nil {
		return err
	}
	module, ok := objects[0].(string)
	name, also := objects[1].(string)
	if !ok || !also {
		return fmt.Errorf("the pickle names something by %s and %s, expected str", Kind(objects[0]),
			Kind(objects[1]))
	}
	return m.global(module, name)
}
