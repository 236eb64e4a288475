import { createSSRApp, h } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { renderToString } from 'vue/server-renderer'
import { describe, expect, it, vi } from 'vitest'
import type { Schemas } from '@/shared/api/client.ts'
import { t } from '@/shared/i18n.ts'

vi.mock('../../../theme.ts', () => ({ themeChoice: { value: 'system' } }))
vi.stubGlobal('addEventListener', () => undefined)
const { default: MessageActs } = await import('./MessageActs.vue')

describe('what may be done to a message', () => {
  const acts = (may: string[]) => {
    const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/delivery/compose/:id?', name: 'compose', component: {} }] })
    return renderToString(createSSRApp({ render: () => h(MessageActs, { message: { id: 'm1', state: 'draft', kind: 'terminal_drill', may } as unknown as Schemas['AlertMessageView'] }) }).use(router))
  }
  it('offers to submit a draft, as that of a drill that waits at the desk', async () => {
    expect(await acts(['edit', 'check'])).toMatch(new RegExp(`href="/delivery/compose/m1#step-5"[^>]*>${t('act.do.check')}<`))
    expect(await acts(['edit'])).not.toContain(t('act.do.check'))
  })
})
