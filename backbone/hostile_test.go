package backbone_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/backbone"
	"github.com/gradreg/gradreg/internal/fault"
)

// script writes pickles by hand.
type script struct{ bytes.Buffer }

func (s *script) op(ops ...string) *script {
	for _, o := range ops {
		s.WriteString(o)
	}
	return s
}

// text pushes a text, number an integer, tuple one of integers.
func (s *script) text(v string) *script {
	s.WriteByte('X')
	binary.Write(s, binary.LittleEndian, uint32(len(v)))
	return s.op(v)
}

func (s *script) number(v int64) *script {
	s.WriteString("\x8a\x08")
	binary.Write(s, binary.LittleEndian, v)
	return s
}

func (s *script) tuple(values ...int64) *script {
	s.op("(")
	for _, v := range values {
		s.number(v)
	}
	return s.op("t")
}

// storage pushes a storage of float32.
func (s *script) storage(key string, count int64) *script {
	return s.op("(").text("storage").op("ctorch\nFloatStorage\n").text(key).text("cpu").number(count).op("tQ")
}

// tensor sets an item of the dict on the stack to a view of a storage.
func (s *script) tensor(name, key string, count, offset int64, shape, strides []int64) *script {
	s.text(name).op("ctorch._utils\n_rebuild_tensor_v2\n(").storage(key, count).number(offset)
	s.tuple(shape...).tuple(strides...).op("\x89Nt", "R", "s")
	return s
}

// dict begins a pickle with a dict on the stack.
func dict() *script { return new(script).op("\x80\x02}") }

// legacy returns a file of the legacy form with a pickle of objects, and what follows it.
func legacy(objects *script, rest ...[]byte) []byte {
	var b bytes.Buffer
	b.WriteString(magic)
	b.WriteString("\x80\x02M\xe9\x03.")
	b.Write(dict().text("little_endian").op("\x88s.").Bytes())
	b.Write(objects.Bytes())
	for _, r := range rest {
		b.Write(r)
	}
	return b.Bytes()
}

// magic is the pickle that a file of the legacy form begins with.
const magic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."

// nested makes of the object on the stack a tuple of it twice, and so on.
func nested(depth int) string {
	var b strings.Builder
	for i := range depth {
		fmt.Fprintf(&b, "\x94h%c\x86", rune(i))
	}
	return b.String()
}

// keys is the pickle of the list of storages.
func keys(keys ...string) []byte {
	s := new(script).op("\x80\x02](")
	for _, k := range keys {
		s.text(k)
	}
	return s.op("e.").Bytes()
}

// row is a storage of the legacy form.
func row(count int64, values ...float32) []byte {
	var b bytes.Buffer
	binary.Write(&b, binary.LittleEndian, count)
	binary.Write(&b, binary.LittleEndian, values)
	return b.Bytes()
}

