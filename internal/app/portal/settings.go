package portal

import (
	"context"
	"net/http"
)

// settingsPage answers: how do you want to read these pages?
type settingsPage struct {
	Saved bool
	Where string
}

func (p *Portal) settings(ctx context.Context, r *request) (string, any, bool, error) {
	where, _ := p.readerPlace(ctx, r)
	return r.t("settings.title"), settingsPage{r.URL.Query().Has("saved"), where}, false, nil
}

// maxForm is the size of a form, bytes.
const maxForm = 4 << 10

// choose keeps what a form says and goes back to where it was sent from.
func (p *Portal) choose(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Redirect(w, r, "/settings", http.StatusSeeOther)
		return
	}
	chosen := readPrefs(r)
	chosen.apply(r.PostForm)
	chosen.keep(w, p.deps.Secure)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, backTo(r.PostForm.Get("back")), http.StatusSeeOther)
}
