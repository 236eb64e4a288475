// Where the telephone is, once its owner lets the page know, and how far things are from there.
import { ref } from 'vue'
import { number } from '@/shared/format.ts'
import { t } from '@/shared/i18n.ts'
import type { Carried, Point } from './depot.ts'

export const here = ref<Point>()
export const canLocate = (): boolean => 'geolocation' in navigator && isSecureContext

/** Asks where the telephone is; whether it said so. */
export const locate = (): Promise<boolean> => new Promise((resolve) => {
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    here.value = { lon: coords.longitude, lat: coords.latitude }
    resolve(true)
  }, () => resolve(false), { enableHighAccuracy: true, timeout: 20_000, maximumAge: 60_000 })
})

/** Asks again where that was allowed before. */
export async function locateAgain(): Promise<void> {
  const allowed = await navigator.permissions?.query({ name: 'geolocation' }).catch(() => undefined)
  if (allowed?.state === 'granted') await locate()
}

const earth = 6_371_009 // m
const rad = Math.PI / 180

/** Metres between two points, along the ground. */
export function metres(a: Point, b: Point): number {
  const [x, y] = [(b.lon - a.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad), (b.lat - a.lat) * rad]
  return earth * Math.hypot(x, y)
}

export const distanceWords = (c: Carried): string => {
  if (!here.value || !c.place) return ''
  const far = metres(here.value, c.place)
  return far < 1000 ? t('task.metres', { far: number(Math.max(10, Math.round(far / 10) * 10)) }) : t('task.kilometres', { far: number(far / 1000, 1) })
}

/** What shows a place in the telephone's own map. */
export function mapLink({ lon, lat }: Point, name: string): string {
  const at = `${lat.toFixed(6)},${lon.toFixed(6)}`
  return /iPhone|iPad/.test(navigator.userAgent) ? `https://maps.apple.com/?ll=${at}&q=${encodeURIComponent(name)}` : `geo:${at}?q=${at}(${encodeURIComponent(name)})`
}
