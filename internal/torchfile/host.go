package torchfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/pickle"
)

// storage is a row of elements that tensors are views of.
type storage struct {
	key   string
	dtype string
	bytes int   // of an element
	count int64 // of elements
	start int64 // of the first element in the file; known once all pickles are read
}

// view is a tensor.
type view struct {
	*storage
	offset         int64 // in elements
	shape, strides []int
}

// The names that a pickle may use, beside those of storages.
var (
	orderedDict      = pickle.Global{Module: "collections", Name: "OrderedDict"}
	rebuildTensor    = pickle.Global{Module: "torch._utils", Name: "_rebuild_tensor_v2"}
	rebuildTensorV1  = pickle.Global{Module: "torch._utils", Name: "_rebuild_tensor"} // of before 0.4
	rebuildParameter = pickle.Global{Module: "torch._utils", Name: "_rebuild_parameter"}
)

// elements are the types of elements by PyTorch's names of storages.
var elements = map[string]struct {
	dtype string
	bytes int
}{
	"DoubleStorage": {"F64", 8}, "FloatStorage": {"F32", 4}, "HalfStorage": {"F16", 2},
	"BFloat16Storage": {"BF16", 2}, "LongStorage": {"I64", 8}, "IntStorage": {"I32", 4},
	"ShortStorage": {"I16", 2}, "CharStorage": {"I8", 1}, "ByteStorage": {"U8", 1},
	"BoolStorage": {"BOOL", 1},
}

// host gives the names of PyTorch a meaning.
type host struct {
	size     int64 // of the file
	storages map[string]*storage
	calls    int // so far
	copied   int // items of the dicts that were made of lists so far
}

// A pickle may recall an object as often as it likes, and each call makes another one of it. What
// calls make is bounded in all: a checkpoint has some thousand tensors, and each of its dicts once.
const (
	mostCalls  = 1 << 15
	mostCopied = 1 << 17 // a pair has two opcodes at least, if it is not recalled
	// longestKey bounds the key of a storage, which PyTorch makes of a number.
	longestKey = 256
)

// Global allows what rebuilds tensors.
func (h *host) Global(g pickle.Global) error {
	if _, ok := elements[g.Name]; g.Module == "torch" && ok {
		return nil
	}
	switch g {
	case orderedDict, rebuildTensor, rebuildTensorV1, rebuildParameter:
		return nil
	}
	return fmt.Errorf(
		"the pickle uses %s, expected tensors and dicts alone; nothing of it was executed",
		foreign.Short(foreign.Line(g.String()), 200),
	)
}

// Call returns a dict, a *view, or the view that a parameter is.
func (h *host) Call(g pickle.Global, args pickle.Tuple) (any, error) {
	if h.calls++; h.calls > mostCalls {
		return nil, fmt.Errorf("the pickle makes more than %d tensors and dicts", mostCalls)
	}
	switch {
	case g == orderedDict && len(args) == 0:
		return &pickle.Dict{}, nil
	case g == orderedDict && len(args) == 1:
		return h.dictOf(args[0])
	case (g == rebuildTensor || g == rebuildTensorV1) && len(args) >= 4:
		return h.tensor(args)
	case g == rebuildParameter && len(args) >= 1:
		if v, ok := args[0].(*view); ok {
			return v, nil
		}
	}
	return nil, fmt.Errorf("the pickle calls %v with arguments that PyTorch does not write", g)
}

// dictOf makes a dict of a list of pairs.
func (h *host) dictOf(pairs any) (*pickle.Dict, error) {
	list, ok := pairs.(*pickle.List)
	if !ok {
		return nil, fmt.Errorf("a dict is made of %s, expected list", kind(pairs))
	}
	if h.copied += len(list.Items); h.copied > mostCopied {
		return nil, fmt.Errorf("the pickle makes dicts of more than %d items in all of lists", mostCopied)
	}
	d := &pickle.Dict{Items: make([]pickle.Item, 0, len(list.Items))}
	for _, p := range list.Items {
		var pair []any
		switch p := p.(type) {
		case *pickle.List:
			pair = p.Items
		case pickle.Tuple:
			pair = p
		}
		if len(pair) != 2 {
			return nil, errors.New("a dict is made of a list of something else than pairs")
		}
		d.Items = append(d.Items, pickle.Item{Key: pair[0], Value: pair[1]})
	}
	return d, nil
}

// Persistent returns a *storage: ("storage", type, key, device, count of elements) and, in the
// legacy form, what part of another storage it is, which since PyTorch 0.4 is None.
func (h *host) Persistent(id any) (any, error) {
	t, ok := id.(pickle.Tuple)
	if !ok || len(t) < 5 || t[0] != any("storage") {
		return nil, fmt.Errorf("the pickle refers to %s outside of it, expected a storage", kind(id))
	}
	g, isGlobal := t[1].(pickle.Global)
	key, isString := t[2].(string)
	count, isInt := t[4].(int64)
	element, known := elements[g.Name]
	if !isGlobal || !isString || !isInt || !known || g.Module != "torch" {
		return nil, fmt.Errorf(
			"a storage is given by %s, %s and %s, expected a type of elements, a key and a count",
			kind(t[1]), kind(t[2]), kind(t[4]),
		)
	}
	if len(key) > longestKey {
		return nil, fmt.Errorf("the key of a storage has %d bytes, expected at most %d", len(key), longestKey)
	}
	if len(t) > 5 && t[5] != nil {
		return nil, fmt.Errorf("storage %.40q is a part of another one, as only PyTorch before 0.4 writes", key)
	}
	if count < 0 || count > h.size/int64(element.bytes) {
		return nil, fmt.Errorf(
			"storage %.40q has %d elements of %d bytes, in a file of %d bytes", key, count,
			element.bytes, h.size,
		)
	}
	s := &storage{key: strings.Clone(key), dtype: element.dtype, bytes: element.bytes, count: count}
	if old, ok := h.storages[key]; ok {
		if old.dtype != s.dtype || old.count != count {
			return nil, fmt.Errorf(
				"storage %.40q has %d elements of type %s here and %d of type %s there", key,
				old.count, old.dtype, count, s.dtype,
			)
		}
		return old, nil
	}
	h.storages[key] = s
	return s, nil
}
