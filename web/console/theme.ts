// Light, dark or as the system is; and Naive UI dressed in our tokens. The tokens are read
// from the stylesheet, so that tokens.css stays the one place where colours are written.
import { darkTheme, dateEnGB, dateZhCN, enGB, zhCN, type GlobalThemeOverrides } from 'naive-ui'
import { computed, ref, watchEffect } from 'vue'
import { lang } from '@/shared/i18n.ts'

export type ThemeChoice = 'system' | 'light' | 'dark'
const stored = 'tongsheng.theme'
const systemDark = matchMedia('(prefers-color-scheme: dark)')
const systemIsDark = ref(systemDark.matches)
systemDark.addEventListener('change', (e) => (systemIsDark.value = e.matches))

export const themeChoice = ref<ThemeChoice>((localStorage.getItem(stored) as ThemeChoice | null) ?? 'system')
/** While a page is made ready for paper it is light, whatever was chosen. */
export const forPaper = ref(false)
export const isDark = computed(() => !forPaper.value && (themeChoice.value === 'dark' || (themeChoice.value === 'system' && systemIsDark.value)))

watchEffect(() => {
  localStorage.setItem(stored, themeChoice.value)
  document.documentElement.dataset.theme = isDark.value ? 'dark' : 'light'
})

// Paper is white: who prints from the browser's own menu gets light words on it, too.
addEventListener('beforeprint', () => (document.documentElement.dataset.theme = 'light'))
addEventListener('afterprint', () => (document.documentElement.dataset.theme = isDark.value ? 'dark' : 'light'))

/** The value of a token such as "accent" as it is now. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

function overrides(): GlobalThemeOverrides {
  const [ground, ground2, ink, ink2, ink3] = ['ground', 'ground-2', 'ink', 'ink-2', 'ink-3'].map(token)
  const [line, line2, accent, strong, wrong] = ['line', 'line-2', 'accent', 'accent-strong', 'wrong'].map(token)
  return {
    common: {
      fontFamily: token('font'), fontSize: token('text-2'), borderRadius: token('radius'), fontWeightStrong: '600',
      primaryColor: accent, primaryColorHover: strong, primaryColorPressed: strong, primaryColorSuppl: accent,
      successColor: accent, infoColor: ink2, warningColor: wrong, errorColor: wrong, errorColorHover: wrong,
      textColorBase: ink, textColor1: ink, textColor2: ink, textColor3: ink2, placeholderColor: ink3,
      bodyColor: ground, cardColor: ground, modalColor: ground, popoverColor: ground, inputColor: ground,
      tableColor: ground, hoverColor: ground2, borderColor: line2, dividerColor: line,
    },
  }
}

export const naive = computed(() => ({
  theme: isDark.value ? darkTheme : null,
  overrides: ((_dark: boolean) => overrides())(isDark.value),
  locale: lang.value === 'zh' ? zhCN : enGB,
  dateLocale: lang.value === 'zh' ? dateZhCN : dateEnGB,
}))
