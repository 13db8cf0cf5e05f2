package regtest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gradreg/gradreg"
)

// text checks the text form.
func text(reg gradreg.Regularizer) error {
	if err := reg.Validate(); err != nil {
		return fmt.Errorf("it does not validate: %w", err)
	}
	if reg.Lambda() == 0 {
		return errors.New("λ is 0, with which nothing can be tested")
	}
	if strings.ContainsAny(reg.Name(), ":,= ") || reg.Name() == "" {
		return fmt.Errorf("the name is %q, expected a word without colon, comma, equals sign and space", reg.Name())
	}
	lambda := strconv.FormatFloat(reg.Lambda(), 'g', -1, 64)
	if form := reg.Name() + ":" + lambda; reg.String() != form && !strings.HasPrefix(reg.String(), form+",") {
		return fmt.Errorf("the text form is %q, expected %q and options", reg, form)
	}
	if !slices.Contains(gradreg.Names(), reg.Name()) {
		return nil
	}
	again, err := gradreg.Parse(reg.String())
	if err != nil {
		return fmt.Errorf("the text form does not parse: %w", err)
	}
	if !reflect.DeepEqual(again, reg) {
		return fmt.Errorf("the text form parses to %#v, expected %#v", again, reg)
	}
	return nil
}
