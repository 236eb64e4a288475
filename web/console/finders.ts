// What the command palette finds beside pages: regions, devices, messages.
import { answer, api } from '@/shared/api/client.ts'
import { nameOf, t } from '@/shared/i18n.ts'
import { severityOf } from '@/shared/severity.ts'
import { titleOf } from './onair.ts'
import { stateWord } from './pages/delivery/messages/words.ts'
import { findRegions } from './regions.ts'
import { may } from './session.ts'
import { providers } from './shell/palette.ts'

providers.push(
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
    key: 'regions',
    async find(words, signal) {
      if (!words || !may('asset.read')) return []
      return (await findRegions(words, signal)).slice(0, 6).map((r) => ({
        id: `region-${r.code}`, label: nameOf(r), note: t(`level.${r.level}`), to: `/monitoring/devices?region=${r.code}`,
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
)
