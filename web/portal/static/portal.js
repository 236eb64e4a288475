// What a script can add to pages that are whole without one: reading aloud, passing on,
// and news of changes. Everything it says comes with the page, in the page's language.
// @ts-check

const page = document.documentElement
const body = document.body

/** @param {string} id @returns {HTMLElement} */
const by = (id) => /** @type {HTMLElement} */ (document.getElementById(id))

// --- Read aloud: the device's own voice, else the message's sound. ---

/** A voice for the language that works without sending the text anywhere, if there is one. @param {string} lang */
function voiceFor(lang) {
  const prefix = lang.slice(0, 2).toLowerCase()
  const fitting = speechSynthesis.getVoices().filter((v) => v.lang.toLowerCase().startsWith(prefix))
  return fitting.find((v) => v.localService) ?? fitting[0]
}

/** @param {HTMLButtonElement} button */
function readAloud(button) {
  const message = /** @type {HTMLElement} */ (button.closest('article'))
  const label = /** @type {HTMLElement} */ (button.querySelector('span'))
  const start = label.textContent ?? ''
  // The recording of a message that is over would sound as if it were live.
  const sound = /** @type {HTMLAudioElement | null} */ (message.querySelector('audio[data-current]'))
  // How the message stands is in the page's language, what it says in its own.
  const breaths = [
    { lang: page.lang, text: button.dataset.lead },
    { lang: button.dataset.lang || page.lang, text: button.dataset.text },
  ].filter((b) => b.text)
  const voices = () => ('speechSynthesis' in globalThis ? breaths.map((b) => voiceFor(b.lang)) : [])
  let on = false
  /** @param {boolean} now */
  const show = (now) => {
    on = now
    label.textContent = now ? (button.dataset.stop ?? '') : start
  }
  sound?.addEventListener('ended', () => show(false))
  button.addEventListener('click', () => {
    if (on) {
      globalThis.speechSynthesis?.cancel()
      sound?.pause()
      return show(false)
    }
    const speaking = voices()
    if (speaking.length && speaking.every(Boolean)) {
      speechSynthesis.cancel()
      breaths.forEach((breath, i) => {
        const words = new SpeechSynthesisUtterance(breath.text)
        words.lang = breath.lang
        words.voice = speaking[i] ?? null
        words.rate = 0.9
        words.onerror = () => show(false)
        if (i === breaths.length - 1) words.onend = () => show(false)
        speechSynthesis.speak(words)
      })
    } else if (sound) {
      sound.currentTime = 0
      void sound.play()
    } else return
    show(true)
  })
  const offer = () => {
    const speaking = voices()
    const able = !!sound || (speaking.length > 0 && speaking.every(Boolean))
    button.hidden = !able
    message.classList.toggle('can-speak', able)
  }
  offer()
  globalThis.speechSynthesis?.addEventListener?.('voiceschanged', offer) // voices come late
}

// --- Pass on: the device's own sheet, else the address is copied. ---

/** @param {HTMLButtonElement} button */
function passOn(button) {
  const address = location.origin + location.pathname
  if (!navigator.share && !navigator.clipboard) return
  button.hidden = false
  button.addEventListener('click', async () => {
    try {
      if (navigator.share) await navigator.share({ title: document.title, url: address })
      else {
        await navigator.clipboard.writeText(address)
        by('polite').textContent = button.textContent = button.dataset.copied ?? ''
      }
    } catch {
      // The reader closed the sheet.
    }
  })
}

// --- Being told: the browser shows what is sent to a place, also when no page is open. ---

/** @param {string} text */
const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))

