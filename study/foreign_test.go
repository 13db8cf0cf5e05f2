package study

import (
	"strings"
	"testing"
)

// TestForeignHead writes a report's title and question, which are a file's, where a format would
// obey them.
func TestForeignHead(t *testing.T) {
	r := madeUpReport(t, "wd-table", lifelike)
	r.Title, r.About = "a\x1b[1m<script>", "see [x](http://y)\n<img src=z>\r% \\input{f}"
	r.Origin = &Origin{Command: "gradreg study run `<b>`\x1b"}
	for format, unwanted := range map[string][]string{"text": nil, "markdown": {"<script", "[x](http", "<img", "`<b>`"}, "latex": {"\n\\input", "\n<"}} {
		head := r.head(format)
		for _, not := range append(unwanted, "\x1b", "\r") {
			if strings.Contains(head, not) {
				t.Errorf("%s has %q:\n%s", format, not, head)
			}
		}
	}
}
