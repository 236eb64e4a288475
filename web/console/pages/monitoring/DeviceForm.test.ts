import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { createSSRApp, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { expect, it, vi } from 'vitest'
import { addCatalogues, lang, t } from '@/shared/i18n.ts'

vi.mock('../../theme.ts', () => ({ themeChoice: { value: 'system' } }))
vi.stubGlobal('addEventListener', () => undefined)
vi.stubGlobal('navigator', {})
const { default: DeviceForm } = await import('./DeviceForm.vue')

addCatalogues(import.meta.glob('../../../shared/locales/*/*.json', { eager: true, import: 'default' }))
lang.value = 'zh'
const client = new QueryClient({ defaultOptions: { queries: { enabled: false } } })
const city = { code: '110000000000', path: 'cn.11.', level: 'city', nameZh: '北京市', nameEn: 'Beijing', parent: '' }
client.setQueryData(['city'], city)

it('says of a new device what is still missing, and shows its region as one choice', async () => {
  const page = await renderToString(createSSRApp({ render: () => h(DeviceForm) }).use(VueQueryPlugin, { queryClient: client }))
  expect(page).toContain(`还没填好：${t('device.name')}、${t('device.region')}`)
  expect(page).toContain('<input type="radio"')
  expect(page.match(/type="checkbox"/g)).toHaveLength(1) // the microphone
})
