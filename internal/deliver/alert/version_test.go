package alert

import (
	"testing"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
)

// What a version before claimed and was heard of says nothing of the newest: the headline
// begins anew with an update, what came of any version stands beside it, and both survive
// that everything is read again from the database.
func TestFiguresAreOfTheNewestVersion(t *testing.T) {
	each(t, func(b *bench) {
		stays, second, leaves := b.town.stand(township1, 1), b.town.stand(township1, 2), b.town.stand(township2, 1)
		msg := b.issued(b.rain(chaoyang))
		b.look()
		for _, s := range []*speaker{stays, second, leaves} {
			s.finish(-20)
		}
		b.look()
		want := delivery.Figures{Targets: 3, Answered: 3, Reached: 3, Heard: 3, Played: 3, Ever: delivery.Ever{Targets: 3, Reached: 3, Heard: 3}}
		if got := b.figures(msg.ID); got != want {
			b.Fatalf("the first version: %+v", got)
		}
		second.deaf = true
		b.updated(msg.ID, b.rain(township1))
		b.look()
		for range 2 {
			f := b.figures(msg.ID)
			if f.Targets != 2 || f.Answered != 1 || f.Reached != 1 || f.Heard != 0 || f.Playing != 1 || f.Ever != want.Ever {
				b.Errorf("the second version plays at one of two: %+v", f)
			}
			var curve delivery.Curve
			b.call("viewer", "GET", "/api/alerts/"+msg.ID+"/curve", nil, 200, &curve)
			if n := len(curve.Reached); curve.Targets != 2 || curve.Reached[n-1] != 1 || curve.Heard[n-1] != 0 || len(curve.Quick) != 10 {
				b.Errorf("%+v", curve)
			}
			b.restart()
			b.look()
		}
		// Its microphone hears nothing of the second version; it heard the first.
		stays.finish(-71)
		b.look()
		b.restart()
		if f := b.figures(msg.ID); f.Heard != 0 || f.Unheard != 1 || f.Played != 2 || f.Ever.Heard != 3 {
			b.Errorf("%+v", f)
		}
	})
}
