/** What a new type begins as: sound, and small enough to read. */
export const blank = (code: string): string => `type: ${code}
version: 1
name: {zh: 新流程, en: New procedure}
about: {zh: 这个流程办什么。, en: What this procedure is for.}
prefix: XX
subject: region
title: data.what

roles:
  clerk: {name: {zh: 经办人, en: Clerk}, filled: {grant: department-clerk}}

forms:
  ask:
    title: 申请
    title-en: Request
    type: object
    required: [what]
    properties:
      what: {title: 什么事, title-en: What it is about, type: string, maxLength: 200, long: true}

start:
  open: {name: {zh: 受理, en: Open}, by: [clerk], form: ask, to: open}

states:
  open: {name: {zh: 办理中, en: Open}}
  done: {name: {zh: 已办结, en: Done}, end: true, outcome: done}

steps:
  finish: {name: {zh: 办结, en: Finish}, from: [open], to: done, by: [clerk]}

deadlines:
  answer: {name: {zh: 办理时限, en: To be done}, in: [open], take: 5wd, tell: [clerk]}
`
