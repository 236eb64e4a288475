// What stands close is drawn as one shape: that of the gravest message, filled as far as its
// terminals have answered, with how many there are and how many of them are in trouble.
import type { ExpressionSpecification } from 'maplibre-gl'
import { severities } from '@/shared/severity.ts'
import type { Box } from './labels.ts'
import type { Mark } from './marks.ts'
import type { Position } from './shape.ts'

/** Marks that need somebody's hands. */
export const troubles: Mark[] = ['offline', 'fault', 'failed', 'late', 'silent']

/** Marks of a terminal's part in a message, and those of them that tell of an answer. */
const answers: Mark[] = ['received', 'playing', 'played', 'heard', 'stopped', 'failed']
export const asked: Mark[] = ['waiting', 'late', 'silent', ...answers]

/** In how many steps a shape fills. */
export const fillSteps = 8

const is = (marks: Mark[]): ExpressionSpecification => ['case', ['in', ['get', 'mark'], ['literal', marks]], 1, 0]

/** What a cluster knows of the terminals in it. */
export const clusterProperties = {
  worst: ['min', ['get', 'rank']],
  trouble: ['+', is(troubles)],
  asked: ['+', is(asked)],
  answered: ['+', is(answers)],
} satisfies Record<string, ExpressionSpecification>

export const clusterNames = ['none', ...severities] as const

const severity: ExpressionSpecification = ['match', ['get', 'worst'], 1, 'red', 2, 'orange', 3, 'yellow', 4, 'blue', 'none']
// Full only when everyone has answered, empty only while nobody has; open where nobody is asked.
const filled: ExpressionSpecification = ['case',
  ['==', ['get', 'asked'], 0], 0,
  ['==', ['get', 'answered'], ['get', 'asked']], fillSteps,
  ['==', ['get', 'answered'], 0], 0,
  ['max', 1, ['min', fillSteps - 1, ['round', ['/', ['*', fillSteps, ['get', 'answered']], ['get', 'asked']]]]]]

/** The name of a cluster's picture. */
export const clusterIcon: ExpressionSpecification = ['concat', 'cluster-', severity, '-', ['to-string', filled]]
export const iconName = (severity: string, fill: number): string => `cluster-${severity}-${fill}`

/** How many there are, in full. */
export const clusterCount: ExpressionSpecification = ['number-format', ['get', 'point_count'], { locale: 'en' }]

/** How many are in trouble; nothing where none is. */
export const clusterTrouble: ExpressionSpecification = ['case', ['>', ['get', 'trouble'], 0],
  ['concat', '× ', ['number-format', ['get', 'trouble'], { locale: 'en' }]], '']

/** Whether the number stands below: a shape that fills, or has corners, leaves it no room. */
export const countBelow: ExpressionSpecification = ['any', ['>', ['get', 'asked'], 0], ['<', ['get', 'worst'], 9]]

/** How large a shape is drawn, as a share of its picture; pixels from its middle to its edge. */
const sizes: [count: number, size: number][] = [[2, 0.55], [50, 0.75], [500, 1], [5000, 1.25]]
export const clusterSize: ExpressionSpecification = ['interpolate', ['linear'], ['get', 'point_count'], ...sizes.flat()]
export const edge = 20.7

/** How far words stand from the middle, along an axis, so that they clear the shape; where
    a condition is given, only then. */
export const clear = (axis: 0 | 1, fontSize: number, when: ExpressionSpecification = ['literal', true] as never): ExpressionSpecification =>
  ['interpolate', ['linear'], ['get', 'point_count'],
    ...sizes.flatMap(([count, size]) => {
      const em = (size * edge + 2) / fontSize
      return [count, ['case', when, ['literal', axis === 0 ? [em, 0] : [0, em - 0.15]], ['literal', [0, 0]]]]
    })] as never

/** A cluster's size, as the map draws it. */
function sizeOf(count: number): number {
  const at = sizes.findIndex(([n]) => n >= count)
  if (at < 0) return sizes.at(-1)![1]
  if (at === 0) return sizes[0]![1]
  const [[n0, s0], [n1, s1]] = [sizes[at - 1]!, sizes[at]!]
  return s0 + ((count - n0) / (n1 - n0)) * (s1 - s0)
}

/** What a cluster covers with its words, around a pixel. */
export function clusterBox(c: { point_count: number; trouble: number; asked: number; worst: number }, [x, y]: Position): Box {
  const r = sizeOf(c.point_count) * edge
  const below = c.asked > 0 || c.worst < 9 ? 15 : 0
  const beside = c.trouble > 0 ? 12 + 7 * String(c.trouble).length : 0
  return { at: [x + beside / 2, y + below / 2], half: [r + beside / 2, r + below / 2] }
}
