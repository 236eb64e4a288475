package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/loose"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/ebm"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/openweb"
)

// Limits of a package that comes, and of what is read of a large one before it is known whose
// it is.
var (
	limits = ebd.Limits{Entries: 64, Document: 4 << 20, Resource: maxPackage, Total: maxPackage}
	bare   = ebd.Limits{Entries: limits.Entries, Document: limits.Document, Total: 2 * limits.Document, Bare: true}
)

// maxPackage is the largest package, bytes: a quarter of an hour of MP3.
const maxPackage = 48 << 20

// verdict is what is answered to a package.
type verdict struct {
	code  ebd.ResultCode
	words string
	doc   *ebd.Document // what it answers; nil where nothing could be read
	seq   uint64        // of an answer that was given before
	at    time.Time
}

func no(code ebd.ResultCode, doc *ebd.Document, words string, args ...any) *verdict {
	return &verdict{code: code, doc: doc, words: heard(fmt.Sprintf(words, args...), 300)}
}

// Receive judges a package, stores it and gives the package that answers it. The words of an
// answer are Chinese: people at the other platform read them. An error is this platform's
// own, and nothing was kept.
func (d *Desk) Receive(ctx context.Context, b *posted, contentType string) (answer []byte, name string, code ebd.ResultCode, err error) {
	v, err := d.judge(ctx, b, contentType)
	if err != nil {
		return nil, "", 0, err
	}
	if v.seq == 0 {
		if v.seq, err = d.seqs.take(ctx); err != nil {
			return nil, "", 0, err
		}
		v.at = d.Clock.Now()
	}
	answer, name, err = d.answer(v)
	return answer, name, v.code, err
}

// judge says what is answered to a package; what is right is stored when it returns. All of a
// large one is taken into memory only once a peer's signature was seen to hold.
func (d *Desk) judge(ctx context.Context, b *posted, contentType string) (*verdict, error) {
	var raw []byte
	var pkg *ebd.Package
	var warnings []ebd.Warning
	var err error
	if b.file == nil {
		raw, pkg, warnings, err = b.read(contentType)
	} else {
		if err := d.glances.Acquire(ctx, 1); err != nil {
			return nil, err
		}
		pkg, warnings, err = ebd.ReadPackage(b.archive(contentType), bare)
		d.glances.Release(1)
	}
	if err != nil {
		return no(ebd.ResultUnreadable, nil, "数据包无法解析：%s", reason(err)), nil
	}
	doc := pkg.Document
	if slices.ContainsFunc(warnings, func(w ebd.Warning) bool { return w.Code == loose.Truncated }) {
		return no(ebd.ResultUnreadable, doc, "数据包不完整：业务数据文件在中途断开"), nil
	}
	from := doc.Source()
	if from == "" {
		from = doc.EBDID.Source()
	}
	p := d.byCode(from)
	switch {
	case from == "":
		return no(ebd.ResultIncomplete, doc, "缺少数据包来源 SRC/EBRID"), nil
	case p == nil:
		return no(ebd.ResultOther, doc, "平台 %s 未在本平台登记", from), nil
	case !p.Enabled:
		return no(ebd.ResultOther, doc, "平台 %s 在本平台已停用", from), nil
	}
	said := pkg.Verify(p.lookup, d.Clock.Now())
	_, heartbeat := doc.Body.(*ebd.ConnectionCheck)
	bare := heartbeat && said.Outcome == ebd.Unsigned
	if said.Outcome != ebd.Verified && !bare {
		return d.refused(ctx, p, pkg, said, no(ebd.ResultBadSignature, doc, "%s", signatureWords(said)))
	}
	if v := d.complete(doc); v != nil {
		return d.refused(ctx, p, pkg, said, v)
	}
	d.feel(p.ID, func(h *Health, now time.Time) {
		h.HeardAt = now
		if heartbeat {
			h.BeatAt = now
		}
	})
	if heartbeat { // its number is always the same, and it says nothing worth keeping
		return &verdict{code: ebd.ResultGood, words: "心跳正常", doc: doc}, nil
	}
	if b.file != nil {
		signed := pkg.Body.Data
		if raw, pkg, warnings, err = b.read(contentType); err == nil && !bytes.Equal(pkg.Body.Data, signed) {
			err = errors.New("EBDB")
		}
		if err != nil {
			return no(ebd.ResultUnreadable, doc, "数据包无法解析：%s", reason(err)), nil
		}
	}
	in := entryOf(p, pkg, said, warnings)
	in.code, in.words, in.state = ebd.ResultGood, "接收成功", waiting
	return d.keep(ctx, &parcel{entry: in, raw: raw, pkg: pkg})
}

