// Where in a questionnaire something is, in words: "第 1 题 选项 2" for pages[0].questions[0].choices[1].title.
import { t } from '@/shared/i18n.ts'
import type { Form } from '@/shared/survey/form.ts'

/** Fields of a question and of the whole that have a name of their own. */
const fields = ['id', 'title', 'help', 'message', 'unit', 'choices', 'rows', 'nonresponse', 'scale', 'scale.lowTitle', 'scale.highTitle', 'min', 'max', 'show', 'constraint', 'earliest', 'latest', 'length', 'shuffle', 'kind', 'required', 'integer', 'lines']
const wholes = ['title', 'intro', 'thanks', 'languages', 'quotas']

/** A place of a questionnaire in words, with the question's number in the whole; as it is where it
    is none, such as a cell of a spreadsheet. */
export function placeWords(form: Form, place: string): string {
  const [, page, question, rest = ''] = /^pages\[(\d+)\](?:\.questions\[(\d+)\])?\.?(.*)$/.exec(place) ?? []
  if (page === undefined) {
    const [, name = '', index] = /^(\w+)(?:\[(\d+)\])?/.exec(place) ?? []
    return wholes.includes(name) ? numbered(`survey.at.whole.${name}`, index) : place
  }
  if (question === undefined) return t('survey.page', { n: Number(page) + 1 })
  const before = form.pages.slice(0, Number(page)).reduce((n, p) => n + p.questions.length, 0)
  const [, name = '', index] = /^([\w.]*)(?:\[(\d+)\])?/.exec(rest) ?? []
  const n = t('survey.at.question', { n: before + Number(question) + 1 })
  return fields.includes(name) ? `${n} ${numbered(`survey.at.${name}`, index)}` : n
}

const numbered = (key: string, index?: string): string => (index === undefined ? t(key) : `${t(key)} ${Number(index) + 1}`)
