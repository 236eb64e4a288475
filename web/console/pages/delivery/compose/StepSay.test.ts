import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { createSSRApp, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { describe, expect, it } from 'vitest'
import { t } from '@/shared/i18n.ts'
import StepSay from './StepSay.vue'
import { emptyForm, type MessageView } from './draft.ts'

describe('what an update says', () => {
  const before = [{ lang: 'zh', title: '暴雨', body: '到六点。' }, { lang: 'en', title: 'Rain', body: 'Until six.' }]
  const page = (zh: string, en: string) => renderToString(createSSRApp({ render: () => h(StepSay, {
    form: { ...emptyForm(), withEnglish: true, zh: { lang: 'zh', title: '暴雨', body: zh, advice: '' }, en: { lang: 'en', title: 'Rain', body: en, advice: '' } },
    unfilled: false, done: true, canHear: false, busy: '', dirty: true, failed: '', change: () => Promise.resolve(true), message: { id: 'm1', current: { texts: before } } as unknown as MessageView,
  }) }).use(VueQueryPlugin, { queryClient: new QueryClient({ defaultOptions: { queries: { enabled: false } } }) }))
  it('has the warning beside the text that stayed old', async () => {
    const [zh, en] = (await page('到八点。', 'Until six.')).split('id="text-en"')
    expect(en).toContain(t('compose.left_behind_en'))
    expect(zh).not.toContain(t('compose.left_behind_en'))
    expect(await page('到八点。', 'Until eight.')).not.toContain(t('compose.left_behind_en'))
  })
})
