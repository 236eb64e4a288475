package text_test

import (
	"testing"

	"github.com/tongsheng/tongsheng/engine/text"
)

func TestMaskHidesWhoItIs(t *testing.T) {
	for from, want := range map[string]string{
		"喇叭坏了，请打 138 0000 1111 找我":  "喇叭坏了，请打 ▇ 找我",
		"电话：０１０－６６６６８８８８":           "电话：▇",
		"身份证11010519900101123X":     "身份证▇",
		"发到 li.si@example.com.cn 吧": "发到 ▇ 吧",
		"微信：abc_12345":              "微信：▇",
		"请王主任来看看，张小明师傅修过":           "请▇主任来看看，▇师傅修过",
		"我叫李四光，住在三楼":                "我叫▇，住在三楼",
		"我姓陈，老张说声音太小":               "我姓▇，老▇说声音太小",
		"Mr. John Smith came twice": "Mr. ▇ came twice",
		"my name is Anna Lee":       "my name is ▇",
		"声音太小，2026 年修了 12 次，还是听不清":  "声音太小，2026 年修了 12 次，还是听不清",
		"希望多播天气，小区门口的喇叭马上修":         "希望多播天气，小区门口的喇叭马上修",
		"": "",
	} {
		if got := text.Mask(from); got != want {
			t.Errorf("%q became %q, want %q", from, got, want)
		}
	}
}
