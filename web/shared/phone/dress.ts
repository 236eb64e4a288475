// A page on a telephone is light or dark as its owner has it.
export function dress(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const wear = (): void => { document.documentElement.dataset.theme = dark.matches ? 'dark' : 'light' }
  dark.addEventListener('change', wear)
  wear()
}
