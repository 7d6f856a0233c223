/** The settings of an OpenAI request, one by one, as Anthropic takes them. */
import { asList, asNumber, asRecord, filled, isRecord, type Json, present } from '../json.ts'
import type { ClaudeAbilities } from './abilities.ts'
import type { Drops } from './drops.ts'

/** One of temperature and top_p, within Anthropic's range, and neither beside thinking. */
export function sampling(request: Json, abilities: ClaudeAbilities, thinks: boolean, drops: Drops): Json {
  const asked = present({
    temperature: asNumber(request.temperature),
    top_p: asNumber(request.top_p),
    top_k: asNumber(request.top_k),
  })
  const dropAll = thinks || !abilities.sampling
  for (const field of Object.keys(asked)) {
    if (dropAll || (field === 'top_p' && asked.temperature !== undefined)) {
      if (asked[field] !== 1) drops.add(field)
      delete asked[field]
    }
  }
  if (typeof asked.temperature === 'number') asked.temperature = Math.min(1, Math.max(0, asked.temperature))
  return asked
}

export function stopSequences(request: Json, drops: Drops): string[] | undefined {
  const wanted =
    typeof request.stop === 'string' ? [request.stop] : asList(request.stop).filter((s) => typeof s === 'string')
  const usable = wanted.filter((sequence) => sequence.trim() !== '')
  if (usable.length < wanted.length) drops.add('stop (white space only)')
  return usable.length > 0 ? usable : undefined
}

export function userOf(request: Json): Json | undefined {
  const user = filled(request.user) ?? filled(request.safety_identifier)
  return user === undefined ? undefined : { user_id: user }
}

export function serviceTier(request: Json, drops: Drops): string | undefined {
  const tier = filled(request.service_tier)
  if (tier === undefined || tier === 'auto') return tier
  if (tier === 'default') return 'standard_only'
  drops.add('service_tier')
  return undefined
}

/**
 * A strict JSON schema is enforced natively where the model can; everything else becomes an instruction,
 * because Anthropic's own check refuses schemas that OpenAI takes when they are not strict.
 */
export function formatFor(
  request: Json,
  abilities: ClaudeAbilities,
): { native: Json | undefined; instructions: Json[] } {
  const format = asRecord(request.response_format)
  if (format.type === 'json_object')
    return { native: undefined, instructions: [instruction('Answer with one JSON object and nothing else.')] }
  if (format.type !== 'json_schema') return { native: undefined, instructions: [] }
  const { schema, strict } = asRecord(format.json_schema)
  if (abilities.structuredOutput && strict === true && isRecord(schema)) {
    return { native: { type: 'json_schema', schema }, instructions: [] }
  }
  const text = `Answer with one JSON value that satisfies this JSON schema, and with nothing else, not even a code fence:\n${JSON.stringify(schema ?? {})}`
  return { native: undefined, instructions: [instruction(text)] }
}

const instruction = (text: string): Json => ({ type: 'text', text })
