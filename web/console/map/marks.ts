// The marks on the map: terminals by state, each with a colour and a shape of its own, and
// the shapes of severity that clusters turn into. Drawn to canvas from the tokens.
import { shapes, severities } from '@/shared/severity.ts'
import { token } from '../theme.ts'

/** States that a terminal can be shown in: of its presence, or of its part in a message. */
export const marks = ['online', 'offline', 'never', 'fault', 'waiting', 'received', 'playing', 'played', 'heard', 'stopped', 'failed', 'late', 'silent'] as const
export type Mark = (typeof marks)[number]

type Pen = CanvasRenderingContext2D
interface Inks {
  accent: string
  ink: string
  faint: string
  ground: string
}

const inks = (): Inks => ({ accent: token('accent'), ink: token('ink'), faint: token('ink-3'), ground: token('ground') })

function disc(pen: Pen, r: number, fill: string | undefined, stroke: string | undefined, width = 1.6): void {
  pen.beginPath()
  pen.arc(10, 10, r, 0, 2 * Math.PI)
  if (fill) { pen.fillStyle = fill; pen.fill() }
  if (stroke) { pen.strokeStyle = stroke; pen.lineWidth = width; pen.stroke() }
}

function lines(pen: Pen, stroke: string, width: number, ...segments: [number, number, number, number][]): void {
  pen.strokeStyle = stroke
  pen.lineWidth = width
  pen.lineCap = 'round'
  pen.beginPath()
  for (const [x1, y1, x2, y2] of segments) { pen.moveTo(x1, y1); pen.lineTo(x2, y2) }
  pen.stroke()
}

const drawn: Record<Mark, (pen: Pen, i: Inks) => void> = {
  online: (pen, i) => disc(pen, 4.5, i.accent, i.ground),
  offline: (pen, i) => { disc(pen, 5.5, i.ground, i.faint); lines(pen, i.ink, 1.8, [7.5, 7.5, 12.5, 12.5], [12.5, 7.5, 7.5, 12.5]) },
  never: (pen, i) => disc(pen, 3.5, i.ground, i.faint, 1.4),
  fault: (pen, i) => { pen.fillStyle = i.ink; pen.fillRect(4.5, 4.5, 11, 11); lines(pen, i.ground, 2, [10, 7, 10, 10.5], [10, 13, 10, 13.1]) },
  waiting: (pen, i) => disc(pen, 4.8, i.ground, i.accent, 1.8),
  received: (pen, i) => {
    disc(pen, 4.8, i.ground, i.accent, 1.8)
    pen.beginPath(); pen.arc(10, 10, 4.8, Math.PI / 2, 1.5 * Math.PI); pen.fillStyle = i.accent; pen.fill()
  },
  playing: (pen, i) => { disc(pen, 8, undefined, i.accent, 1.6); disc(pen, 4.5, i.accent, i.ground, 1) },
  played: (pen, i) => disc(pen, 5.2, i.accent, i.ground),
  heard: (pen, i) => { disc(pen, 7.4, i.accent, i.ground); lines(pen, i.ground, 2, [6.8, 10.2, 9.2, 12.6], [9.2, 12.6, 13.4, 7.6]) },
  stopped: (pen, i) => { pen.fillStyle = i.ground; pen.fillRect(5, 5, 10, 10); pen.strokeStyle = i.accent; pen.lineWidth = 1.8; pen.strokeRect(5.6, 5.6, 8.8, 8.8) },
  failed: (pen, i) => { lines(pen, i.ground, 5.4, [5.5, 5.5, 14.5, 14.5], [14.5, 5.5, 5.5, 14.5]); lines(pen, i.ink, 3, [5.5, 5.5, 14.5, 14.5], [14.5, 5.5, 5.5, 14.5]) },
  late: (pen, i) => { disc(pen, 6, i.ground, i.ink, 1.8); lines(pen, i.ink, 1.8, [10, 6.6, 10, 10], [10, 10, 12.4, 11.4]) },
  silent: (pen, i) => { disc(pen, 5.5, i.ground, i.faint); lines(pen, i.ink, 1.8, [7.5, 7.5, 12.5, 12.5], [12.5, 7.5, 7.5, 12.5]) },
}

function canvas(size: number, scale: number): Pen {
  const el = document.createElement('canvas')
  el.width = el.height = size * scale
  const pen = el.getContext('2d', { willReadFrequently: true })!
  pen.scale((size * scale) / 20, (size * scale) / 20)
  return pen
}

/** One terminal mark as pixels, at twice the size for fine screens. */
export function markImage(mark: Mark): ImageData {
  const pen = canvas(20, 2)
  drawn[mark](pen, inks())
  return pen.getImageData(0, 0, 40, 40)
}

/** The same mark as a data URL, for legends and lists. */
export function markURL(mark: Mark): string {
  const pen = canvas(20, 2)
  drawn[mark](pen, inks())
  return pen.canvas.toDataURL()
}

/** A cluster: the shape of the worst severity in it, or a plain disc, filled from below by a share. */
function drawCluster(pen: Pen, severity: string, share: number): void {
  const i = inks()
  const known = severities.find((s) => s === severity)
  const path = new Path2D(known ? shapes[known] : 'M10 1.4a8.6 8.6 0 1 1 0 17.2a8.6 8.6 0 1 1 0-17.2z')
  const [top, bottom] = known === 'yellow' ? [1.6, 18] : [1, 19]
  pen.lineJoin = 'round'
  pen.fillStyle = i.ground
  pen.fill(path)
  pen.save()
  pen.clip(path)
  pen.fillStyle = known ? token(known) : i.accent
  pen.fillRect(0, bottom - (bottom - top) * share, 20, 20)
  pen.restore()
  pen.strokeStyle = known ? i.ink : i.accent
  pen.lineWidth = 0.9
  pen.stroke(path)
}

/** A cluster's shape as pixels, at twice the size for fine screens. */
export function clusterImage(severity: string, share: number): ImageData {
  const pen = canvas(44, 2)
  drawCluster(pen, severity, share)
  return pen.getImageData(0, 0, 88, 88)
}

/** The same shape as a data URL, for legends. */
export function clusterURL(severity: string, share: number): string {
  const pen = canvas(26, 2)
  drawCluster(pen, severity, share)
  return pen.canvas.toDataURL()
}

/** Strokes over what nothing is known of; they join from picture to picture. */
export function hatchImage(): ImageData {
  const pen = canvas(8, 2)
  pen.fillStyle = token('map-land')
  pen.fillRect(0, 0, 8, 8)
  lines(pen, token('map-line'), 1.6, [-4, 4, 4, -4], [-4, 12, 12, -4], [4, 12, 12, 4])
  return pen.getImageData(0, 0, 16, 16)
}
