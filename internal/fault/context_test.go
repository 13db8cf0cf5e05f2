package fault_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/backbone"
	"github.com/gradreg/gradreg/bench"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/gan/comparison"
	"github.com/gradreg/gradreg/gan/features"
	"github.com/gradreg/gradreg/gan/semisupervised"
	"github.com/gradreg/gradreg/gan/separation"
	"github.com/gradreg/gradreg/linear"
	"github.com/gradreg/gradreg/study"
	"github.com/gradreg/gradreg/study/queue"
	"github.com/gradreg/gradreg/toy"
	"github.com/gradreg/gradreg/train"
	"github.com/gradreg/gradreg/tune"
)

// takeContext are the public functions that take a context.
var takeContext = map[string]any{
	"backbone.Fetch": backbone.Fetch, "linear.Train": linear.Train, "bench.Divide": bench.Divide,
	"classify.Measure": classify.Measure, "classify.Look": classify.Look,
	"classify.Embedder.Embed":      (*classify.Embedder).Embed,
	"classify.Embedder.EmbedFiles": (*classify.Embedder).EmbedFiles,
	"bench.Compare":                bench.Compare, "bench.Growth": bench.Growth, "bench.RegularizerCosts": bench.RegularizerCosts,
	"classify.DataDigest": classify.DataDigest, "classify.Describe": classify.Describe,
	"classify.Evaluate": classify.Evaluate, "classify.Examine": classify.Examine,
	"classify.ExamineArchitecture": classify.ExamineArchitecture, "classify.Interrupted": classify.Interrupted,
	"classify.OpenRun": classify.OpenRun, "classify.OpenRunOn": classify.OpenRunOn, "classify.Probe": classify.Probe,
	"classify.Run": classify.Run, "classify.SavedModel.DecodeFiles": (*classify.SavedModel).DecodeFiles,
	"classify.Examined.Training": (*classify.Examined).Training, "classify.Train": classify.Train,
	"dataset.Fetch": dataset.Fetch, "dataset.Open": dataset.Open, "dataset.OpenFolder": dataset.OpenFolder,
	"dataset.Source.Open": dataset.Source.Open,
	"comparison.Execute":  comparison.Execute, "features.Open": features.Open,
	"features.Set.Classifier": (*features.Set).Classifier, "features.Set.Score": (*features.Set).Score,
	"features.Space.Nearest": features.Space.Nearest, "gan.Cost": gan.Cost, "gan.OpenData": gan.OpenData,
	"gan.Run": gan.Run, "semisupervised.Run": semisupervised.Run, "separation.Run": separation.Run,
	"folder.Open": folder.Open, "queue.Look": queue.Look, "queue.Open": queue.Open,
	"queue.RunNames":  queue.RunNames,
	"queue.Queue.Add": (*queue.Queue).Add, "queue.Queue.Cancel": (*queue.Queue).Cancel,
	"queue.Queue.Import": (*queue.Queue).Import, "queue.Queue.Progress": (*queue.Queue).Progress,
	"queue.Queue.Ready": (*queue.Queue).Ready, "queue.Queue.Results": (*queue.Queue).Results,
	"queue.Queue.Serve": (*queue.Queue).Serve, "queue.Queue.Status": (*queue.Queue).Status,
	"queue.Queue.Studies": (*queue.Queue).Studies, "queue.Queue.Study": (*queue.Queue).Study,
	"queue.Queue.Unreadable": (*queue.Queue).Unreadable, "queue.Queue.Work": (*queue.Queue).Work,
	"study.Describe": study.Describe, "study.Identify": study.Identify, "study.Repeat": study.Repeat, "toy.Run": toy.Run,
	"train.Loop.Run": (*train.Loop).Run, "tune.GradientScale": tune.GradientScale, "tune.Lambda": tune.Lambda,
	"tune.Memory.Probe": (*tune.Memory).Probe, "tune.Remember": tune.Remember,
}

// TestNilContext gives every public function that takes a context none: an error says so, and
// nothing panics.
func TestNilContext(t *testing.T) {
	for name, f := range takeContext {
		v := reflect.ValueOf(f)
		args := make([]reflect.Value, v.Type().NumIn())
		for i := range args {
			args[i] = reflect.Zero(v.Type().In(i))
			if args[i].Type() == reflect.TypeFor[[]string]() && !v.Type().IsVariadic() {
				args[i] = reflect.ValueOf([]string{"some.png"})
			}
		}
		if v.Type().IsVariadic() {
			args = args[:len(args)-1]
		}
		func() {
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("%s panics: %v", name, p)
				}
			}()
			out := v.Call(args)
			last := out[len(out)-1].Interface()
			if list, ok := last.([]error); ok {
				last = any(nil)
				if len(list) > 0 {
					last = list[0]
				}
			}
			if err, _ := last.(error); err == nil || err.Error() != "the context is nil, expected one" {
				t.Errorf("%s: %v", name, last)
			}
		}()
	}
}

// TestNilContextOfAll looks for public functions that take a context: all are asked above.
func TestNilContextOfAll(t *testing.T) {
	found := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != "../.." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"internal", "cmd", "testdata", "tools"}, d.Name())) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			if name, ok := withContext(d); ok {
				found[file.Name.Name+"."+name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range found {
		if takeContext[name] == nil {
			t.Errorf("%s takes a context and is not tested without one", name)
		}
	}
	for name := range takeContext {
		if !found[name] {
			t.Errorf("%s was not found", name)
		}
	}
}

// withContext returns the name of an exported function whose first parameter is a context.
func withContext(d ast.Decl) (name string, ok bool) {
	f, ok := d.(*ast.FuncDecl)
	if !ok || !f.Name.IsExported() || len(f.Type.Params.List) == 0 {
		return "", false
	}
	p, ok := f.Type.Params.List[0].Type.(*ast.SelectorExpr)
	if !ok || p.Sel.Name != "Context" {
		return "", false
	}
	if of, isName := p.X.(*ast.Ident); !isName || of.Name != "context" {
		return "", false
	}
	name = f.Name.Name
	if f.Recv != nil {
		receiver := f.Recv.List[0].Type
		if star, isPointer := receiver.(*ast.StarExpr); isPointer {
			receiver = star.X
		}
		id, isName := receiver.(*ast.Ident)
		if !isName || !id.IsExported() {
			return "", false
		}
		name = id.Name + "." + name
	}
	return name, true
}
