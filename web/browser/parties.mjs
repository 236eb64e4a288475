// Organisations and people as a registrar keeps them: an organisation with a licence that is about to end,
// a person whom training makes eligible, two that are one; and what is personal, seen for a reason and
// erased on request. Words are those of the Chinese pages.
import assert from 'node:assert/strict'

const soon = { timeout: 20_000 }
const day = (days) => { const d = new Date(Date.now() + days * 86_400_000); return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(d) }

async function pickDistrict(page, name) {
  await page.getByRole('searchbox', { name: /按名称、拼音或编码/ }).first().fill(name)
  await page.getByRole('radio', { name: new RegExp(`^${name}`) }).first().check()
}

/** An organisation: its code is checked, its licence shows when it ends. */
async function organisation(page, base, findings) {
  await page.goto(`${base}/console/delivery/parties?role=producer`)
  await page.getByRole('row', { name: /听涛/ }).click()
  await page.getByRole('button', { name: /^许可证/ }).click()
  await page.getByRole('figure', { name: '许可证有效期' }).waitFor(soon)
  await findings.at(page, 'party-licences')
  await page.goto(`${base}/console/delivery/parties/new`)
  await page.getByLabel('单位名称').fill('走查影视有限公司')
  await page.getByRole('checkbox', { name: '制作机构' }).check()
  await page.getByLabel('统一社会信用代码').fill('91350100M000100Y44')
  await pickDistrict(page, '朝阳区')
  await page.getByRole('button', { name: '保存', exact: true }).click()
  await page.getByText(/不是有效的统一社会信用代码/).first().waitFor(soon)
  await findings.at(page, 'party-code')
  await page.getByLabel('统一社会信用代码').fill('91350100M000100Y43')
  await page.getByRole('button', { name: '保存', exact: true }).click()
  await page.waitForURL(/\/parties\/\w{26}/, soon)
  const address = page.url().split('?')[0]
  await page.getByRole('button', { name: /^许可证/ }).click()
  await page.getByRole('button', { name: '登记许可证' }).click()
  const form = page.locator('form.entry')
  await form.getByLabel('许可证种类').selectOption({ label: '广播电视节目制作经营许可证' })
  await form.getByLabel('号码').fill('走查字第1号')
  await form.getByLabel('有效期自').fill(day(-700))
  await form.getByLabel('有效期至').fill(day(20))
  await form.getByRole('button', { name: '保存', exact: true }).click()
  await page.locator('.licence').getByText('还有 20 天到期').waitFor(soon)
  await page.goto(`${base}/console/delivery/parties/licences?expiring=30`)
  await page.getByRole('row', { name: /走查影视/ }).waitFor(soon)
  await findings.at(page, 'party-expiring')
  return address
}

/** A person: a child needs a guardian; training decides who may. */
async function person(page, base, findings) {
  await page.goto(`${base}/console/delivery/parties/new`)
  await page.getByRole('radio', { name: '个人' }).check()
  await page.getByLabel('姓名', { exact: true }).fill('走查技术员')
  await page.getByRole('checkbox', { name: '技术员' }).check()
  await pickDistrict(page, '朝阳区')
  await page.getByLabel('电话', { exact: true }).fill('19900099999')
  await page.getByLabel('出生日期').fill('2020-05-01')
  await page.getByText('必须有监护人同意才能登记').waitFor(soon)
  assert.ok(await page.getByRole('button', { name: '保存', exact: true }).isDisabled(), 'a child without a guardian')
  await findings.at(page, 'party-child')
  await page.getByLabel('出生日期').fill('1990-05-01')
  await page.getByRole('button', { name: '保存', exact: true }).click()
  await page.waitForURL(/\/parties\/\w{26}/, soon)
  const address = page.url().split('?')[0]
  const pool = `${base}/console/delivery/parties/pool?role=technician&training=safety`
  const line = page.locator('.people li', { hasText: '走查技术员' })
  await page.goto(pool)
  await line.getByText('没有参加这项培训').waitFor(soon)
  await findings.at(page, 'party-pool')
  await page.goto(`${address}?part=record`)
  await page.getByRole('button', { name: '登记培训' }).click()
  await page.getByLabel('课程').selectOption({ label: '安全生产培训' })
  await page.getByRole('button', { name: '保存', exact: true }).click()
  await page.locator('.head', { hasText: '安全生产培训' }).waitFor(soon)
  await findings.at(page, 'party-record')
  await page.goto(pool)
  await line.waitFor(soon)
  assert.equal(await line.getByText('没有参加这项培训').count(), 0, 'training makes eligible')
  // What is personal is masked until somebody says what for.
  await page.goto(`${address}?part=personal`)
  await page.getByText('199****9999').waitFor(soon)
  await page.getByRole('button', { name: '查看未遮盖内容' }).click()
  await page.getByLabel('用途').fill('走查')
  await page.getByRole('button', { name: '查看并记录' }).click()
  await page.getByText('19900099999').waitFor(soon)
  await findings.at(page, 'party-personal')
  await page.getByRole('button', { name: '变动' }).click()
  await page.getByText('原因：走查').waitFor(soon)
  await findings.at(page, 'party-history')
  return address
}

