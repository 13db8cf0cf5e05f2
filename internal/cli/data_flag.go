package cli

import (
	"github.com/spf13/pflag"

	"github.com/gradreg/gradreg/dataset"
)

// dataFlag adds the flag --data, whose text becomes a value here.
func dataFlag(f *pflag.FlagSet, data *dataset.Source, usage string) {
	f.Var((*dataValue)(data), "data", usage)
}

// dataValue is the value of --data.
type dataValue dataset.Source

func (v *dataValue) String() string { return dataset.Source(*v).String() }

func (v *dataValue) Set(text string) error {
	*v = dataValue(dataset.ParseSource(text))
	return nil
}

// Type is the word for the value in help texts.
func (v *dataValue) Type() string { return "string" }
