package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/internal/bug"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/runfolder"
	"github.com/gradreg/gradreg/sym"
)

// app is what commands reach the world through.
type app struct {
	in io.Reader
	// out and err write the characters of foreign text that a terminal would take for commands as
	// escapes; screen is the terminal itself, for what redraws a line.
	out, err, screen io.Writer
	args             []string // of the command line
	getenv           func(string) string
	now              func() time.Time
	// terminal tells whether messages go to a person's terminal that can redraw a line.
	terminal bool
	// json is whether programs read the output, lines whether also what happens before the end.
	json, lines bool
	lock        sync.Mutex // of lines
}

// exitCodes is the table of exit codes, which the help topic is made from.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{exitDone, "done"},
	{exitFailed, "failed, by no fault of the input, or after something was written"},
	{exitUsage, "wrong usage or unusable input; nothing was written"},
	{exitInterrupted, "interrupted; the run was saved and can be resumed"},
	{exitAborted, "on Unix: Go's runtime could not go on, mostly for lack of memory; its stacks are on standard error"},
}

const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
	exitAborted     = 134 // as shells count SIGABRT
)

// Main runs the program and returns its exit code.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	abortOnFatal()
	printed := &output{Writer: out}
	text, errText := foreign.NewWriter(printed), foreign.NewWriter(errOut)
	a := &app{in: in, out: text, err: errText, screen: errOut, args: args, getenv: os.Getenv, now: time.Now}
	a.terminal = isTerminal(errOut) && a.getenv("TERM") != "dumb"
	a.json = wantsJSON(args)
	root := a.root()
	root.SetArgs(args)
	err := a.guarded(args, func() error {
		cmd, err := root.ExecuteC()
		return byFlag(cmd, err)
	})
	text.Flush() // an error stays in printed
	if err == nil && printed.err != nil {
		err = fmt.Errorf("printing the result: %w", printed.err)
	}
	code := a.exit(err)
	errText.Flush() // nobody is left to tell
	return code
}

// guarded calls f and makes an error of a panic.
func (a *app) guarded(args []string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = a.bug(r, args, debug.Stack())
		}
	}()
	return f()
}

// isTerminal reports whether w is a terminal of known size.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	width, height, err := term.GetSize(int(f.Fd()))
	return err == nil && width > 0 && height > 0
}

// bug makes an error of a panic and writes what its finder should send to a file, without
// credentials.
func (a *app) bug(panicked any, args []string, stack []byte) error {
	value := a.hide(fmt.Sprint(panicked), args)
	if p, ok := panicked.(*bug.Panic); ok { // of another goroutine, whose stack tells more
		stack = p.Stack
	}
	f, err := os.CreateTemp("", "gradreg-bug-*.txt")
	if err == nil {
		_, err = f.WriteString(a.hide(
			fmt.Sprintf("%+v\ngradreg %q\n\n%v\n\n%s", build.Current(), args, value, stack), args,
		))
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("this is a bug: %v (no report could be written: %w)", value, err)
	}
	return fmt.Errorf("this is a bug: %v; please report it with the file %s", value, f.Name())
}

// clean returns a message as one line of bounded length, without credentials and control
// characters.
func (a *app) clean(text string) string {
	return foreign.Short(foreign.Line(a.hide(text, a.args)), longestMessage)
}

// hide returns a text without the credentials in its addresses and those that arguments or
// environment hold.
func (a *app) hide(text string, args []string) string {
	addresses := []string{a.getenv("GRADREG_DB")}
	for _, arg := range args {
		_, value, _ := strings.Cut(arg, "=") // of --db=ADDRESS
		addresses = append(addresses, arg, value)
	}
	addresses = slices.DeleteFunc(
		addresses,
		func(s string) bool { return !strings.Contains(s, "://") && !strings.Contains(s, "password") },
	)
	text = foreign.Without(foreign.Hide(text), addresses...)
	if password := a.getenv("PGPASSWORD"); password != "" {
		text = strings.ReplaceAll(text, password, "…")
	}
	return text
}

// usage marks an error of the command line.
type usage struct{ error }

// exit prints an error and returns the exit code it stands for.
func (a *app) exit(err error) int {
	if err == nil {
		return exitDone
	}
	code := exitFailed
	var u usage
	switch {
	case errors.Is(err, classify.ErrInterrupted), errors.Is(err, gan.ErrInterrupted):
		code = exitInterrupted
	case errors.Is(err, context.Canceled): // nothing else cancels a command: no run had begun
		code, err = exitInterrupted, classify.ErrInterrupted
	case errors.As(err, &u), fault.IsInput(err):
		code = exitUsage
	}
	message := a.message(err)
	if a.json {
		json.NewEncoder(a.err).Encode(map[string]any{"error": message, "exit_code": code})
	} else {
		fmt.Fprintf(a.err, "gradreg: %s\n", message)
	}
	return code
}