/** @param {string} method @param {unknown} body */
async function wish(method, body) {
  const response = await fetch('/api/public/push', { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(response.statusText)
}

/** @param {HTMLElement} box */
async function beTold(box) {
  if (!('serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis)) return
  const button = /** @type {HTMLButtonElement} */ (box.querySelector('button'))
  const line = /** @type {HTMLElement} */ (box.querySelector('p'))
  const { region = '', lang = 'zh' } = box.dataset
  const worker = await navigator.serviceWorker.getRegistration('/push.js')
  let told = await worker?.pushManager.getSubscription()
  let place = told ? localStorage.getItem('told') : null
  const show = () => {
    const here = !!told && place === region
    button.textContent = (here ? box.dataset.stop : box.dataset.start) ?? ''
    line.textContent = (here ? box.dataset.here : told ? box.dataset.elsewhere : box.dataset.off) ?? ''
  }
  button.addEventListener('click', async () => {
    button.disabled = true
    try {
      if (told && place === region) {
        await wish('DELETE', { endpoint: told.endpoint })
        await told.unsubscribe()
        told = place = null
        localStorage.removeItem('told')
      } else {
        if ((await Notification.requestPermission()) !== 'granted') {
          line.textContent = box.dataset.denied ?? ''
          return
        }
        const registration = await navigator.serviceWorker.register('/push.js')
        await navigator.serviceWorker.ready
        const { key } = await (await fetch('/api/public/push')).json()
        told = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) })
        const { keys } = told.toJSON()
        await wish('POST', { endpoint: told.endpoint, p256dh: keys?.p256dh, auth: keys?.auth, region, lang })
        localStorage.setItem('told', (place = region))
      }
      show()
    } catch {
      line.textContent = box.dataset.failed ?? ''
    } finally {
      button.disabled = false
    }
  })
  show()
  box.hidden = false
}

function enhance() {
  document.querySelectorAll('.told').forEach((b) => void beTold(/** @type {HTMLElement} */ (b)))
  document.querySelectorAll('.speak').forEach((b) => readAloud(/** @type {HTMLButtonElement} */ (b)))
  document.querySelectorAll('.send').forEach((b) => passOn(/** @type {HTMLButtonElement} */ (b)))
}

// --- Forms: what a script spares people who fill one in. They work without it. ---

/** Fills in where the device is; the server says which township that is. @param {HTMLElement} box */
function locate(box) {
  const form = box.closest('form')
  if (!form || !('geolocation' in navigator)) return
  const button = /** @type {HTMLButtonElement} */ (box.querySelector('button'))
  const line = /** @type {HTMLElement} */ (box.querySelector('span'))
  box.hidden = false
  button.addEventListener('click', () => {
    button.disabled = true
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        for (const [name, value] of Object.entries({ lon: coords.longitude, lat: coords.latitude })) {
          let field = /** @type {HTMLInputElement | null} */ (form.querySelector(`[name="a.${name}"]`))
          if (!field) {
            field = document.createElement('input')
            field.type = 'hidden'
            field.name = `a.${name}`
            form.append(field)
          }
          field.value = value.toFixed(6)
        }
        const where = /** @type {HTMLInputElement | null} */ (form.querySelector('[name=where]'))
        if (where) where.value = ''
        form.requestSubmit(/** @type {HTMLButtonElement} */ (form.querySelector('button[value=find]')))
      },
      () => {
        button.disabled = false
        line.textContent = button.dataset.denied ?? ''
      },
      { timeout: 15_000, maximumAge: 60_000 },
    )
  })
}

/** Makes photographs small enough for a slow line; what cannot be shrunk is sent as it is. @param {HTMLInputElement} field */
function shrink(field) {
  field.addEventListener('change', async () => {
    const kept = new DataTransfer()
    for (const file of field.files ?? []) kept.items.add(await smaller(file).catch(() => file))
    field.files = kept.files
  })
}

/** @param {File} file */
async function smaller(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < 600_000) return file
  const picture = await createImageBitmap(file)
  const by = Math.min(1, 1920 / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(picture.width * by)
  canvas.height = Math.round(picture.height * by)
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  /** @type {Blob | null} */
  const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.85))
  return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg' }) : file
}

/** A case's code comes behind the "#" of a link, which no server sees; it goes on in a form. @param {HTMLFormElement} form */
function known(form) {
  const code = decodeURIComponent(location.hash.slice(1))
  const number = /** @type {HTMLInputElement} */ (form.elements.namedItem('number'))
  if (!/^[\w-]{4,16}$/.test(code)) return
  history.replaceState(null, '', location.pathname)
  ;/** @type {HTMLInputElement} */ (form.elements.namedItem('code')).value = code
  if (number.value) form.submit()
}

function forms() {
  document.getElementById('faults')?.focus()
  document.querySelectorAll('.locate').forEach((b) => locate(/** @type {HTMLElement} */ (b)))
  document.querySelectorAll('input[type=file]').forEach((f) => shrink(/** @type {HTMLInputElement} */ (f)))
  document.querySelectorAll('form[data-known]').forEach((f) => known(/** @type {HTMLFormElement} */ (f)))
  document.querySelectorAll('.print').forEach((b) => {
    ;/** @type {HTMLElement} */ (b).hidden = false
    b.addEventListener('click', () => print())
  })
  // Sent once, however often it is pressed; the server makes sure of it as well.
  document.querySelectorAll('form[data-once]').forEach((f) => {
    f.addEventListener('submit', (e) => {
      if (f.classList.contains('sent')) e.preventDefault()
      f.classList.add('sent')
    })
  })
  globalThis.addEventListener('pageshow', () => document.querySelectorAll('form.sent').forEach((f) => f.classList.remove('sent')))
}

