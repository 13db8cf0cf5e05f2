package pickle

import (
	"errors"
	"fmt"
)

// MaxOpcodes bounds the steps of the machine. A state dict takes some 25 a tensor.
const MaxOpcodes = 1 << 19

// machine is the stack machine.
type machine struct {
	*Reader
	host  Host
	stack []any
	marks []int // heights of the stack
	memo  map[uint32]any
}

// Read reads one pickle.
func Read(r *Reader, host Host) (any, error) {
	r.begin()
	m := &machine{Reader: r, host: host, memo: map[uint32]any{}}
	for range MaxOpcodes {
		at := r.pos
		op, err := r.byte()
		if err != nil {
			return nil, err
		}
		if op == opStop {
			return m.result()
		}
		step, ok := opcodes[op]
		if !ok {
			return nil, fmt.Errorf("opcode %s at byte %d, which no state dict needs", name(op), at)
		}
		if err := step(m); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("the pickle has more than %d opcodes", MaxOpcodes)
}

// result is what the pickle stands for.
func (m *machine) result() (any, error) {
	if len(m.stack) != 1 || len(m.marks) != 0 {
		return nil, fmt.Errorf("the pickle ends with %d objects, expected 1", len(m.stack))
	}
	return m.stack[0], nil
}

// errUnderflow is the error of a pickle that takes more from the stack than is on it.
var errUnderflow = errors.New("the pickle takes an object where there is none")

func (m *machine) push(object any) error {
	m.stack = append(m.stack, object)
	return nil
}

// floor is the height of the stack that the last mark protects.
func (m *machine) floor() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

// pop takes n objects from the stack, the lowest first. They are valid until the next push.
func (m *machine) pop(n int) ([]any, error) {
	if len(m.stack)-n < m.floor() {
		return nil, errUnderflow
	}
	objects := m.stack[len(m.stack)-n:]
	m.stack = m.stack[:len(m.stack)-n]
	return objects, nil
}

// popMark takes all objects above the last mark, and the mark.
func (m *machine) popMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, errors.New("the pickle goes back to a mark where there is none")
	}
	objects, err := m.pop(len(m.stack) - m.floor())
	m.marks = m.marks[:len(m.marks)-1]
	return objects, err
}

// top returns the uppermost object, which stays.
func (m *machine) top() (any, error) {
	if len(m.stack) <= m.floor() {
		return nil, errUnderflow
	}
	return m.stack[len(m.stack)-1], nil
}

// put remembers the uppermost object under a number.
func (m *machine) put(index uint64) error {
	object, err := m.top()
	if err == nil {
		m.memo[uint32(index)] = object
	}
	return err
}

// get pushes what was remembered.
func (m *machine) get(index uint64) error {
	object, ok := m.memo[uint32(index)]
	if !ok {
		return fmt.Errorf("the pickle recalls object %d, which it has not remembered", index)
	}
	return m.push(object)
}

// text pushes a text whose length takes n bytes.
func (m *machine) text(n int) error {
	length, err := m.number(n)
	if err != nil {
		return err
	}
	b, err := m.bytes(int64(length))
	if err != nil {
		return err
	}
	return m.push(string(b))
}

// tuple makes a tuple of the uppermost n objects.
func (m *machine) tuple(n int) error {
	objects, err := m.pop(n)
	if err != nil {
		return err
	}
	return m.push(append(make(Tuple, 0, n), objects...))
}

// extend appends objects to the list on the stack.
func (m *machine) extend(objects []any) error {
	object, err := m.top()
	if err != nil {
		return err
	}
	list, ok := object.(*List)
	if !ok {
		return fmt.Errorf("the pickle appends to %s, expected list", Kind(object))
	}
	list.Items = append(list.Items, objects...)
	return nil
}

// set sets keys and values, in turns, of the dict on the stack.
func (m *machine) set(objects []any) error {
	object, err := m.top()
	if err != nil {
		return err
	}
	dict, ok := object.(*Dict)
	if !ok {
		return fmt.Errorf("the pickle sets an item of %s, expected dict", Kind(object))
	}
	if len(objects)%2 != 0 {
		return errors.New("the pickle sets a key without a value")
	}
	for i := 0; i < len(objects); i += 2 {
		dict.Items = append(dict.Items, Item{objects[i], objects[i+1]})
	}
	return nil
}

// global pushes a name that the host allows.
func (m *machine) global(module, name string) error {
	g := Global{module, name}
	if err := m.host.Global(g); err != nil {
		return err
	}
	return m.push(g)
}

// call replaces a name and its arguments by what the host makes of them.
func (m *machine) call() error {
	objects, err := m.pop(2)
	if err != nil {
		return err
	}
	g, ok := objects[0].(Global)
	args, isTuple := objects[1].(Tuple)
	if !ok || !isTuple {
		return fmt.Errorf("the pickle calls %s with %s, expected a name and a tuple",
			Kind(objects[0]), Kind(objects[1]))
	}
	object, err := m.host.Call(g, args)
	if err != nil {
		return err
	}
	return m.push(object)
}

// build drops the attributes of a dict, such as the versions of the layers that PyTorch adds to a
// state dict.
func (m *machine) build() error {
	if _, err := m.pop(1); err != nil {
		return err
	}
	object, err := m.top()
	if err != nil {
		return err
	}
	if _, ok := object.(*Dict); !ok {
		return fmt.Errorf("the pickle sets the state of %s, expected dict", Kind(object))
	}
	return nil
}

// persistent pushes what the host has for an object outside of the pickle.
func (m *machine) persistent() error {
	objects, err := m.pop(1)
	if err != nil {
		return err
	}
	object, err := m.host.Persistent(objects[0])
	if err != nil {
		return err
	}
	return m.push(object)
}
