// Why something did not reach a far side, in the reader's words and with what to do. The node
// keeps what the network or the far side said as it was said (openweb.Why); that stands behind,
// for the engineer who looks further.
import { t } from '@/shared/i18n.ts'

/** What is said, and the sentence that explains it, the more particular first. */
const known: [RegExp, string][] = [
  [/carry sound only/, 'failure.sound_only'],
  [/carry emergency messages only/, 'failure.emergency_only'],
  [/tune to nothing/, 'failure.no_tuner'],
  [/names no place that has|none of its terminals is in|covers none of the message's places/, 'failure.nowhere'],
  [/platform is no longer registered/, 'failure.unregistered'],
  [/^HTTP (401|403)(:|$)/, 'failure.denied'],
  [/^HTTP (404|405|30\d)(:|$)/, 'failure.address'],
  [/^HTTP (429|5\d\d)(:|$)/, 'failure.busy'],
  [/^HTTP 4\d\d(:|$)/, 'failure.unfit'],
  [/signature does not hold \(unknown\)/, 'failure.receipt_unknown'],
  [/signature does not hold \(unsigned\)/, 'failure.receipt_unsigned'],
  [/signature does not hold \(expired\)/, 'failure.receipt_expired'],
  [/signature does not hold/, 'failure.receipt_bad'],
  [/the answer is no (package|receipt)|the answer is too long for a receipt/, 'failure.no_receipt'],
  [/connection refused/, 'failure.refused'],
  [/no such host|server misbehaving/, 'failure.name'],
  [/x509:|tls:|server gave HTTP response to HTTPS client/, 'failure.tls'],
  [/i\/o timeout|deadline exceeded|Client\.Timeout|TLS handshake timeout|timeout awaiting/, 'failure.timeout'],
  [/no route to host|network is unreachable/, 'failure.network'],
  [/EOF|connection reset|broken pipe/, 'failure.broken'],
]

/** A failure as people read it; what nobody foresaw stands as it was said. */
export function failureWords(said: string): string {
  const key = known.find(([is]) => is.test(said))?.[1]
  return key ? t('failure.said', { words: t(key), said }) : said
}

/** A note of the desk's queue on an output that fails, the output's name before what was said. */
export function failureNote(note: string): string {
  const at = note.indexOf('：') + 1
  return note.slice(0, at) + failureWords(note.slice(at))
}
