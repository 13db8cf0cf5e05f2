package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MaxBytes is the longest text that Decode takes: more than a hundred times the longest built-in
// study.
const MaxBytes = 256 << 10

// The library's parser takes time and memory that grow with the square of depth and of the number
// of keys, and copies what an alias stands for each time. So these are bounded before it sees a
// text. Studies and configurations are at most seven deep.
const (
	maxDepth  = 32
	maxTokens = 20000 // a key with its value is three
	maxValues = 20000 // with what aliases stand for
)

// byteOrderMark may stand at the beginning of a text of YAML (YAML 1.2, section 5.2); Windows'
// Notepad writes it.
var byteOrderMark = []byte("\uFEFF")

// bounded returns the text without its byte order mark, or why it is not read: what would take too
// much time or memory, and what would be read as something else than its writer sees.
func bounded(data []byte) ([]byte, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("the text has %d bytes, expected at most %d", len(data), MaxBytes)
	}
	if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
		return nil, errors.New("the text is UTF-16, expected UTF-8")
	}
	data = bytes.TrimPrefix(data, byteOrderMark)
	if err := checkCharacters(data); err != nil {
		return nil, err
	}
	tokens := lexer.Tokenize(string(data))
	if len(tokens) > maxTokens {
		return nil, fmt.Errorf("the text has %d words and signs, expected at most %d", len(tokens), maxTokens)
	}
	// The library's decoder dereferences nil at a tag without a value, and no field has a use for
	// any.
	if i := slices.IndexFunc(tokens, func(t *token.Token) bool { return t.Type == token.TagType }); i >= 0 {
		return nil, fmt.Errorf(
			"line %d: found the tag %s, expected a value without one", tokens[i].Position.Line,
			shortened(tokens[i].Value),
		)
	}
	if t := tooDeep(tokens); t != nil {
		return nil, fmt.Errorf("line %d: more than %d lists and mappings in each other", t.Position.Line, maxDepth)
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return data, nil // the strict reading says what is wrong
	}
	docs := slices.DeleteFunc(file.Docs, func(d *ast.DocumentNode) bool { return d.Body == nil })
	if len(docs) > 1 {
		return nil, fmt.Errorf("line %d: a second document, expected one", docs[1].Body.GetToken().Position.Line)
	}
	for _, d := range docs {
		if err := checkNodes(d.Body); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// checkCharacters refuses what is no text: YAML has no control characters but tab and line ends
// (section 5.1).
func checkCharacters(data []byte) error {
	line, start := 1, 0
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return fmt.Errorf("line %d, byte %d: found 0x%02x, expected UTF-8", line, i-start+1, data[i])
		case unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' && r != '\u0085':
			return fmt.Errorf("line %d, byte %d: found the control character %U, expected text", line, i-start+1, r)
		}
		if i += n; r == '\n' {
			line, start = line+1, i
		}
	}
	return nil
}

// tooDeep returns the first token that has more lists and mappings around it than allowed, nil if
// there is none. Those in brackets are counted as they open and close, the others by their columns:
// one that begins further left than what is open ends it.
func tooDeep(tokens token.Tokens) *token.Token {
	flow := 0
	var columns []int
	for i, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow = max(flow-1, 0)
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
			if flow > 0 {
				break
			}
			column := t.Position.Column
			if t.Type == token.MappingValueType && i > 0 {
				column = tokens[i-1].Position.Column // of the key
			}
			for len(columns) > 0 && columns[len(columns)-1] > column {
				columns = columns[:len(columns)-1]
			}
			if len(columns) == 0 || columns[len(columns)-1] < column {
				columns = append(columns, column)
			}
		}
		if flow+len(columns) > maxDepth {
			return t
		}
	}
	return nil
}

// octal is a number that YAML 1.1 reads to the base 8 and YAML 1.2 to the base 10.
var octal = regexp.MustCompile(`^[-+]?0[0-9_]+$`)

// checkNodes counts what a document has in it, and refuses what has two readings or none.
func checkNodes(body ast.Node) error {
	c := counter{anchors: map[string]int{}}
	_, err := c.count(body)
	return err
}

// counter counts values.
type counter struct{ anchors map[string]int } // what an anchor stands for has so many; -1 within itself

// count returns the number of values in a node, aliases followed.
func (c *counter) count(node ast.Node) (int, error) {
	total := 1
	add := func(children ...ast.Node) error {
		for _, child := range children {
			n, err := c.count(child)
			if err != nil {
				return err
			}
			if total += n; total > maxValues {
				return fmt.Errorf(
					"line %d: the text stands for more than %d values",
					child.GetToken().Position.Line, maxValues,
				)
			}
		}
		return nil
	}
	var err error
	switch n := node.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			if err == nil {
				err = add(v)
			}
		}
	case *ast.MappingValueNode:
		err = add(n.Key, n.Value)
	case *ast.MappingKeyNode:
		err = add(n.Value)
	case *ast.SequenceNode:
		err = add(n.Values...)
	case *ast.AnchorNode:
		name := n.Name.GetToken().Value
		c.anchors[name] = -1
		err = add(n.Value)
		c.anchors[name] = total
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		size, ok := c.anchors[name]
		if !ok || size < 0 {
			return 0, fmt.Errorf(
				"line %d: *%s stands for nothing that ends before it", n.GetToken().Position.Line,
				shortened(name),
			)
		}
		total = size
	case *ast.IntegerNode:
		if text := n.GetToken().Value; octal.MatchString(text) {
			return 0, fmt.Errorf("line %d: found %s, which some read to the base 8; expected a "+
				"number without a leading 0, or a text in quotes",
				n.GetToken().Position.Line, shortened(text))
		}
	}
	return total, err
}

// shortened returns a text for a message, which is one line.
func shortened(text string) string {
	const most = 80
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}
