package httpapi_test

import (
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

func TestWhichFormAnAskerGets(t *testing.T) {
	plain, packed := httpapi.Form{ETag: `"t"`}, httpapi.Form{Packed: true, ETag: `"t-gz"`}
	for accepts, want := range map[string]httpapi.Form{
		"":                     plain,
		"br":                   plain,
		"gzip":                 packed,
		"br, GZIP":             packed,
		"gzip;q=0.5, br;q=1":   packed,
		"gzip ; Q=1.000":       packed,
		"gzip;q=0":             plain,
		"br, gzip;q=0.000, br": plain,
		"x-gzip":               plain,
		"gzip;q=much":          plain,
	} {
		if got := httpapi.FormOf(accepts, "", "t"); got != want {
			t.Errorf("accepting %q: %+v, want %+v", accepts, got, want)
		}
	}
	for has, want := range map[string]bool{
		"":                        false,
		`"t"`:                     true,
		`W/"t"`:                   true,
		`"t-gz"`:                  true,
		`"a", W/"t-gz" , "b"`:     true,
		`*`:                       true,
		`"other"`:                 false,
		`"t-br"`:                  false,
		`"a", "tt", W/"t-gz-gz"`:  false,
		`"never", "seen", "here"`: false,
	} {
		if got := httpapi.FormOf("", has, "t").Known; got != want {
			t.Errorf("having %s: known %v, want %v", has, got, want)
		}
	}
}
