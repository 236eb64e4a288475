// A browser by the names that people know it by, from what it says of itself.
const browsers: [RegExp, string][] = [
  [/Edg\//, 'Edge'], [/MicroMessenger\//, '微信'], [/OPR\//, 'Opera'], [/Firefox\//, 'Firefox'], [/Chrom(e|ium)\//, 'Chrome'], [/Safari\//, 'Safari'],
]
const systems: [RegExp, string][] = [
  [/HarmonyOS|OpenHarmony/, 'HarmonyOS'], [/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'], [/Linux/, 'Linux'],
]

/** Browser and system, such as "Chrome · Windows"; what is not known stays as it is. */
export function browserOf(agent: string): string {
  const named = [browsers, systems].map((list) => list.find(([sign]) => sign.test(agent))?.[1]).filter(Boolean)
  return named.length ? named.join(' · ') : agent
}