// read reads the package whole.
func (b *posted) read(contentType string) (raw []byte, pkg *ebd.Package, warnings []ebd.Warning, err error) {
	whole := bytes.NewBuffer(make([]byte, 0, b.size+bytes.MinRead))
	if _, err = whole.ReadFrom(b.archive(contentType)); err != nil {
		return nil, nil, nil, err
	}
	pkg, warnings, err = ebd.ReadPackage(bytes.NewReader(whole.Bytes()), limits)
	return whole.Bytes(), pkg, warnings, err
}

// signatureWords say why a signature does not hold.
func signatureWords(v ebd.Verdict) string {
	return map[ebd.Outcome]string{ebd.Unsigned: "缺少签名文件", ebd.Unreadable: "签名文件无法解析，或不是本数据包的签名",
		ebd.UnknownKey: "证书 " + v.Cert.String() + " 未在本平台登记", ebd.Expired: "证书 " + v.Cert.String() + " 已过期",
		ebd.Forged: "签名与内容不符"}[v.Outcome]
}

// complete says what a document lacks, or why it is none for this platform; nil for nothing.
func (d *Desk) complete(doc *ebd.Document) *verdict {
	to := doc.Destination()
	missing := ""
	switch b := doc.Body.(type) {
	case nil:
		missing = "业务数据详情"
	case *ebd.EBM:
		if b.EBMID.Seq() == 0 && len(b.EBMID) == 35 { // by 082 table 2 nobody need act on it
			break
		}
		if part := ebm.Missing(b); part != "" {
			missing = "EBM/" + part
		}
	case *ebd.EBMStateRequest:
		if b.EBM == nil || b.EBM.EBMID == "" {
			missing = "EBMStateRequest/EBM/EBMID"
		}
	case *ebd.EBMStateResponse:
		if b.EBM == nil || b.EBM.EBMID == "" {
			missing = "EBMStateResponse/EBM/EBMID"
		}
	case *ebd.OMDRequest:
		if b.OMDType == "" {
			missing = "OMDRequest/OMDType"
		}
	case *ebd.EBDResponse:
		return no(ebd.ResultOther, doc, "接收回执应在原连接中返回")
	}
	switch {
	case doc.EBDID == "":
		return no(ebd.ResultIncomplete, doc, "缺少数据包编号 EBDID")
	case missing != "":
		return no(ebd.ResultIncomplete, doc, "缺少 %s", missing)
	case to.Validate(ebd.GDJ2018) == nil && to != d.Self.Code && !to.IsGroup(): // what was signed for another counts there
		return no(ebd.ResultOther, doc, "数据包的目标是 %s，本平台是 %s", to, d.Self.Code)
	}
	return nil
}

// refused notes what came under a peer's name and was not taken, as far as the log has room:
// whoever has no key must not fill it.
func (d *Desk) refused(ctx context.Context, p *Peer, pkg *ebd.Package, said ebd.Verdict, v *verdict) (*verdict, error) {
	d.feel(p.ID, func(h *Health, now time.Time) { h.RefusedAt, h.Refusal = now, v.words })
	if !d.stranger(p.ID, refusalsKept) {
		return v, nil
	}
	in := entryOf(p, pkg, said, nil)
	in.code, in.words, in.state = v.code, v.words, refused
	seq, err := d.seqs.take(ctx)
	if err != nil {
		return nil, err
	}
	in.seq, in.receivedAt = seq, d.Clock.Now()
	v.seq, v.at = seq, in.receivedAt
	d.warn("a refused package could not be noted", d.noteRefused(ctx, in))
	d.Live.Tell("alert.peer", d.Read, p.RegionPath, map[string]any{"id": p.ID})
	return v, nil
}

