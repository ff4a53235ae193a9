package live

import (
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline/picture"
)

var (
	//go:embed page.html
	frame string
	//go:embed page.css
	style string
	//go:embed page.js
	script string
)

// page is the whole page, with its style and script.
var page = strings.NewReplacer("{{style}}", style, "{{script}}", script).Replace(frame)

// policy allows this script, these styles and the stream of events, and nothing else.
var policy = strings.Join([]string{
	"default-src 'none'", "connect-src 'self'", "img-src data:",
	"script-src " + hash(script), "style-src " + hash(style) + " " + hash(picture.Style),
	"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
}, "; ")

// hash returns the source that allows exactly this text in a content security policy.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (p *Page) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{token}/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte(page))
	})
	mux.HandleFunc("GET /{token}/events", p.stream)
	return p.guarded(mux)
}

// guarded answers only requests to this host and path. A web page elsewhere whose name resolves to
// 127.0.0.1 (DNS rebinding) sends its own name as the host.
func (p *Page) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		if r.Host != p.host {
			http.Error(w, "this host isn't served here", http.StatusMisdirectedRequest)
			return
		}
		token, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if subtle.ConstantTimeCompare([]byte(token), []byte(p.token)) != 1 {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
