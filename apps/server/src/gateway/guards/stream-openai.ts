/** Texts in OpenAI's chunks: of each choice its content, its reasoning, its refusal and the arguments of each tool call. */
import type { Look, TextPass } from '@cockpit/policy'
import { asList, asRecord, asText, isRecord, type Json } from '../dialects/index.ts'
import type { StreamEditor } from './stream.ts'

type Channel = { stream: TextPass; choice: number; put: (delta: Json, text: string) => void }

const textFields = ['content', 'reasoning_content', 'reasoning', 'refusal'] as const

export const createOpenaiEditor = (inspection: Look): StreamEditor => {
  const channels = new Map<string, Channel>()
  /** The fields that every chunk repeats. */
  let head: Json = {}

  const channelOf = (choice: number, name: string, isJson: boolean, put: Channel['put']): Channel | null => {
    const key = `${choice} ${name}`
    const known = channels.get(key)
    if (known) return known
    const stream = inspection.stream(isJson ? 'tool_calls' : 'output', isJson)
    if (!stream) return null
    const fresh = { stream, choice, put }
    channels.set(key, fresh)
    return fresh
  }

  const through = (choice: number, name: string, text: string, put: Channel['put'], isJson = false): string =>
    channelOf(choice, name, isJson, put)?.stream.push(text) ?? text

  const editDelta = (choice: number, delta: Json): Json => {
    let out = delta
    const change = (field: string, value: unknown) => {
      if (value !== delta[field]) out = { ...out, [field]: value }
    }
    for (const field of textFields) {
      const text = asText(delta[field])
      if (text !== undefined && text !== '')
        change(
          field,
          through(choice, field, text, (into, rest) => Object.assign(into, { [field]: rest })),
        )
    }
    if (Array.isArray(delta.tool_calls)) change('tool_calls', editCalls(choice, delta.tool_calls))
    if (Array.isArray(delta.thinking_blocks))
      change(
        'thinking_blocks',
        changed(delta.thinking_blocks, (block) =>
          withText(block, 'thinking', (text) => inspection.text('output', text)),
        ),
      )
    return out
  }

  const editCalls = (choice: number, calls: readonly unknown[]): readonly unknown[] =>
    changed(calls, (call) => {
      const index = typeof call.index === 'number' ? call.index : 0
      const put: Channel['put'] = (into, rest) => {
        into.tool_calls = [...asList(into.tool_calls), { index, function: { arguments: rest } }]
      }
      const fn = asRecord(call.function)
      const after = withText(fn, 'arguments', (text) => through(choice, `tool ${index}`, text, put, true))
      return after === fn ? call : { ...call, function: after }
    })

  /** What one choice still holds back, in one delta; null when nothing. */
  const restOf = (choice: number): Json | null => {
    let delta: Json | null = null
    for (const [key, channel] of channels) {
      if (channel.choice !== choice) continue
      channels.delete(key)
      const rest = channel.stream.end()
      if (rest === '') continue
      delta ??= {}
      channel.put(delta, rest)
    }
    return delta
  }

  const editChoice = (choice: Json): Json => {
    const index = typeof choice.index === 'number' ? choice.index : 0
    const delta = asRecord(choice.delta)
    let out = choice
    const edited = editDelta(index, delta)
    if (edited !== delta) out = { ...out, delta: edited }
    const text = asText(choice.text)
    if (text) {
      const after = through(index, 'text', text, (into, rest) => Object.assign(into, { text: rest }))
      if (after !== text) out = { ...out, text: after }
    }
    return choice.finish_reason == null ? out : finished(out, edited, restOf(index))
  }

  return {
    edit(data) {
      if (head.id === undefined) {
        const { choices: _, usage: __, ...fields } = data
        head = fields
      }
      const choices = changed(asList(data.choices), editChoice)
      if (choices === data.choices) return data
      return choices.every(saysNothing) && data.usage == null ? null : { ...data, choices }
    },
    before: () => [],
    rest() {
      const open = [...new Set([...channels.values()].map(({ choice }) => choice))]
      return open.flatMap((index) => {
        const delta = restOf(index)
        return delta ? [{ ...head, choices: [{ index, delta, finish_reason: null }] }] : []
      })
    },
  }
}

/** The last chunk of a choice, with what was held back of it behind its own texts. */
const finished = (choice: Json, delta: Json, rest: Json | null): Json => {
  if (!rest) return choice
  const { text, ...more } = rest
  const joined = { ...delta }
  for (const [field, value] of Object.entries(more))
    joined[field] =
      field === 'tool_calls' ? [...asList(delta[field]), ...asList(value)] : `${asText(delta[field]) ?? ''}${value}`
  return {
    ...choice,
    ...(Object.keys(more).length > 0 ? { delta: joined } : {}),
    ...(text === undefined ? {} : { text: `${asText(choice.text) ?? ''}${text}` }),
  }
}

/** The same list when no entry changed. */
const changed = (list: readonly unknown[], edit: (entry: Json) => Json): readonly unknown[] => {
  let differs = false
  const out = list.map((entry) => {
    if (!isRecord(entry)) return entry
    const after = edit(entry)
    differs ||= after !== entry
    return after
  })
  return differs ? out : list
}

const withText = (record: Json, field: string, edit: (text: string) => string): Json => {
  const text = asText(record[field])
  if (text === undefined || text === '') return record
  const after = edit(text)
  return after === text ? record : { ...record, [field]: after }
}

/** All of its text is held back, and it carries nothing else. */
const saysNothing = (choice: unknown): boolean => {
  if (!isRecord(choice) || choice.finish_reason != null || (choice.text !== undefined && choice.text !== ''))
    return false
  return Object.entries(asRecord(choice.delta)).every(([field, value]) => isTextField(field) && value === '')
}
const isTextField = (field: string) => textFields.some((one) => one === field)