// refusalsKept is how many refusals a minute are kept of one peer.
const refusalsKept = 30

// entryOf is the record of a package.
func entryOf(p *Peer, pkg *ebd.Package, said ebd.Verdict, warnings []ebd.Warning) *entry {
	doc := pkg.Document
	in := &entry{peer: p.ID, regionPath: p.RegionPath, ebdid: cutID(string(doc.EBDID)), kind: cutID(doc.EBDType), digest: blob.Digest(pkg.Body.Data), signature: string(said.Outcome), cert: said.Cert.String(),
		rank: rankOf(doc)}
	in.ebmid = cutID(ebmidOf(doc))
	for _, w := range warnings {
		if len(in.warnings) < maxWarnings {
			in.warnings = append(in.warnings, heard(w.String(), 300))
		}
	}
	return in
}

const maxWarnings = 20

// cutID bounds an id that is not as it should be.
func cutID(id string) string { return openweb.Words(id[:min(len(id), ebm.MaxID)]) }

// heard are so many characters of what another platform chose, for people to read.
func heard(text string, limit int) string { return message.Cut(openweb.Words(text), limit) }

func ebmidOf(doc *ebd.Document) string {
	switch b := doc.Body.(type) {
	case *ebd.EBM:
		return string(b.EBMID)
	case *ebd.EBMStateRequest:
		if b.EBM != nil {
			return string(b.EBM.EBMID)
		}
	case *ebd.EBMStateResponse:
		if b.EBM != nil {
			return string(b.EBM.EBMID)
		}
	}
	return ""
}

// Ranks: what is acted on, and what is sent, before what.
const (
	rankReport = iota
	rankState
	rankAsk
	rankDrill
	rankMessage // and up to red
	rankRed     = rankMessage + 3
	rankCancel  = rankRed + 1
)

func rankOf(doc *ebd.Document) int {
	switch b := doc.Body.(type) {
	case *ebd.EBM:
		if b.MsgBasicInfo == nil {
			return rankDrill
		}
		switch b.MsgBasicInfo.MsgType {
		case ebd.MsgCancel:
			return rankCancel
		case ebd.MsgReal:
			if s := b.MsgBasicInfo.Severity; s >= ebd.SeverityRed && s <= ebd.SeverityBlue {
				return rankRed - int(s-ebd.SeverityRed)
			}
			return rankMessage
		}
		return rankDrill
	case *ebd.EBMStateRequest, *ebd.OMDRequest:
		return rankAsk
	case *ebd.EBMStateResponse, *ebd.EBMBrdLog, *ebd.EBDNotify:
		return rankState
	}
	return rankReport
}

// answer makes the signed receipt. The same verdict gives the same document each time.
func (d *Desk) answer(v *verdict) (raw []byte, name string, err error) {
	doc := v.doc
	if doc == nil {
		doc = &ebd.Document{}
	}
	receipt, err := ebd.Respond(doc, d.Self.Code, v.seq, v.code, v.words, v.at)
	if err != nil {
		return nil, "", err
	}
	if d.URL != "" {
		receipt.SRC.URL = d.URL
	}
	pkg, err := d.signed(receipt, v.at)
	if err != nil {
		return nil, "", err
	}
	var out bytes.Buffer
	err = pkg.Write(&out)
	return out.Bytes(), pkg.FileName(ebd.GDJ2018), err
}

// signed packs and signs a document with the files that go with it.
func (d *Desk) signed(doc *ebd.Document, at time.Time, resources ...ebd.File) (*ebd.Package, error) {
	pkg, err := ebd.NewPackage(ebd.GDJ2018, doc, resources...)
	if err != nil {
		return nil, err
	}
	return pkg, pkg.Sign(ebd.GDJ2018, d.signer(), at)
}

// reason is an engine's error in a few words.
func reason(err error) string {
	var e *ebd.Error
	if errors.As(err, &e) {
		return strings.TrimSpace(e.Thing + " " + e.Field + " " + e.Code)
	}
	return heard(err.Error(), 200)
}
