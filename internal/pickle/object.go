package pickle

import "fmt"

// An object is nil, bool, int64, *[math/big.Int] (beyond int64), float64, string, Tuple, *List,
// *Dict, Global, or what a Host made. Byte strings of Python 2 are strings.

// Tuple is a Python tuple.
type Tuple []any

// List is a Python list; a set is one, too.
type List struct{ Items []any }

// Dict is a Python dict in the order of its keys. Keys may stand twice: the last one holds.
type Dict struct{ Items []Item }

// Item is an entry of a Dict.
type Item struct{ Key, Value any }

// Global is the name of a class or function. Nothing stands behind it.
type Global struct{ Module, Name string }

// String returns the name as Python writes it.
func (g Global) String() string { return g.Module + "." + g.Name }

// Host is whose names a pickle may use.
type Host interface {
	// Global returns an error for a name that is not allowed.
	Global(g Global) error
	// Call returns what a call of a class or function stands for.
	Call(g Global, args Tuple) (any, error)
	// Persistent returns what an object outside of the pickle stands for.
	Persistent(id any) (any, error)
}

// Kind names the kind of an object as Python does, for messages.
func Kind(object any) string {
	switch o := object.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case Tuple:
		return "tuple"
	case *List:
		return "list"
	case *Dict:
		return "dict"
	case Global:
		return o.String()
	case fmt.Stringer:
		return "int"
	}
	return "object"
}
