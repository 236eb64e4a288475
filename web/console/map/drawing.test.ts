import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, ref, type Ref } from 'vue'
import { useDrawing, type Drawing } from './drawing.ts'
import type { Ring } from './shape.ts'

vi.mock('./style.ts', () => ({ empty: {} })) // it asks the browser for its colours

// A map as far as drawing asks it: it hands events on and has nothing to hit but first corners.
type Handler = (event: unknown) => void
let on: Record<string, Handler>
let keys: Handler
let pen: Drawing
let rings: Ref<Ring[]>
let active: Ref<boolean>
let hit: object[]

beforeEach(() => {
  on = {}
  hit = []
  globalThis.document = { addEventListener: (_: string, fn: Handler) => void (keys = fn), removeEventListener: () => undefined } as never
  globalThis.Element = class {} as never
  const map = {
    on: (name: string, fn: Handler) => void (on[name] = fn), getSource: () => undefined, queryRenderedFeatures: () => hit,
    getCanvas: () => ({ style: {} }), doubleClickZoom: { disable: () => undefined, enable: () => undefined },
  }
  rings = ref([])
  active = ref(true)
  pen = useDrawing(map as never, rings, active)
})
const click = (lng: number, lat: number, detail = 1) => on.click!({ point: { x: 0, y: 0 }, lngLat: { lng, lat }, originalEvent: { detail } })
const press = (key: string) => keys({ key, target: null, preventDefault: () => undefined })
const three: Ring = [[116, 40], [117, 40], [117, 41]]
const corners = (many = 3) => three.slice(0, many).forEach(([lng, lat]) => click(lng, lat))

describe('a shape that was begun', () => {
  it('is kept when drawing ends, by whatever way', async () => {
    corners()
    expect(pen.finish()).toBe(true)
    expect(rings.value).toEqual([three])
    corners()
    active.value = false // from outside
    await nextTick()
    expect(rings.value).toEqual([three, three])
  })
  it('is not closed with fewer than three corners, nor lost', () => {
    corners(2)
    expect([pen.finish(), pen.few.value, pen.started.value.length, rings.value.length]).toEqual([false, true, 2, 0])
    click(117, 41)
    expect([pen.few.value, pen.finish()]).toEqual([false, true])
  })
  it('closes by Enter, by its first corner and by a double click, which adds no corner', () => {
    corners()
    press('Enter')
    corners()
    hit = [{ properties: { ring: -1, corner: 0, middle: false } }]
    click(116, 40)
    hit = []
    corners()
    click(117, 41, 2)
    on.dblclick!({ preventDefault: () => undefined })
    expect(rings.value).toEqual([three, three, three])
  })
  it('gives up a corner, itself, and then drawing', () => {
    corners()
    press('Backspace')
    expect(pen.started.value.length).toBe(2)
    press('Escape')
    expect([pen.started.value.length, rings.value.length, active.value]).toEqual([0, 0, true])
    press('Escape')
    expect(active.value).toBe(false)
  })
})