// --- News: ask twice a minute whether anything changed; polite, but loud for red. ---

/** @typedef {{ id: string, loud: boolean, mine: boolean, text: string }} Brief */

const period = 30_000
let seen = body.dataset.seen ?? ''
let announced = '' // id of the message that the band names
/** @param {string} s */
const entries = (s) => new Set(s.split(' ').filter(Boolean).map((e) => e.split(':').slice(0, 2).join(':')))

/** @param {string} text @param {Brief | undefined} message @param {string} kind */
function tell(text, message, kind) {
  const box = by('news')
  const line = /** @type {HTMLElement} */ (box.firstElementChild)
  box.hidden = !text
  box.className = `news ${kind}`
  line.textContent = ''
  if (message) {
    const link = document.createElement('a')
    link.href = `/m/${message.id}`
    link.textContent = text
    line.append(link)
  } else line.textContent = text
  by(kind === 'loud' ? 'urgent' : 'polite').textContent = text
}

/** Two short tones and a buzz, where the browser lets a page make itself heard. */
function chime() {
  navigator.vibrate?.([400, 200, 400])
  if (!('AudioContext' in globalThis)) return
  const audio = new AudioContext()
  ;[660, 880].forEach((hertz, i) => {
    const tone = new OscillatorNode(audio, { frequency: hertz })
    const level = new GainNode(audio, { gain: 0.2 })
    tone.connect(level).connect(audio.destination)
    tone.start(audio.currentTime + i * 0.4)
    tone.stop(audio.currentTime + i * 0.4 + 0.35)
  })
  setTimeout(() => void audio.close(), 1500)
}

/** Puts the page's present content in place, unless the reader is listening or writing. */
async function refresh() {
  if (!document.querySelector('main[data-live]')) return
  const playing = [...document.querySelectorAll('audio')].some((a) => !a.paused) || globalThis.speechSynthesis?.speaking
  if (playing || document.activeElement?.matches('input')) return
  const response = await fetch(location.href)
  if (!response.ok) return
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html')
  const main = fresh.querySelector('main')
  if (!main) return
  const focused = document.activeElement?.getAttribute('href')
  by('main').replaceChildren(...main.childNodes)
  document.title = fresh.title
  const band = fresh.querySelector('.drill.top')
  document.querySelector('.drill.top')?.remove()
  if (band) document.querySelector('.skip')?.after(band)
  if (focused) /** @type {HTMLElement | null} */ (document.querySelector(`a[href="${CSS.escape(focused)}"]`))?.focus({ preventScroll: true })
  seen = fresh.body.dataset.seen ?? seen
  enhance()
}

async function look() {
  let now
  try {
    const response = await fetch(body.dataset.now ?? '/now')
    if (!response.ok) throw new Error(response.statusText)
    now = /** @type {{ seen: string, checked: string, messages: Brief[] }} */ (await response.json())
  } catch {
    return tell(body.dataset.lost ?? '', undefined, 'lost')
  }
  if (by('news').classList.contains('lost')) tell('', undefined, '')
  const checked = document.getElementById('checked')
  if (checked) checked.textContent = now.checked
  if (now.seen === seen) return
  const before = entries(seen)
  const versions = entries(now.seen)
  const fresh = now.messages.filter((m) => m.mine && [...versions].some((v) => v.startsWith(`${m.id}:`) && !before.has(v)))
  const loud = fresh.find((m) => m.loud)
  const told = loud ?? fresh[0]
  if (told) announced = told.id
  else if (announced && !now.seen.includes(`${announced}:`)) {
    announced = ''
    tell('', undefined, '') // what was announced is over
  }
  if (told) tell((loud ? body.dataset.red : body.dataset.change) + told.text, told, loud ? 'loud' : 'polite')
  if (loud) chime()
  seen = now.seen
  await refresh()
}

enhance()
forms()
// Spread over the period, so that a city's phones do not all ask in the same second.
setTimeout(() => {
  void look()
  setInterval(() => void look(), period)
}, period * (0.5 + Math.random() / 2))
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void look()
})
