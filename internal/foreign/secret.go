package foreign

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// hidden stands for what is not shown.
const hidden = "…"

var (
	// user:password@ of an address, also of one whose slashes a file path has joined. A password
	// may hold @ and /.
	userinfo = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*:/{1,2})([^\s"'<>/?#@:]*):([^\s"'<>]*)@`)
	// Of http the user's name can be a token.
	webUser = regexp.MustCompile(`(?i)\b(https?:/{1,2})[^\s"'<>/?#@]+@`)
	// Values of an address's query, behind whatever name: a token's is the server's choice.
	query = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*:/{1,2}[^\s"'<>?]*)\?([^\s"'<>#]*)`)
	value = regexp.MustCompile(`=[^&;]*`)
	// password=… of a connection string.
	assigned = regexp.MustCompile(`(?i)\b(password|passwd|pwd|token|secret)(\s*=\s*)('[^']*'|[^\s"'&;]+)`)
)

// secretName is found in the names of a query's values that are credentials.
var secretName = regexp.MustCompile(`(?i)pass|pwd|token|secret|sig|key|auth|credential`)

// Hide returns text without the credentials of addresses in it: passwords before the host, and all
// values of queries.
func Hide(text string) string {
	text = userinfo.ReplaceAllString(text, "$1$2:"+hidden+"@")
	text = webUser.ReplaceAllString(text, "${1}"+hidden+"@")
	text = query.ReplaceAllStringFunc(text, func(address string) string {
		at := strings.IndexByte(address, '?')
		return address[:at] + value.ReplaceAllString(address[at:], "="+hidden)
	})
	return assigned.ReplaceAllString(text, "$1$2"+hidden)
}

// Without returns text without the addresses, their passwords and the values of their queries, in
// every form in which those may turn up.
func Without(text string, addresses ...string) string {
	for _, a := range addresses {
		for _, s := range Secrets(a) {
			text = strings.ReplaceAll(text, s, hidden)
		}
	}
	return text
}

// Secrets returns an address that holds credentials, and these, in the forms in which they must not
// be shown; nothing for an address without any.
func Secrets(address string) []string {
	parts := parts(address)
	if len(parts) == 0 && Hide(address) == address {
		return nil
	}
	return append([]string{address, quotedInside(address)}, parts...)
}

// parts returns the credentials of an address.
func parts(address string) []string {
	var list []string
	add := func(secret string) {
		forms := []string{secret}
		if plain, err := url.PathUnescape(secret); err == nil && plain != secret {
			forms = append(forms, plain)
		}
		for _, form := range forms {
			if form != "" {
				list = append(list, form, url.QueryEscape(form), url.PathEscape(form), quotedInside(form))
			}
		}
	}
	for _, m := range userinfo.FindAllStringSubmatch(address, -1) {
		add(m[3]) // as it is written
	}
	for _, m := range assigned.FindAllStringSubmatch(address, -1) {
		add(strings.Trim(m[3], "'"))
	}
	if u, err := url.Parse(address); err == nil {
		if p, ok := u.User.Password(); ok {
			add(p)
		}
		for name, values := range u.Query() {
			if secretName.MatchString(name) {
				for _, v := range values {
					add(v)
				}
			}
		}
		return list
	}
	// An address that is none may still hold a password, between the scheme and the last @.
	if _, rest, ok := strings.Cut(address, "://"); ok {
		if at := strings.LastIndex(rest, "@"); at >= 0 {
			if _, p, ok := strings.Cut(rest[:at], ":"); ok {
				add(p)
			}
		}
	}
	return list
}

// quotedInside returns text as it stands between the quotes of %q.
func quotedInside(text string) string {
	q := strconv.Quote(text)
	return q[1 : len(q)-1]
}
