// What the command palette finds beside pages: templates, messages, regions, devices, cases; and what
// it does.
import { answer, api } from '@/shared/api/client.ts'
import { lang, nameOf, t } from '@/shared/i18n.ts'
import { severityOf } from '@/shared/severity.ts'
import { titleOf } from './onair.ts'
import { typed } from './pages/assessment/measure/pinyin.ts'
import { stateWord } from './pages/delivery/messages/words.ts'
import { partyName, rolesWord } from './pages/delivery/parties/party.ts'
import { findRegions, within } from './regions.ts'
import { may, prefer, signOut } from './session.ts'
import { matches, providers, type Found } from './shell/palette.ts'
import { themeChoice, type ThemeChoice } from './theme.ts'

const themes: ThemeChoice[] = ['light', 'dark', 'system']
const langs = { zh: '中文', en: 'English' } as const

/** What can be done from anywhere. It is found by its name in either language. */
function commands(): (Found & { also: string })[] {
  return [
    ...themes.filter((theme) => theme !== themeChoice.value).map((theme) => ({
      id: `theme-${theme}`, label: t(`theme.${theme}`), note: t('user.theme'), also: `theme ${theme} 外观 ${{ light: '浅色', dark: '深色', system: '随系统' }[theme]}`, run: () => prefer({ theme }),
    })),
    ...(['zh', 'en'] as const).filter((of) => of !== lang.value).map((of) => ({
      id: `lang-${of}`, label: langs[of], note: t('user.language'), also: 'language 语言', run: () => prefer({ lang: of }),
    })),
    { id: 'sign-out', label: t('user.sign_out'), also: 'sign out log out 退出 登出 注销', run: signOut, to: '/sign-in' },
  ]
}

providers.push(
  {
    key: 'commands',
    find: (words) => (words ? commands().filter((c) => matches(words, c.label, c.note, c.also)) : []),
  },
  {
    key: 'templates',
    async find(words, signal) {
      if (!words || !may('alert.draft')) return []
      const { items } = await answer(api.GET('/api/alert-templates', { signal }))
      return (items ?? []).filter(({ rule }) => matches(words, rule.nameZh, rule.nameEn, rule.key)).map(({ rule }) => ({
        id: `template-${rule.key}`, label: nameOf(rule), note: t('palette.compose'), to: `/delivery/compose?template=${rule.key}`,
      }))
    },
  },
  {
    key: 'scores',
    async find(words, signal) {
      if (!words || !may('measure.read')) return []
      const { items } = await answer(api.GET('/api/measure/indices', { signal }))
      return (items ?? []).filter((x) => matches(words, x.nameZh, x.nameEn, x.code)).map((x) => ({ id: `index-${x.code.replaceAll('.', '-')}`, label: nameOf(x), note: t('page.scores'), to: `/assessment/scores/${x.code}` }))
    },
  },
  {
    key: 'measures',
    async find(words, signal) {
      if (!words || !may('measure.read')) return []
      const [indicators, elements] = await Promise.all([answer(api.GET('/api/measure/indicators', { signal })), answer(api.GET('/api/measure/elements', { signal }))])
      const found = (items: readonly { code: string; nameZh: string; nameEn: string }[] | null, path: string, note: string) =>
        (items ?? []).filter((x) => { const { whole, initials } = typed(x.nameZh); return matches(words, x.nameZh, x.nameEn, x.code, whole, initials) })
          .map((x) => ({ id: `${path}-${x.code.replaceAll('.', '-')}`, label: nameOf(x), note, to: `/assessment/${path}/${x.code}` }))
      return [...found(indicators.items, 'indicators', t('measure.indicator')), ...found(elements.items, 'elements', t('measure.element'))]
    },
  },
  {
    key: 'messages',
    async find(words, signal) {
      if (!words || !may('alert.read')) return []
      const { items } = await answer(api.GET('/api/alerts', { signal, params: { query: { q: words, limit: 6 } } }))
      return (items ?? []).map((m) => ({
        id: `message-${m.id}`, label: titleOf(m), note: `${t(`severity.${severityOf(m.severity)}`)} ${stateWord(m)}`, to: `/delivery/messages/${m.id}`,
      }))
    },
  },
  {
    key: 'parties',
    async find(words, signal) {
      if (!words || !may('party.read')) return []
      const { items } = await answer(api.GET('/api/parties', { signal, params: { query: { q: words, limit: 6 } } }))
      return (items ?? []).map((p) => ({ id: `party-${p.id}`, label: partyName(p), note: [rolesWord(p.roles), p.region].filter(Boolean).join(' · '), to: `/delivery/parties/${p.id}` }))
    },
  },
  {
    key: 'regions',
    async find(words, signal) {
      if (!words || !may('asset.read')) return []
      return (await findRegions(words, signal)).slice(0, 6).map((r) => ({
        id: `region-${r.code}`, label: nameOf(r), note: [within(r), t(`level.${r.level}`)].filter(Boolean).join(' · '), to: `/monitoring/devices?region=${r.code}`,
      }))
    },
  },
  {
    key: 'devices',
    async find(words, signal) {
      if (!words || !may('asset.read')) return []
      const { items } = await answer(api.GET('/api/assets', { signal, params: { query: { q: words, limit: 6 } } }))
      return (items ?? []).map((d) => ({ id: `device-${d.id}`, label: d.name, note: d.code, to: `/monitoring/devices/${d.code}` }))
    },
  },
  {
    key: 'cases',
    async find(words, signal) {
      if (!words || !may('casework.work')) return []
      const { items } = await answer(api.GET('/api/casework/cases', { signal, params: { query: { q: words, limit: 6 } } }))
      return (items ?? []).map((c) => ({ id: `case-${c.id}`, label: `${c.number} ${c.title}`, note: nameOf(c.stateName), to: `/response/cases/${c.id}?tab=all` }))
    },
  },
)
