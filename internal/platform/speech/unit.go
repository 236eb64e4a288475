package speech

import (
	"regexp"
	"sort"
	"strings"
)

// zhUnits says the unit symbols of GB 3100 and GB 3102 that warnings use.
var zhUnits = map[string]string{
	"℃": "摄氏度", "°": "度",
	"mm": "毫米", "cm": "厘米", "m": "米", "km": "千米",
	"m²": "平方米", "m2": "平方米", "km²": "平方千米", "km2": "平方千米", "hm²": "公顷", "ha": "公顷",
	"m³": "立方米", "m3": "立方米", "L": "升", "mL": "毫升", "ml": "毫升",
	"g": "克", "mg": "毫克", "kg": "千克", "t": "吨",
	"s": "秒", "min": "分钟", "h": "小时", "d": "天",
	"m/s": "米每秒", "km/h": "千米每小时", "mm/h": "毫米每小时", "m³/s": "立方米每秒", "m3/s": "立方米每秒",
	"μg/m³": "微克每立方米", "µg/m³": "微克每立方米", "ug/m3": "微克每立方米", "mg/m³": "毫克每立方米", "mg/L": "毫克每升",
	"Pa": "帕", "hPa": "百帕", "kPa": "千帕", "MPa": "兆帕",
	"V": "伏", "kV": "千伏", "W": "瓦", "kW": "千瓦", "MW": "兆瓦", "kWh": "千瓦时", "A": "安",
	"Hz": "赫兹", "kHz": "千赫", "MHz": "兆赫", "GHz": "吉赫", "dB": "分贝", "dBμV/m": "分贝微伏每米",
	"km²/h": "平方千米每小时", "mSv": "毫希沃特", "μSv/h": "微希沃特每小时", "µSv/h": "微希沃特每小时",
}

// enUnits gives one and many of the same symbols.
var enUnits = map[string][2]string{
	"℃": {"degree Celsius", "degrees Celsius"}, "°": {"degree", "degrees"},
	"mm": {"millimetre", "millimetres"}, "cm": {"centimetre", "centimetres"}, "m": {"metre", "metres"}, "km": {"kilometre", "kilometres"},
	"m²": {"square metre", "square metres"}, "km²": {"square kilometre", "square kilometres"}, "ha": {"hectare", "hectares"},
	"m³": {"cubic metre", "cubic metres"}, "L": {"litre", "litres"}, "mL": {"millilitre", "millilitres"},
	"g": {"gram", "grams"}, "mg": {"milligram", "milligrams"}, "kg": {"kilogram", "kilograms"}, "t": {"tonne", "tonnes"},
	"s": {"second", "seconds"}, "min": {"minute", "minutes"}, "h": {"hour", "hours"},
	"m/s": {"metre per second", "metres per second"}, "km/h": {"kilometre per hour", "kilometres per hour"},
	"mm/h": {"millimetre per hour", "millimetres per hour"}, "m³/s": {"cubic metre per second", "cubic metres per second"},
	"μg/m³": {"microgram per cubic metre", "micrograms per cubic metre"}, "µg/m³": {"microgram per cubic metre", "micrograms per cubic metre"},
	"mg/L": {"milligram per litre", "milligrams per litre"},
	"hPa":  {"hectopascal", "hectopascals"}, "kPa": {"kilopascal", "kilopascals"},
	"V": {"volt", "volts"}, "kV": {"kilovolt", "kilovolts"}, "kW": {"kilowatt", "kilowatts"}, "MW": {"megawatt", "megawatts"}, "kWh": {"kilowatt hour", "kilowatt hours"},
	"Hz": {"hertz", "hertz"}, "kHz": {"kilohertz", "kilohertz"}, "MHz": {"megahertz", "megahertz"}, "dB": {"decibel", "decibels"},
}

// unitNames is an alternation of the symbols, longest first, so that km/h wins over k.
func unitNames[V any](units map[string]V) string {
	names := make([]string, 0, len(units))
	for n := range units {
		names = append(names, regexp.QuoteMeta(n))
	}
	sort.Slice(names, func(i, j int) bool {
		return len(names[i]) > len(names[j]) || len(names[i]) == len(names[j]) && names[i] < names[j]
	})
	return strings.Join(names, "|")
}
