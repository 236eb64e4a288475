// The standards that were published last.
import type { Schemas } from '@/shared/api/client.ts'

type Standard = Schemas['StandardView']

/** The versions that were published last, the latest first. */
export const latestOf = (standards: readonly Standard[], count: number): { id: string; nameZh: string; nameEn: string; number: number; from: string; at: string }[] =>
  standards.flatMap((s) => s.versions.flatMap((v) => (v.publishedAt ? [{ id: s.id, nameZh: s.nameZh, nameEn: s.nameEn, number: v.number, from: v.from, at: v.publishedAt }] : [])))
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || b.from.localeCompare(a.from)).slice(0, count)
