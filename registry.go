package gradreg

import (
	"strings"

	"github.com/gradreg/gradreg/internal/spec"
)

// Info describes a regularizer.
type Info struct {
	Name       string
	Formula    string // R
	Convention string // what λ refers to, where other forms differ
	Cost       string // multiply-adds of a training step with it; 3F − F₁ without
	Source     string
	// Options are the keys of the text form beside λ, with their defaults and values.
	Options string
	// Example is a text form with a usual λ.
	Example string
	// Lambda is where λ lies.
	Lambda Interval
	// Critic is set where it is for the critic of a generative adversarial network alone.
	Critic bool
	// Finetuning is set where it is for the finetuning of pretrained networks alone.
	Finetuning bool

	// read makes the regularizer of λ and the options of a text form.
	read func(lambda float64, s spec.Spec) (Regularizer, error)
}

// read makes a regularizer of type T.
func read[T interface {
	Regularizer
	WithLambda(lambda float64) Regularizer
}, P interface {
	*T
	fields() []field
}](lambda float64, s spec.Spec) (Regularizer, error) {
	var r T
	err := parseFields(s, P(&r).fields())
	return r.WithLambda(lambda), err
}

// The options that many have in common.
const (
	scheduled = "every=1, warmup=STEPS, ramp=up|down|cosine"
	placed    = "at=data|noise|random|real|fake|real+fake|between|around, " +
		"sigma=0.2 (noise) or 1 (random), pass=shared|own, fraction=1"
	sloped = placed + ", slope=squared|linear|excess|two-sided, target=T, " + scheduled
)

// with joins options.
func with(options ...string) string { return strings.Join(options, ", ") }

