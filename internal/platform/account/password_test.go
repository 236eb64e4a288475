package account

import (
	"context"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

func TestAcceptable(t *testing.T) {
	for password, want := range map[string]string{
		"nine blue lanterns": "", "Ab3!xyzq": "", "九盏蓝色的灯笼挂在城门上": "", "correct-horse-42": "",
		"Ab3!xyz": "too_weak", "abcdefg1": "too_weak", "": "too_weak", strings.Repeat("abcdefgh1", 20): "too_long",
		"Password2026!": "common", "P@ssw0rd1234": "common", "qwertyuiop123!": "common", "woaini1314!!": "common", "123456789012": "common",
		"abcdefghijklmn": "common", "nmlkjihgfedcba": "common", "aaaaaaaaaaaaaa": "common", "abababababab": "common", "Aaaa1111!!!!": "common",
		"zhangsan-likes-tea": "contains_name", "我叫张三丰啊张三丰不一样": "contains_name",
	} {
		got := ""
		if err := acceptable("password", password, "ZhangSan", "张三丰啊"); err != nil {
			got = strings.TrimPrefix(fault.Of(err).Code, "account.password.")
		}
		if got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
}

func TestMadePasswordsAreAcceptable(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		p := newPassword()
		if err := acceptable("password", p, "amy"); err != nil || seen[p] {
			t.Fatal(p, err)
		}
		seen[p] = true
	}
}

func TestHashing(t *testing.T) {
	h := newHasher(cost{1, 64, 1})
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		p, q := rapid.String().Draw(rt, "password"), rapid.String().Draw(rt, "other")
		phc, err := h.hash(ctx, p)
		if err != nil {
			rt.Fatal(err)
		}
		if ok, dated, err := h.verify(ctx, p, phc); !ok || dated || err != nil {
			rt.Fatal(ok, dated, err)
		}
		if ok, _, err := h.verify(ctx, q, phc); ok != (composed(p) == composed(q)) || err != nil {
			rt.Fatal(ok, err)
		}
	})
	for _, bad := range []string{"", "x", "$argon2id$v=18$m=64,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=1,p=1$AAAA$", "$argon2id$v=19$m=64,t=1,p=1$AAAA"} {
		if ok, _, err := h.verify(ctx, "x", bad); ok || err == nil {
			t.Errorf("%q was taken for a hash", bad)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for range cap(h.slots) {
		h.slots <- struct{}{}
	}
	if _, err := h.hash(cancelled, "x"); err == nil {
		t.Error("a hash was made though every slot was taken")
	}
}

func TestAHashOfAnotherCostIsMadeAnewAtSignIn(t *testing.T) {
	each(t, func(h *house) {
		h.hasher.cost = cost{2, 128, 1}
		h.enter("amy")
		u, _, err := userByName(context.Background(), h.DB, "amy")
		if err != nil || !strings.HasPrefix(u.password, "$argon2id$v=19$m=128,t=2,p=1$") {
			t.Errorf("hash %s %v", u.password, err)
		}
		h.enter("amy")
	})
}