/** Two that are one: compared, merged, taken back. */
async function twins(page, base, findings) {
  await page.goto(`${base}/console/delivery/parties/duplicates`)
  await page.locator('.pair', { hasText: '信用代码相同' }).first().click()
  await page.getByRole('button', { name: '合并', exact: true }).waitFor(soon)
  await findings.at(page, 'party-compare')
  await page.getByRole('button', { name: '合并', exact: true }).click()
  await page.getByLabel('要继续，请输入“合并”').fill('合并')
  await page.locator('form.confirm').getByRole('button', { name: '合并', exact: true }).click()
  await page.waitForURL(/\/parties\/\w{26}/, soon)
  await page.getByRole('button', { name: '撤销合并' }).click()
  await page.getByLabel('要继续，请输入“撤销”').fill('撤销')
  await page.locator('form.confirm').getByRole('button', { name: '撤销合并' }).click()
  await page.getByText('已撤销').first().waitFor(soon)
  await findings.at(page, 'party-undone')
}

/** Erasing on request leaves a stub. */
async function erased(privacy, address, findings) {
  await privacy.goto(`${address}?part=personal`)
  await privacy.getByRole('button', { name: '删除个人信息' }).click()
  await privacy.getByLabel('原因').fill('本人要求')
  await privacy.getByLabel('要继续，请输入“永久删除”').fill('永久删除')
  await privacy.locator('form.confirm').getByRole('button', { name: '删除个人信息' }).click()
  await privacy.getByText(/只留存根/).waitFor(soon)
  assert.equal(await privacy.getByText('走查技术员').count(), 0, 'the name is gone')
  await findings.at(privacy, 'party-erased')
}

/** Walks the register as a registrar, a personal data officer and a citizen. */
export async function parties({ base, registrar, privacy, citizen, findings }) {
  const made = await organisation(registrar, base, findings)
  const somebody = await person(registrar, base, findings)
  await twins(registrar, base, findings)
  await registrar.goto(`${base}/console/delivery/parties/imports`)
  await registrar.getByLabel(/^表格/).setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('类别,名称,区域代码,角色\n单位,导入公司,110105000000,制作机构\n单位,坏行,990105000000,制作机构\n') })
  await registrar.getByRole('button', { name: '检查文件' }).click()
  await registrar.getByRole('cell', { name: 'C3' }).waitFor(soon)
  await findings.at(registrar, 'party-import')
  await registrar.keyboard.press('Control+k')
  await registrar.keyboard.type('走查影视')
  await registrar.getByRole('option', { name: /走查影视/ }).first().waitFor(soon)
  await registrar.keyboard.press('Escape')
  await erased(privacy, somebody, findings)
  await citizen.goto(`${base}/licences?q=${encodeURIComponent('走查')}`)
  await citizen.getByRole('heading', { name: '走查影视有限公司' }).waitFor(soon)
  await findings.at(citizen, 'public-licences')
  return made.replace(`${base}/console`, '')
}