// Regularizers returns the table of regularizers. F is one pass of the network's linear operations
// over the batch and F₁ the first layer's share; K is the number of classes.
func Regularizers() []Info {
	return []Info{
		{
			Name: "datagrad", Formula: "mean_b ‖∂L_b/∂x_b‖²", Example: "datagrad:50",
			Convention: "sum over pixels, mean over samples, no ½; λ_Ross = 2B·λ",
			Cost:       "6F − F₁",
			Source:     "Drucker and LeCun 1992; Varga et al. 2017, DataGrad",
			Options:    with("norm=l2|l1|linf", "lambda-as=ross|gamma|sum", sloped),
			read:       read[DataGrad],
		},
		{
			Name: "spectreg", Formula: "mean_b ‖ε_bᵀ·∂f/∂x_b‖², ε ~ N(0, I)", Example: "spectreg:0.03",
			Convention: "of logits; sum over pixels, mean over samples and projections, no ½ and no " +
				"1/C; λ_Hoffman = 2λ",
			Cost:    "6F − F₁, and 3F for each further projection",
			Source:  "Varga et al. 2017, SpectReg",
			Options: with("projections=1", "shared=false", "lambda-as=hoffman|gamma|sum", sloped),
			read:    read[SpectReg],
		},
		{
			Name: "frobreg", Formula: "mean_b ‖∂f/∂x_b‖_F²", Example: "frobreg:0.03",
			Convention: "of logits, exact; sum over pixels and classes, mean over samples, no ½; λ_Hoffman = 2λ",
			Cost:       "3F − F₁ + 3K·(F − the last dense layer's)",
			Source:     "Sokolić et al. 2017; Varga et al. 2017, FrobReg",
			Options:    with("lambda-as=hoffman|gamma|sum", sloped),
			read:       read[FrobReg],
		},
		{
			Name: "jacreg", Formula: "mean_b ‖∂p/∂x_b‖_F²", Example: "jacreg:1",
			Convention: "of probabilities, exact; sum over pixels and classes, mean over samples, no ½",
			Cost:       "3F − F₁ + 3(K−1)·F",
			Source:     "Varga et al. 2017, JacReg",
			Options:    with("lambda-as=hoffman|sum", sloped),
			read:       read[JacReg],
		},
		{
			Name: "onehot", Formula: "mean_b ‖∂f_y/∂x_b‖², y the true class", Example: "onehot:0.3",
			Convention: "of logits; sum over pixels, mean over samples, no ½",
			Cost:       "6F − F₁",
			Source:     "Varga et al. 2017, OneHot",
			Options:    with("lambda-as=hoffman|sum", sloped),
			read:       read[OneHot],
		},
		{
			Name: "random-onehot", Formula: "mean_b ‖∂f_k/∂x_b‖², k uniform over the classes",
			Example:    "random-onehot:0.3",
			Convention: "of logits; sum over pixels, mean over samples, no ½; its mean is FrobReg/K",
			Cost:       "6F − F₁",
			Source:     "Varga et al. 2017, RandomOneHot",
			Options:    with("lambda-as=hoffman|sum", sloped),
			read:       read[RandomOneHot],
		},
		{
			Name: "softmaxgrad", Formula: "mean_b ‖∂(Σ_k p_k·f_k)/∂x_b‖²", Example: "softmaxgrad:0.03",
			Convention: "of logits; sum over pixels, mean over samples, no ½; held=true holds p constant",
			Cost:       "6F − F₁",
			Source:     "Varga et al. 2017, SoftmaxGrad",
			Options:    with("held=false", "lambda-as=hoffman|sum", sloped),
			read:       read[SoftmaxGrad],
		},
		{
			Name: "topk", Formula: "mean_b ‖∂(f_(1) + … + f_(k))/∂x_b‖²", Example: "topk:0.03,k=2",
			Convention: "of the k largest logits; sum over pixels, mean over samples, no ½",
			Cost:       "6F − F₁",
			Source:     "Varga et al. 2017, TopK",
			Options:    with("k=1", "lambda-as=hoffman|sum", sloped),
			read:       read[TopK],
		},
		{
			Name: "hoffman", Formula: "½·(K/n)·Σ_μ mean_b ‖v̂_μᵀ·∂f/∂x_b‖², v̂ uniform on the unit " +
				"sphere", Example: "hoffman:0.05",
			Convention: "with ½ and K: its mean is ½·FrobReg; λ_SpectReg = λ/2; n=-1 is exact",
			Cost:       "6F − F₁, and 3F for each further projection; exact: FrobReg's",
			Source:     "Hoffman, Roberts and Yaida 2019, arXiv 1908.02729",
			Options:    with("n=1", placed, scheduled),
			read:       read[Hoffman],
		},
		{
			Name: "ross", Formula: "½ Σ_b ‖∂(mean L)/∂x_b‖²", Example: "ross:5000",
			Convention: "of the mean loss, with ½: λ_DataGrad = λ/(2B), so λ is tied to the batch " +
				"size B; norm=l1: λ_DataGrad = λ",
			Cost:    "6F − F₁",
			Source:  "Ross and Doshi-Velez 2018, arXiv 1711.09404",
			Options: with("norm=l2|l1", placed, scheduled),
			read:    read[Ross],
		},
		{
			Name: "finite-difference", Formula: "mean_b ((L(x_b + h·d_b) − L(x_b))/h)², d = g/‖g‖ " +
				"held", Example: "finite-difference:50",
			Convention: "DataGrad's; for h → 0 R tends to its R, the gradient only for smooth networks",
			Cost:       "7F − 2F₁ (two forward, one backward to x, two to the weights)",
			Source:     "Finlay and Oberman 2021, arXiv 1905.11468",
			Options:    with("h=0.01", "lambda-as=ross|sum", sloped),
			read:       read[FiniteDifference],
		},
		{
			Name: "output-noise", Formula: "mean_b ‖f(x_b + σ·n) − f(x_b)‖²/σ², n ~ N(0, I)",
			Example:    "output-noise:0.03",
			Convention: "of logits; its mean is FrobReg and terms of order σ²",
			Cost:       "6F − 2F₁",
			Source:     "Scarvelis and Solomon 2024, arXiv 2405.20231",
			Options:    with("noise=0.1 (σ)", "lambda-as=hoffman|sum", sloped),
			read:       read[OutputNoise],
		},
		{
			Name: "adversarial", Formula: "mean_b L(x_b + φ·d_b), d = ∂L_b/∂x_b or its sign, held",
			Example:    "adversarial:1",
			Convention: "added to the loss, mean over samples; φ in units of the normalized input",
			Cost:       "7F − 2F₁",
			Source:     "Goodfellow et al. 2015, FGSM; Ororbia et al. 2017",
			Options:    with("phi=0.1", "direction=gradient|sign", scheduled),
			read:       read[Adversarial],
		},
		{
			Name: "virtual-adversarial", Formula: "mean_b KL(p(x_b) ‖ p(x_b + ε·d_b)), d the most " +
				"sensitive direction, held", Example: "virtual-adversarial:1",
			Convention: "nats, mean over samples; ε in units of the normalized input",
			Cost:       "8F − 2F₁, and 2F for each further iteration",
			Source:     "Miyato et al. 2018, arXiv 1704.03976",
			Options:    with("epsilon=2", "xi=0 (the limit)", "iterations=1", scheduled),
			read:       read[VirtualAdversarial],
		},
		{
			Name: "confidence", Formula: "mean_b Σ_k p_k·log p_k", Example: "confidence:0.5",
			Convention: "nats, mean over samples; the original's sum over the batch has λ_sum = λ/B",
			Cost:       "3F − F₁",
			Source:     "Pereyra et al. 2017, arXiv 1701.06548",
			Options:    with("lambda-as=sum", scheduled),
			read:       read[ConfidencePenalty],
		},
		{
			Name: "label-smoothing", Formula: "mean_b (mean_k(−log p_k) − L_b)", Example: "label-smoothing:0.1",
			Convention: "λ is α: loss + λ·R is the cross-entropy with targets (1−α)·onehot + α/K; λ·every is at most 1",
			Cost:       "3F − F₁",
			Source:     "Szegedy et al. 2016",
			Options:    scheduled,
			Lambda:     Interval{Most: 1, First: 0.01},
			read:       read[LabelSmoothing],
		},
		{
			Name: "weight-decay", Formula: "½ Σ ‖W‖²", Example: "weight-decay:5e-4",
			Convention: "over weights, not biases nor norm parameters; with ½; its gradient goes " +
				"through the optimizer, unless decoupled",
			Cost:    "3F − F₁",
			Source:  "Hanson and Pratt 1988; decoupled: Loshchilov and Hutter 2019",
			Options: with("decoupled=false", scheduled),
			read:    read[WeightDecay],
		},
		{
			Name: "spectral-norm", Formula: "½ Σ σ(W)², σ the largest singular value", Example: "spectral-norm:0.01",
			Convention: "over weights; filters as a matrix [O, C·KH·KW]; with ½",
			Cost:       "3F − F₁ and 4 multiply-adds per weight",
			Source:     "Yoshida and Miyato 2017, arXiv 1705.10941",
			Options:    with("iterations=1", scheduled),
			read:       read[SpectralNorm],
		},
		{
			Name: "l2-sp", Formula: "½ Σ ‖W − W⁰‖² + ½·h·Σ_new ‖W‖², W⁰ the pretrained weights",
			Example: "l2-sp:0.01",
			Convention: "over weights, not biases nor norm parameters; with ½; λ is the paper's α, head is " +
				"h = β/α",
			Cost:       "3F − F₁",
			Source:     "Li, Grandvalet and Davoine 2018, arXiv 1802.01483",
			Options:    with("head=1", scheduled),
			Finetuning: true,
			read:       read[L2SP],
		},
		{
			Name: "delta", Formula: "½ Σ_l mean_b Σ_c ‖F_lc(W, x_b) − F_lc(W⁰, x_b)‖²/(H_l·W_l) + " +
				"½·h·Σ_new ‖W‖²", Example: "delta:0.01",
			Convention: "of maps at the ends of parts; mean over samples and pixels, sum over channels, " +
				"all alike; with ½; head is h",
			Cost:       "4F − F₁",
			Source:     "Li et al. 2019, arXiv 1901.09229, without attention",
			Options:    with("head=1", scheduled),
			Finetuning: true,
			read:       read[Delta],
		},
		{
			Name: "gradient-shrinking", Formula: "none: D·λ/mean_b ‖∂D/∂x̂_b‖ in the place of a critic D",
			Example:    "gradient-shrinking:1",
			Convention: "λ is the slope that the critic ends with; over=sample divides by ‖∂D/∂x‖ + |D|",
			Cost:       "of a critic: 2F more for the slope, and its derivative",
			Source:     "D. Varga's code of 2017, wgan-gs; over=sample: Wu et al. 2021, GN-GAN",
			Options:    "over=mean|max|sample",
			Lambda:     Interval{First: 0.1},
			Critic:     true,
			read:       read[GradientShrinking],
		},
		{
			Name: "dropout", Formula: "none: layers with random masks", Example: "dropout:0.5",
			Convention: "λ is the rate, in the place of the model's own; 0 keeps that (for none, " +
				"dropout=0 of the model)",
			Cost:    "3F − F₁",
			Source:  "Srivastava et al. 2014",
			Options: "at=layers|input",
			Lambda:  Interval{Most: 1, Exclusive: true, First: 0.1, Step: 0.2},
			read:    read[Dropout],
		},
		{
			Name: "input-noise", Formula: "none: the network sees x + σ·n, n ~ N(0, I)", Example: "input-noise:0.2",
			Convention: "λ is σ, in units of the normalized input",
			Cost:       "3F − F₁",
			Source:     "Sietsma and Dow 1991; Bishop 1995",
			Lambda:     Interval{First: 0.02},
			read:       read[InputNoise],
		},
	}
}
