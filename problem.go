package gradreg

import (
	"fmt"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// Problem is one training step in symbolic form: what a penalty is built from.
type Problem struct {
	Graph   *sym.Graph
	Input   *sym.Expr // images [B, C, H, W], or [B, N]
	Targets *sym.Expr // [B, K], as the task has them: of classes one-hot rows
	Outputs *sym.Expr // outputs of the network [B, K]; of classes their logits
	Losses  *sym.Expr // of each sample [B]; of classes the cross-entropy in nats
	Batch   int       // B
	Task    task.Task // what the network learns
	Params  *nn.Params
	// Forward builds logits of other images, with the same parameters and random numbers, such as
	// dropout masks, of their own. Running statistics stay those of the batch.
	Forward func(x *sym.Expr) *sym.Expr
	// Parts are the parts of the network, by depth, and what they make of Input; none of a network
	// that is not made of scopes.
	Parts []nn.Part
	// Pretrained reports whether a parameter began with pretrained weights. It is nil where none did.
	Pretrained func(p *nn.Param) bool
	// NextStream returns a random stream that nothing else in the step uses.
	NextStream func() uint32
	// Place returns the problem at another place of a critic's training ([PlaceReal] and so on), the
	// same one each time, or why there is none. It is nil where nothing is a critic.
	Place func(name string) (*Problem, error)
	// Updates are the new values of what penalties keep between steps ([nn.Params.State]).
	// Penalties append to them; a step stores them after a run.
	Updates []sym.Update
}

// Forward builds logits from images.
type Forward func(c *nn.Context, x *sym.Expr) *sym.Expr

// Transformer is a Regularizer that changes the network itself in training, such as noise added to
// its input. Its penalty is usually 0.
type Transformer interface {
	Regularizer
	// Transform returns what training uses in the place of forward.
	Transform(forward Forward) Forward
}

// Transform applies the transformations of regularizers with λ > 0, the first one innermost.
// Whoever trains builds the problem on the result.
func Transform(forward Forward, regs []Regularizer) Forward {
	for _, r := range regs {
		if t, ok := r.(Transformer); ok && r.Lambda() != 0 {
			forward = t.Transform(forward)
		}
	}
	return forward
}

// NewProblem builds the forward pass and the losses of a training step of a task on samples
// x: [B, …] and targets: [B, K]. The context collects the layers and the updates of running
// statistics. Errors stick to Losses, also that of a network whose result is not [B, K], and of an
// argument that is nil.
func NewProblem(t task.Task, c *nn.Context, x, targets *sym.Expr, forward Forward) *Problem {
	t, c, forward = replaceMissing(t, c, x, forward)
	logits := forward(c, x)
	if shape := logits.Shape(); logits.Err() == nil && len(shape) != 2 {
		logits = sym.Refuse(logits, fmt.Errorf("the network's result is %v, expected [samples, outputs]", shape))
	}
	batch := 1
	if len(x.Shape()) > 0 {
		batch = x.Shape()[0]
	}
	return &Problem{
		Graph: c.Graph(), Input: x, Targets: targets, Outputs: logits, Losses: t.Losses(logits, targets),
		Batch: batch, Task: t, Params: c.Params, Parts: c.Parts,
		Forward:    func(x *sym.Expr) *sym.Expr { return forward(c.Again(), x) },
		NextStream: c.NextStream,
	}
}

// OutputsAt builds logits of other images in the loss's own forward pass: with the same parameters,
// and the same random numbers, such as dropout masks. x has the shape of Input.
func (p *Problem) OutputsAt(x *sym.Expr) *sym.Expr {
	if x.Err() != nil {
		return x
	}
	return sym.Replace([]*sym.Expr{p.Outputs}, map[*sym.Expr]*sym.Expr{p.Input: x})[0]
}

// LossesAt returns the losses [B] of other outputs [B, K] at the targets.
func (p *Problem) LossesAt(outputs *sym.Expr) *sym.Expr { return p.Task.Losses(outputs, p.Targets) }

// LogProbabilities returns the logarithms of the class probabilities of outputs [n, K], as the task
// has them. If it has none, the result carries an [OptionError] of the regularizer r that asks.
func (p *Problem) LogProbabilities(r Regularizer, outputs *sym.Expr) *sym.Expr {
	if logarithms, ok := p.Task.Distribution(outputs); ok {
		return logarithms
	}
	return refuse(
		outputs, r,
		"it needs the probabilities of classes that exclude each other, and the task is %s", p.Task,
	)
}

// Loss returns mean_b L_b.
func (p *Problem) Loss() *sym.Expr { return sym.Mean(p.Losses) }

// Objective returns the objective mean_b L_b + Σ λ_r·R_r and the penalties R_r, in the order of
// regs. A λ of 0 leaves its penalty out of the objective, so that the run is bit for bit the plain
// one; the penalty is then 0. A weight that a schedule changes is an input of the program
// ([WeightLeaf]). Options that do not validate, and regularizers that cannot stand beside each
// other, give expressions with an [OptionError].
func Objective(p *Problem, regs []Regularizer) (total *sym.Expr, penalties []*sym.Expr) {
	if p == nil {
		p = missingProblem()
	}
	t := &Training{Params: p.Params, kept: map[*sym.Expr]bool{}}
	t.Regularize(p, regs)
	for _, term := range t.Terms {
		penalties = append(penalties, term.Value)
	}
	return t.Objective(nil), penalties
}

// validated returns the penalty of a regularizer, 0 if λ is, if its options validate.
func validated(p *Problem, r Regularizer) *sym.Expr {
	if r == nil {
		return sym.Refuse(p.Losses, errNilRegularizer)
	}
	if err := r.Validate(); err != nil {
		return refuse(p.Losses, r, "%w", err)
	}
	if r.Lambda() == 0 {
		return p.Graph.Const(0)
	}
	return r.Penalty(p)
}
