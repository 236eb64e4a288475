// A message that is spoken into the microphone.
import type { Schemas } from '@/shared/api/client.ts'

type Draft = Schemas['AlertDraft']

/** Its draft, which lasts from now as long as the template says; advice with blanks is left out. */
export function draftOf(x: Schemas['RuleTemplate'], kind: Draft['kind'], words: { title: string; body: string }, regions: string[], now = Date.now()): Draft {
  const advice = x.texts?.find((w) => w.lang === 'zh')?.advice ?? ''
  return {
    kind, class: 'emergency', event: x.event, severity: x.severity, texts: [{ lang: 'zh', title: words.title.trim(), body: words.body.trim(), advice: advice.includes('{') ? '' : advice }],
    area: { regions }, endsAt: new Date(now + x.hours * 3_600_000).toISOString(), repeat: { count: x.plays, intervalSeconds: 20 },
  }
}
