// Who is signed in and what they may do. The server decides; this only spares people
// from being shown what they cannot do.
import { computed, ref } from 'vue'
import { answer, api, onSignedOut, onUse, type Out } from '@/shared/api/client.ts'
import { Problem } from '@/shared/api/problem.ts'
import { chooseLang, lang, type Lang } from '@/shared/i18n.ts'
import { zone } from '@/shared/clock.ts'
import { startLive, stopLive } from '@/shared/live.ts'
import { themeChoice, type ThemeChoice } from './theme.ts'

type Person = NonNullable<Out<'/api/session', 'get'>['user']>

export const user = ref<Person>()

/** When a request of any window last counted as use of the session, in milliseconds. */
const usedAt = ref(Date.now())
const lastUse = 'tongsheng.used'
onUse(() => {
  usedAt.value = Date.now()
  localStorage.setItem(lastUse, String(usedAt.value))
})

/** When the session ends: by idleness or by age, whichever comes first; in milliseconds. */
export const endsAt = computed(() =>
  user.value ? Math.min(usedAt.value + user.value.idleMinutes * 60_000, Date.parse(user.value.endsAt)) : Infinity)

// Who was signed in and did not sign out is told so when the session is gone.
const marker = 'tongsheng.signed_in'

/** Whether the session that this browser had ran out, rather than being ended by its owner. */
export const ranOut = (): boolean => !user.value && localStorage.getItem(marker) !== null

/** Takes the person as the server gave them, with their language and look. */
export function enter(person: Person): void {
  user.value = person
  usedAt.value = Date.now()
  localStorage.setItem(marker, person.id)
  chooseLang(person.lang as Lang)
  themeChoice.value = person.theme as ThemeChoice
  startLive()
}

function leave(): void {
  user.value = undefined
  stopLive()
}
onSignedOut(leave)

// Windows of one browser share a session: who uses it in one, signs out, or in as somebody else,
// does so in all of them.
addEventListener('storage', ({ key, newValue }) => {
  if (key === lastUse) usedAt.value = Math.max(usedAt.value, Number(newValue))
  if (key !== marker || !user.value || newValue === user.value.id) return
  if (newValue) location.reload()
  else void readSession().catch(() => undefined)
})

/** Asks the server who is signed in; undefined when nobody is. Counts as use. */
export async function readSession(): Promise<Person | undefined> {
  try {
    const session = await answer(api.GET('/api/session'))
    if (session.user) enter(session.user)
  } catch (thrown) {
    if (!(thrown instanceof Problem && thrown.needsSignIn)) throw thrown
    leave()
  }
  return user.value
}

/** Learns the city's time zone, once; until then times are the reader's own. */
export async function readClock(): Promise<void> {
  if (!zone.value) zone.value = (await answer(api.GET('/api/city')).catch(() => undefined))?.timeZone
}

/** Ends the session here and on the server. */
export async function signOut(): Promise<void> {
  await answer(api.DELETE('/api/session'))
  localStorage.removeItem(marker)
  leave()
}

/** Keeps a person's language or look with their account. */
export async function prefer(choice: { lang?: Lang; theme?: ThemeChoice }): Promise<void> {
  if (choice.lang) chooseLang(choice.lang)
  if (choice.theme) themeChoice.value = choice.theme
  await answer(api.PATCH('/api/profile', { body: choice }))
  if (user.value) user.value = { ...user.value, lang: lang.value, theme: themeChoice.value }
}

/** Whether the signed-in person has a permission, in a region when a path is given. */
export function may(permission: string, path?: string): boolean {
  return !!user.value?.permissions?.some(
    (p) => p.permission === permission && (path === undefined || path.startsWith(p.regionPath)),
  )
}

/** The paths of the regions in which the signed-in person has a permission. */
export const pathsOf = (permission: string): string[] => [...new Set((user.value?.permissions ?? []).filter((p) => p.permission === permission).map((p) => p.regionPath))]
