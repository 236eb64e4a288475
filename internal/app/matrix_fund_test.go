package app

import (
	"fmt"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// purpose is what the money of the matrix is for, made once.
func (a *App) purpose() string {
	a.ask(operation{method: "POST", path: "/api/measure/purposes"}, request{body: `{"code":"matrix","nameZh":"试","nameEn":"matrix"}`}, finance, cityPath)
	return "matrix"
}

func (s *scene) fundBody() string {
	return fmt.Sprintf(`{"kind":"line","parent":"","purpose":"%s","region":"%s","year":2026,"day":"","amount":%d,"source":"city","name":"试","number":"","party":"","conditions":"","note":""}`, s.a.purpose(), s.code, s.next()%1000+1)
}

// money is a fund of this place that waits to be confirmed.
func (s *scene) money() revised {
	return s.a.made(s.t, finance, "/api/measure/funds", s.fundBody(), "")
}

// fund makes what an operation on money works on.
func (s *scene) fund(op operation, in *request) string {
	switch op.id {
	case "measure-fund-enter":
		in.body = s.fundBody()
		return s.code
	case "measure-fund-change":
		in.body = s.fundBody()
	}
	f := s.money()
	if op.id == "measure-fund-void" {
		in.body = `{"reason":"matrix"}`
		f = s.a.made(s.t, reviewer, "/api/measure/funds/"+f.ID+"/confirm", "", httpapi.ETag(f.Revision))
	}
	in.match = httpapi.ETag(f.Revision)
	return f.ID
}

// widePurpose is a change of what money is for.
func (a *App) widePurpose(t *testing.T, op operation, serial *int, in *request) {
	*serial++
	code := fmt.Sprintf("m%d", *serial)
	in.fill, in.body = map[string]string{"code": code}, fmt.Sprintf(`{"code":"%s","nameZh":"试","nameEn":"matrix"}`, code)
	if op.id == "measure-purpose-put" {
		in.match = httpapi.ETag(a.made(t, finance, "/api/measure/purposes", in.body, "").Revision)
	}
}