// archive returns a zip file.
func archive(t testing.TB, method uint16, members ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i, data := range members {
		name := "x/data.pkl"
		if i > 0 {
			name = fmt.Sprintf("x/data/%d", i-1)
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err == nil {
			_, err = f.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// torchScript is an archive such as torch.jit.save writes: its code is compressed and stands first.
func torchScript(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, method := range map[string]uint16{"net/data.pkl": zip.Store, "net/code/net.py": zip.Deflate} {
		if _, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Create("net/constants.pkl"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// header returns a safetensors file.
func header(text string, data ...byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	return append(append(b, text...), data...)
}

// hostileFiles are files that must be refused, and what the error says.
func hostileFiles(t testing.TB) map[string]struct {
	data []byte
	want string
} {
	one := []int64{1}
	many := func(n int, f func(s *script, i int)) *script {
		s := dict()
		for i := range n {
			f(s, i)
		}
		return s.op(".")
	}
	good := legacy(dict().tensor("a", "0", 2, 0, []int64{2}, one).op("."), keys("0"), row(2, 1, 2))
	quarter := make([]float32, 1<<18)
	return map[string]struct {
		data []byte
		want string
	}{
		"empty":      {nil, "0 bytes, expected at least 8"},
		"text":       {[]byte("these are no weights, but a text"), `it begins with "these are no wei", expected safetensors or`},
		"page":       {[]byte("<!DOCTYPE html>\n<html>"), `it begins with "<!DOCTYPE html>\n", expected`},
		"gzip":       {[]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03 and more"), "it begins with the bytes 1f 8b 08 00, expected"},
		"pointer":    {[]byte("version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 46830571\n"), "a pointer of Git LFS"},
		"short-cut":  {good[:40], "the pickle ends at byte 40"},
		"no-storage": {good[:len(good)-12], "the file ends at byte"},
		"cut":        {good[:len(good)-1], `storage "0" ends at byte`},
		"many-elements": {
			legacy(dict().tensor("a", "0", 1<<40, 0, []int64{1 << 20, 1 << 20}, []int64{1 << 20, 1}).op("."), keys("0"), row(1<<40)),
			`storage "0" has 1099511627776 elements of 4 bytes, in a file of`,
		},
		"negative":  {legacy(dict().tensor("a", "0", -1, 0, one, one).op(".")), "has -1 elements"},
		"long-view": {legacy(dict().tensor("a", "0", 4, 0, []int64{1 << 62}, []int64{4}).op("."), keys("0"), row(4, 1, 2, 3, 4)), "is not inside of storage"},
		"outside":   {legacy(dict().tensor("a", "0", 4, 3, []int64{2}, one).op("."), keys("0"), row(4, 1, 2, 3, 4)), "is not inside of storage"},
		"stride-0":  {legacy(dict().tensor("a", "0", 4, 0, []int64{1 << 40}, []int64{0}).op("."), keys("0"), row(4, 1, 2, 3, 4)), "its elements overlap"},
		"overlap":   {legacy(dict().tensor("a", "0", 4, 0, []int64{2, 2}, []int64{1, 1}).op("."), keys("0"), row(4, 1, 2, 3, 4)), "its elements overlap"},
		"system": {
			legacy(new(script).op("\x80\x02cos\nsystem\n").text("touch /tmp/owned").op("\x85R.")),
			"the pickle uses os.system, expected tensors and dicts alone; nothing of it was executed",
		},
		"system-4": {
			archive(t, zip.Store, new(script).op("\x80\x04").text("builtins").text("eval").op("\x93").Bytes()),
			"the pickle uses builtins.eval",
		},
		"reduce-list":  {legacy(dict().op("]R.")), "the pickle calls dict with list"},
		"instance":     {legacy(new(script).op("(cos\nsystem\no.")), "the pickle uses os.system"},
		"inst-opcode":  {legacy(new(script).op("(ios\nsystem\n.")), `opcode 'i' at byte`},
		"underflow":    {legacy(new(script).op("\x80\x02\x87.")), "takes an object where there is none"},
		"mark":         {legacy(new(script).op("\x80\x02t.")), "a mark where there is none"},
		"unremembered": {legacy(new(script).op("\x80\x02h\x07.")), "recalls object 7"},
		"long-text":    {legacy(new(script).op("\x80\x02X\xff\xff\xff\xff.")), "the pickle ends at byte"},
		"opcodes":      {legacy(new(script).op(strings.Repeat("}0", 4))), `opcode '0' at byte`},
		"no-dict":      {legacy(new(script).number(7).op("."), keys()), "it holds int, expected a dict of tensors"},
		"no-tensor":    {legacy(dict().text("a").number(7).op("s."), keys()), `"a" is int, expected a tensor`},
		"no-tensors":   {legacy(dict().op("."), keys()), "it has no tensors"},
		"memo-bomb": {
			legacy(new(script).op("\x80\x02}", strings.Repeat("\x94\x86h\x00h\x00", 1<<15), ".")), "",
		},
		// Objects that are recalled: each call makes another dict of the list, another tensor, another key.
		"dict-bomb": {
			legacy(new(script).op("\x80\x02ccollections\nOrderedDict\nq\x00K\x01K\x02\x86q\x01]q\x02(",
				strings.Repeat("h\x01", 20000), "e", strings.Repeat("h\x00h\x02\x85R", 100), ".")),
			"makes dicts of more than 131072 items in all",
		},
		"key-bomb": {
			legacy(new(script).op("\x80\x02(").text("storage").op("ctorch\nFloatStorage\n").
				text(strings.Repeat("k", 4<<20)).text("cpu").number(1).op("tq\x00Q", strings.Repeat("h\x00Q", 30), ".")),
			"the key of a storage has 4194304 bytes",
		},
		"tensor-bomb": {
			legacy(dict().op("(").text("a").op("ctorch._utils\n_rebuild_tensor_v2\nq\x00(").storage("0", 1).op("K\x00(",
				strings.Repeat("K\x01", 16), "tq\x01h\x01\x89Ntq\x02R",
				strings.Repeat("K\x01h\x00h\x02R", 100000), "u.")),
			"makes more than 32768 tensors and dicts",
		},
		// Tuples of a tuple twice, 24 deep: 16 million when written out.
		"version-bomb": {
			[]byte(magic + "\x80\x04)" + nested(24) + "."), "the version is tuple, expected 1001",
		},
		"lists-in-lists": {legacy(new(script).op("\x80\x02](", strings.Repeat("h\x00", 10), "e.")), "recalls object 0"},
		"many-objects":   {legacy(new(script).op("\x80\x02", strings.Repeat("}", 1<<20), ".")), "more than 524288 opcodes"},
		"many-marks":     {legacy(new(script).op("\x80\x02", strings.Repeat("(", 1<<20), ".")), "more than 524288 opcodes"},
		"many-names":     {legacy(new(script).op("\x80\x04}", strings.Repeat("\x94", 1<<20), ".")), "more than 524288 opcodes"},
		"overlapping-storages": {
			legacy(many(64, func(s *script, i int) {
				s.tensor(fmt.Sprint(i), "0", 1<<18, int64(i), []int64{1<<18 - 64}, one)
			}), keys("0"), row(1<<18, quarter...)),
			"they lie over each other",
		},
		"long-way": {
			legacy(many(64, func(s *script, i int) {
				s.tensor(fmt.Sprint(i), "0", 1<<18, int64(i), []int64{2}, []int64{1<<18 - 65})
			}), keys("0"), row(1<<18, quarter...)),
			"they lie over each other",
		},
		"two-types": {
			legacy(dict().tensor("a", "0", 2, 0, one, one).tensor("b", "0", 1, 0, one, one).op("."), keys("0"), row(2, 1, 2)),
			"elements of type F32 here and 1 of type F32 there",
		},
		"unlisted":   {legacy(dict().tensor("a", "0", 2, 0, one, one).op("."), keys()), `storage "0" is not in the list`},
		"other-list": {legacy(dict().tensor("a", "0", 2, 0, one, one).op("."), keys("0", "0"), row(2, 1, 2)), "twice or too many"},
		"script":     {torchScript(t), "a TorchScript program, expected a state dict"},
		"compressed": {archive(t, zip.Deflate, dict().op(".").Bytes(), make([]byte, 1<<20)), "is compressed"},
		"no-member":  {archive(t, zip.Store, dict().tensor("a", "0", 2, 0, one, one).op(".").Bytes()), `storage "0" is not in the archive`},
		"other-size": {archive(t, zip.Store, dict().tensor("a", "0", 2, 0, one, one).op(".").Bytes(), make([]byte, 4)), `storage "0" takes 4 bytes, expected 8`},
		"no-archive": {[]byte("PK\x03\x04 and nothing else"), "an archive without the directory at its end: the file is cut off or damaged"},
		"no-pickle":  {archive(t, zip.Store), "an archive with 0 files data.pkl"},
		"directory":  {archive(t, zip.Store, append([][]byte{nil}, make([][]byte, 1<<17)...)...), "the directory of the archive is longer"},
		"shape":      {header(`{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4]}}`, 0, 0, 0, 0), `tensor "a" has shape [1099511627776]`},
		"shapes":     {header(`{"a":{"dtype":"F32","shape":[65536,65536,65536,65536],"data_offsets":[0,0]}}`), `more than the file's`},
		"hole":       {header(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 0, 0), `tensor "a" begins at byte`},
		"more":       {header(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 0, 0), "the tensors end at byte"},
		"twice":      {header(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 0), `name "a" stands twice`},
		"together":   {header(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 0), `tensor "b" begins at byte`},
		"unsigned":   {header(`{"a":{"dtype":"U64","shape":[1],"data_offsets":[0,8]}}`, make([]byte, 8)...), `elements of type U64, expected BF16, BOOL`},
		"header":     {binary.LittleEndian.AppendUint64(nil, 1<<60), "a header of 1152921504606846976 bytes"},
	}
}

// constant is what reading may take beside the size of the file.
const constant = 64 << 20

// TestHostile reads files that lie. Each is refused in one line that names it, and none takes more
// memory than its size and a constant.
func TestHostile(t *testing.T) {
	dir := t.TempDir()
	for name, c := range hostileFiles(t) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.data, 0o644); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := backbone.Read(path)
		runtime.ReadMemStats(&after)
		if !fault.IsInput(err) || !strings.HasPrefix(err.Error(), path+": ") ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected a fault of the input with %q", name, err, c.want)
			continue
		}
		if text := err.Error(); strings.Contains(text, "\n") || len(text) > len(path)+500 {
			t.Errorf("%s: the error is no line: %.1000q", name, text)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > uint64(len(c.data))+constant {
			t.Errorf("%s: %d bytes were allocated for a file of %d", name, took, len(c.data))
		}
	}
	if _, err := os.Stat("/tmp/owned"); err == nil {
		t.Error("a pickle was executed")
	}
}

// TestMemory reads a file of 32 MB with tensors of one storage that is transposed: all that is
// allocated is what the tensors hold.
func TestMemory(t *testing.T) {
	const side = 2900
	values := make([]float32, side*side)
	for i := range values {
		values[i] = float32(i)
	}
	data := legacy(
		dict().tensor("a", "0", side*side, 0, []int64{side, side}, []int64{1, side}).op("."), keys("0"),
		row(side*side, values...),
	)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := backbone.Decode(bytes.NewReader(data), int64(len(data)))
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > uint64(len(data))+2<<20 {
		t.Errorf("%d bytes were allocated for a file of %d", took, len(data))
	}
	got := f.Tensors[0].Float32s()
	for _, i := range []int{0, 1, side - 1, side, 5*side + 7, side*side - 1} {
		if want := float32(i%side*side + i/side); got[i] != want {
			t.Errorf("element %d is %v, expected %v", i, got[i], want)
		}
	}
}

// FuzzDecode reads anything. Nothing of it takes more memory than its size and a constant.
func FuzzDecode(f *testing.F) {
	for _, c := range hostileFiles(f) {
		if len(c.data) < 1<<12 {
			f.Add(c.data)
		}
	}
	files, err := filepath.Glob(filepath.Join("testdata", "*.[ps]*t*"))
	if err != nil || len(files) < 14 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := backbone.Decode(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 1000 {
				t.Errorf("the error is no line: %q", err)
			}
			return
		}
		held := 0
		for _, tensor := range file.Tensors {
			if n := len(tensor.Float32s()) + len(tensor.Int64s()); n != tensor.Len() {
				t.Errorf("%s has %d elements, expected %v", tensor.Name, n, tensor.Shape)
			}
			held += tensor.Len()
		}
		if held > (len(file.Tensors)+1)*len(data) {
			t.Errorf("%d elements in a file of %d bytes", held, len(data))
		}
		backbone.Identify(file, "")
	})
}

// TestManyNames reads files that are right and almost nothing but names: a header, a directory of an
// archive and a pickle as long as they may be.
func TestManyNames(t *testing.T) {
	var text strings.Builder
	text.WriteString("{")
	for i := 0; text.Len() < 1<<20-100; i++ {
		fmt.Fprintf(&text, `"%d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},`, i)
	}
	text.WriteString(`"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`)
	members := [][]byte{dict().tensor("a", "0", 0, 0, []int64{0}, []int64{1}).op(".").Bytes()}
	members = append(members, make([][]byte, 25000)...)
	pickled := dict()
	for i := range 8000 {
		pickled.tensor(fmt.Sprint(i), "0", 0, 0, []int64{0}, []int64{1})
	}
	for name, data := range map[string][]byte{
		"header": header(text.String()), "archive": archive(t, zip.Store, members...),
		"pickle": legacy(pickled.op("."), keys("0"), row(0)),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := backbone.Decode(bytes.NewReader(data), int64(len(data)))
		runtime.ReadMemStats(&after)
		if err != nil || len(f.Tensors) == 0 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		took := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %d tensors, %d bytes, %.1f MB allocated", name, len(f.Tensors), len(data), float64(took)/1e6)
		if took > uint64(len(data))+constant {
			t.Errorf("%s: %d bytes were allocated for a file of %d", name, took, len(data))
		}
	}
}
