package cli

import (
	"cmp"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/internal/fault"
)

// fieldFlags are the flags of configurations' fields that are called otherwise. All others have the
// field's name, with - for _.
var fieldFlags = map[string]string{"learning_rate": "lr", "noise": "z", "average_half_life": "ema"}

// byFlag returns an error that is about a field of a configuration with the name of the flag that was
// given for it, as the user knows it. Where the value came otherwise, as from a file, the error stays.
func byFlag(cmd *cobra.Command, err error) error {
	field, ok := errors.AsType[*fault.Field](err)
	if !ok {
		return err
	}
	flag := cmp.Or(fieldFlags[field.Name], strings.ReplaceAll(field.Name, "_", "-"))
	if !cmd.Flags().Changed(flag) {
		return err
	}
	told := "--" + flag + strings.TrimPrefix(field.Error(), field.Name)
	return ofFlag{err, strings.Replace(err.Error(), field.Error(), told, 1)}
}

// ofFlag is an error whose text names a flag.
type ofFlag struct {
	error
	text string
}

func (e ofFlag) Error() string { return e.text }
func (e ofFlag) Unwrap() error { return e.error }
