# Prints the characters of the embedded fonts: GB 2312 (levels 1 and 2 and its signs),
# Latin with accents, arrows, mathematics, boxes, and characters of Chinese place and
# personal names that GB 2312 lacks. Used as README.md says.
import sys

s = set()
for hi in range(0xA1, 0xF8):
    for lo in range(0xA1, 0xFF):
        if 0xB0 <= hi or hi in (0xA1, 0xA2, 0xA3, 0xA6, 0xA9):
            try:
                s.add(bytes([hi, lo]).decode("gb2312"))
            except UnicodeDecodeError:
                pass
ranges = [
    (0x20, 0x7E), (0xA0, 0x17F), (0x1CD, 0x1DC), (0x2010, 0x2027), (0x2030, 0x203B),
    (0x2070, 0x2089), (0x20AC, 0x20AC), (0x2103, 0x2103), (0x2109, 0x2109), (0x2116, 0x2116),
    (0x2122, 0x2122), (0x2126, 0x2126), (0x2190, 0x2193), (0x2200, 0x221E), (0x2248, 0x2265),
    (0x2460, 0x2473), (0x25A0, 0x25CF), (0x2605, 0x2606), (0x2713, 0x2717), (0x3000, 0x3017),
    (0xFF01, 0xFF5E), (0xFFE5, 0xFFE5), (0x3BC, 0x3BC),
]
for a, b in ranges:
    s.update(chr(c) for c in range(a, b + 1))
s.update("垡㙟堠垟塍墘崾崁堃砼赟喆玥昇堽漷镕甪湉珺祎璟瑀翀菂镆燊頔晟旸暄炘玘珣鑫淼焱森垚犇骉羴鱻囍嘢"
         "泃妫峂瀛鄚滹沱洺泜沣浐涔漖漈埗堌垴坨塬墒峪嵎崮岙岽峁嵝圪圐圙垯塱塆堑坜坂磙碶碛碣砦硚硖磜礤")
sys.stdout.write("".join(sorted(s)))
