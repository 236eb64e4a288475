package text

import "regexp"

// masked stands where something was that could tell who wrote or of whom.
const masked = "▇"

// surnames are the hundred and more that nine in ten Chinese bear.
const surnames = `王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤`

const titles = `先生|女士|小姐|太太|老师|师傅|主任|书记|经理|所长|局长|站长|科长|处长|村长|队长|社长|校长|院长|阿姨|叔叔|大爷|大妈|大叔|大婶|大哥|大姐|奶奶|爷爷|同志|医生|大夫|警官`

var masks = []struct {
	find *regexp.Regexp
	put  string
}{
	{regexp.MustCompile(`[\pL\pN._%+-]+[@＠][\pL\pN-]+(\.[\pL\pN-]+)+`), masked},
	// Telephone, identity and other numbers: seven digits or more, in one or by pieces.
	{regexp.MustCompile(`[+＋]?[0-9０-９]([-－—–\s()（）.]?[0-9０-９]){6,}[xXｘＸ]?`), masked},
	{regexp.MustCompile(`(微信号?|QQ号?|qq号?)([：: ]*)[A-Za-z0-9_-]{5,}`), "$1$2" + masked},
	{regexp.MustCompile(`[` + surnames + `]\p{Han}{0,2}?(` + titles + `)`), masked + "$1"},
	{regexp.MustCompile(`([老小])[` + surnames + `]($|[^\p{Han}]|[家说在是的和他她让来去叫])`), "$1" + masked + "$2"},
	{regexp.MustCompile(`(我叫|名叫|叫做|姓名是?|本人)([：: ]*)[` + surnames + `]\p{Han}{1,2}`), "$1$2" + masked},
	{regexp.MustCompile(`姓[` + surnames + `]`), "姓" + masked},
	{regexp.MustCompile(`\b(Mr|Mrs|Ms|Miss|Dr)(\.?\s+)\p{Lu}\pL+(\s+\p{Lu}\pL+)?`), "$1$2" + masked},
	{regexp.MustCompile(`\b(?i:(my name is|I am called))\s+\p{Lu}\pL+(\s+\p{Lu}\pL+)?`), "$1 " + masked},
}

// Mask hides what commonly tells who somebody is in a short text: numbers of telephones and
// papers, addresses of mail, and names that come with a title, a "my name is" or a "surname".
// A bare name in running text it does not find: whoever publishes a text reads it first.
func Mask(s string) string {
	for _, m := range masks {
		s = m.find.ReplaceAllString(s, m.put)
	}
	return s
}
