// What the test does with every page it sees: judge it with axe-core, and note what the
// page itself complains of.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** Gives what waits until a page asks for nothing more, for three seconds at most. The live stream, which
    never rests, does not count. */
export function resting(page) {
  const open = new Set()
  let last = Date.now()
  const ends = (request) => { open.delete(request); last = Date.now() }
  page.on('request', (request) => { if (request.resourceType() !== 'eventsource') open.add(request); last = Date.now() })
  page.on('requestfinished', ends)
  page.on('requestfailed', ends)
  return async () => {
    for (const until = Date.now() + 3000; Date.now() < until && (open.size || Date.now() - last < 250);) await page.waitForTimeout(50)
  }
}

/** Collects findings over a whole run; shots is a folder for pictures, or nothing. */
export class Findings {
  list = []
  seen = 0
  constructor(shots) { this.shots = shots }

  /** Notes script errors and what the content policy or the server refused. */
  watch(page, who) {
    page.on('pageerror', (e) => this.list.push(`${who}: script: ${e.message}`))
    page.on('console', (m) => {
      // A 401 is how the page learns that nobody is signed in yet, a 422 how a form learns what is
      // wrong with it; what failed, the test withheld.
      if (m.type() === 'error' && !/401 \(Unauthorized\)|422 \(Unprocessable|net::ERR_FAILED/.test(m.text())) this.list.push(`${who}: console: ${m.text()} ${m.location().url}`)
    })
  }

  /** Forgets what the test provoked itself. */
  pardon(what) { this.list = this.list.filter((line) => !what.test(line)) }

  /** Judges the page as it is now. */
  async at(page, name) {
    await page.evaluate(axe)
    const { violations } = await page.evaluate((tags) => globalThis.axe.run({ runOnly: tags }), rules)
    for (const v of violations) this.list.push(`${name}: ${v.impact} ${v.id} at ${v.nodes.slice(0, 5).map((n) => n.target).join(', ')}`)
    const over = await page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth)
    if (over > 1) this.list.push(`${name}: ${over} px wider than the window`)
    // The parts of a console page scroll, its window never: below it is nothing.
    const below = await page.evaluate(() => (document.getElementById('app') ? document.documentElement.scrollHeight - globalThis.innerHeight : 0))
    if (below > 1) this.list.push(`${name}: ${below} px higher than the window`)
    if (this.shots) await page.screenshot({ path: join(this.shots, `${name}.png`) })
    this.seen++
  }

  /** Throws when anything was found. */
  settle() {
    if (this.list.length) throw new Error(`${this.list.length} findings:\n${this.list.join('\n')}`)
  }
}
