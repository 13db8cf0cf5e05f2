package nn

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
)

// scopeStreams is the number of random streams, and of parameters, that a scope has for itself:
// with 2³² streams in all there are 2¹⁸ scopes, which are found by a hash of their names.
const scopeStreams = 1 << 14

// Scope returns the part of the parameters with that name, the same one each time it is asked for.
// Two networks of one graph, such as a generator and a critic, are built in two scopes:
//
//   - names begin with the scope's: "critic/conv1.weight", leaves with "param/critic/";
//   - All, Trainable, State and Count are of the scope, and of scopes in it, alone;
//   - initial values, and the random streams of contexts on it, are those of no other scope. They
//     are functions of the scope's full name, not of what else there is in the graph, or of the order.
//
// Scopes may have scopes in them: "critic/block1/conv1.weight". The root, from [NewParams], has the
// parameters of all of them. A name is of letters, digits, '-', '_' and '.' in ASCII; another one
// is an error of every parameter of the scope. So is, once in 2¹⁸ pairs, a name whose hash is
// another scope's. A scope has 16384 random streams and as many parameters of its own.
func (ps *Params) Scope(name string) *Params {
	r, prefix := ps.registry, ps.prefix+name+"/"
	if s, ok := r.scopes[prefix]; ok && ps.err == nil {
		return s
	}
	s := &Params{
		registry: r, parent: ps, prefix: prefix, firstStream: firstStream(prefix), err: ps.err,
	}
	if s.err == nil {
		s.err = checkScope(name)
	}
	if s.err != nil {
		return s
	}
	if other, ok := r.taken[s.firstStream]; ok {
		s.err = fmt.Errorf("scope %q would have the random numbers of %q, expected another name",
			s.path(), strings.TrimSuffix(other, "/"))
		return s
	}
	r.scopes[prefix], r.taken[s.firstStream] = s, prefix
	return s
}

// Prefix returns what the names of the scope's parameters begin with: "critic/", nothing for the
// root.
func (ps *Params) Prefix() string { return ps.prefix }

// path returns the scope's full name.
func (ps *Params) path() string { return strings.TrimSuffix(ps.prefix, "/") }

// within reports whether the scope is another one or lies in it.
func (ps *Params) within(other *Params) bool {
	for s := ps; s != nil; s = s.parent {
		if s == other {
			return true
		}
	}
	return false
}

// CommonPrefix returns the prefix of the innermost scope that holds all the parameters: "" if it is
// the root, if they belong to different registries or to none, or if there are no parameters.
func CommonPrefix(list []*Param) string {
	if len(list) == 0 {
		return ""
	}
	common := list[0].scope
	for _, p := range list {
		for common != nil && (p.scope == nil || !p.scope.within(common)) {
			common = common.parent
		}
	}
	if common == nil {
		return ""
	}
	return common.prefix
}

// firstStream returns the first random stream of a scope. The hash is a good one, so that names
// which differ little, such as block1 and block2, do not meet more often than others.
func firstStream(prefix string) uint32 {
	sum := sha256.Sum256([]byte(prefix))
	return binary.BigEndian.Uint32(sum[:]) &^ (scopeStreams - 1)
}

// checkScope returns what is wrong with a scope's name.
func checkScope(name string) error {
	const others = "-_."
	wrong := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') &&
			!strings.ContainsRune(others, r)
	}
	if name == "" || strings.ContainsFunc(name, wrong) {
		return fmt.Errorf("a scope has the name %q, expected ASCII letters, digits and %q",
			name, others)
	}
	return nil
}
