// Elements by one call, for the doors that have no Vue.
type Child = Node | string | false | undefined

/** Makes an element: attributes by name, then what is in it. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Record<string, string | boolean | undefined> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) e.setAttribute(name, '')
    else if (value !== false && value !== undefined) e.setAttribute(name, value)
  }
  e.append(...children.filter((c): c is Node | string => c !== false && c !== undefined))
  return e
}

/** A few pixels to and fro each minute of a time in ms, so that nothing is burnt into a screen. */
export function drift(now: number): [x: string, y: string] {
  const minute = Math.floor(now / 60_000)
  return [`${((minute * 7) % 17) - 8}px`, `${((minute * 5) % 13) - 6}px`]
}

/** An SVG picture of one path. */
export function drawing(path: string, box = 20): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', `0 0 ${box} ${box}`)
  svg.setAttribute('aria-hidden', 'true')
  const p = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  p.setAttribute('d', path)
  svg.append(p)
  return svg
}