// longestMessage bounds what an error echoes of its input, in bytes.
const longestMessage = 2000

// message returns an error as one line for those who use the program: without the line of the
// source that built an expression, with the variable that named a folder, and without credentials,
// control characters and endless quotations.
func (a *app) message(err error) string {
	text := strings.NewReplacer("\n\t", " ", "\n", "; ").Replace(strings.TrimSpace(err.Error()))
	if e, ok := errors.AsType[*sym.Error](err); ok {
		text = strings.Replace(text, e.Caller+": ", "", 1)
	}
	if e, ok := errors.AsType[*dataset.DirError](err); ok && e.Dir == a.getenv("GRADREG_DATA") {
		text = strings.Replace(text, e.Dir, e.Dir+" (GRADREG_DATA)", 1)
	}
	if taken, ok := errors.AsType[*runfolder.Taken](err); ok {
		text += "; choose another with --out"
		if taken.Begun && !taken.Finished {
			text += ", or continue it with --resume " + taken.Dir
		}
	}
	return a.clean(text)
}

// root builds the command tree.
func (a *app) root() *cobra.Command {
	version := false
	root := &cobra.Command{
		Use:   "gradreg",
		Short: "Train image models that generalize from few labels",
		Long: `gradreg trains image models that generalize from few labels, by penalizing the gradient
of the network with respect to its input.`,
		Example: `  # Train LeNet on 2000 MNIST digits with DataGrad, about a minute
  gradreg train

  # The same without it, to compare
  gradreg train --reg none --reg weight-decay:5e-4

  # Classify pictures with the newest model
  gradreg predict digit.png`,
		SilenceErrors: true, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if version {
				return a.runVersion()
			}
			return cmd.Help()
		},
	}
	root.Flags().BoolVar(&version, "version", false, "as gradreg version")
	root.SetHelpCommand(helpCommand())
	root.Args = func(cmd *cobra.Command, list []string) error {
		if len(list) == 0 {
			return nil
		}
		var names []string
		for _, c := range cmd.Commands() {
			names = append(names, c.Name())
		}
		return usage{spec.Unknown("command", list[0], names)}
	}
	root.PersistentPreRunE = checkGiven
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().Var(
		jsonMode{a}, "json",
		"print one JSON object instead of text; --json=lines also a line for what happens on the way",
	)
	root.PersistentFlags().Lookup("json").NoOptDefVal = jsonObject
	root.AddCommand(
		a.trainCommand(), a.evalCommand(), a.predictCommand(), a.embedCommand(), a.runsCommand(), a.dataCommand(),
		a.backboneCommand(),
		a.modelsCommand(), a.regularizersCommand(), a.benchCommand(), a.toyCommand(), a.ganCommand(),
		a.studyCommand(), a.workerCommand(), a.reproduceCommand(), a.explainCommand(),
		a.versionCommand(), a.manCommand(),
	)
	root.AddCommand(topics()...)
	hideEmptyDefaults(root)
	return root
}

// hideEmptyDefaults keeps help from showing a list that is empty by default as such, where the
// flag's text says what that means.
func hideEmptyDefaults(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		// of other lists pflag knows that empty ones need no mention
		if f.DefValue == "[]" && f.Value.Type() == "float64Slice" {
			f.DefValue = ""
		}
	})
	for _, c := range cmd.Commands() {
		hideEmptyDefaults(c)
	}
}

// flagError makes a usage error of what the flag parser says, without the names of Go's functions,
// and with the flag that may have been meant.
func flagError(cmd *cobra.Command, err error) error {
	message, _, parse := strings.Cut(err.Error(), ": strconv.")
	if parse {
		expected := "a number"
		switch {
		case strings.Contains(err.Error(), "strconv.ParseUint"):
			expected = "a whole number from 0 up"
		case strings.Contains(err.Error(), "strconv.ParseInt"):
			expected = "a whole number"
		case strings.Contains(err.Error(), "strconv.ParseBool"):
			expected = "true or false"
		}
		return usage{fmt.Errorf("%s: expected %s", message, expected)}
	}
	if name, ok := strings.CutPrefix(message, "unknown flag: --"); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		return usage{spec.Unknown("flag", name, names)}
	}
	return usage{err}
}

// args marks the errors of an argument check as usage errors.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, list []string) error {
		if err := check(cmd, list); err != nil {
			return usage{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
		}
		return nil
	}
}

// dataDirs returns the folders to look for data in: the flag's alone, else the environment's and
// then the usual places. Who gives the flag means that folder; a variable holds for all commands,
// and one folder need not have all that they want.
func (a *app) dataDirs(flag string) []string {
	if flag != "" {
		return []string{flag}
	}
	return []string{a.getenv("GRADREG_DATA"), ""}
}
