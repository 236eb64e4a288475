// A remote control has arrows, OK and Back, and nothing else is used. Sets name the keys
// differently.
export type Key = 'up' | 'down' | 'left' | 'right' | 'ok' | 'back'

const names: Record<string, Key> = {
  ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right', Enter: 'ok', ' ': 'ok', Select: 'ok', Accept: 'ok',
  Escape: 'back', Backspace: 'back', GoBack: 'back', BrowserBack: 'back', XF86Back: 'back',
}
/** Back of webOS and of Tizen, which have a number and no name. */
const numbers: Record<number, Key> = { 461: 'back', 10009: 'back' }

/** The key of the remote control that an event is; undefined for any other. */
export const keyOf = (e: Pick<KeyboardEvent, 'key' | 'keyCode'>): Key | undefined => names[e.key] ?? numbers[e.keyCode]
