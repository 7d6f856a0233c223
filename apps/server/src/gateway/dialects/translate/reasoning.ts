/** How hard to think, in both dialects' words. */
import { asCount, asRecord, asText, filled, isRecord, type Json, records } from '../json.ts'
import type { ClaudeAbilities } from './abilities.ts'

const budgetOfEffort: Record<string, number> = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 32_768,
  max: 32_768,
}

const budgetMin = 1024

export type Thinking = { thinking?: Json; effort?: string }

/**
 * `reasoning_effort` for a Claude, or its own `thinking` when the client sent that; undefined when nothing was asked.
 * Null when it was asked but does not fit below `maxTokens`, which thinking counts against.
 */
export function thinkingFor(body: Json, abilities: ClaudeAbilities, maxTokens: number): Thinking | null | undefined {
  if (isRecord(body.thinking)) return { thinking: body.thinking }
  const effort = filled(body.reasoning_effort)
  if (effort === undefined) return undefined
  if (effort === 'none') return abilities.thinking === 'adaptive' ? { thinking: { type: 'disabled' } } : undefined
  if (abilities.thinking === 'adaptive') {
    return { thinking: { type: 'adaptive' }, effort: adaptiveEffort(effort, abilities) }
  }
  const budget = Math.min(budgetOfEffort[effort] ?? budgetMin, maxTokens - 1)
  return budget < budgetMin ? null : { thinking: { type: 'enabled', budget_tokens: budget } }
}

function adaptiveEffort(effort: string, abilities: ClaudeAbilities): string {
  if (effort === 'minimal') return 'low'
  return effort === 'xhigh' && !abilities.xhighEffort ? 'high' : effort
}

/** How many tokens to allow when the client named no limit, so that thinking leaves room for an answer. */
export function roomFor(body: Json, answerTokens: number): number {
  const budget =
    asCount(asRecord(body.thinking).budget_tokens) ?? budgetOfEffort[asText(body.reasoning_effort) ?? ''] ?? 0
  return budget + answerTokens
}

export const isThinking = (thinking: Json | undefined): boolean =>
  thinking?.type === 'enabled' || thinking?.type === 'adaptive'

/** An Anthropic request's wish for an OpenAI model. Efforts above `high` become `high`, which every reasoning model takes. */
export function effortFor(body: Json): string | undefined {
  const thinking = asRecord(body.thinking)
  const effort = filled(asRecord(body.output_config).effort)
  if (thinking.type === 'disabled') return undefined
  if (effort !== undefined) return effort === 'low' || effort === 'medium' ? effort : 'high'
  const budget = thinking.type === 'enabled' ? asCount(thinking.budget_tokens) : undefined
  if (budget === undefined) return undefined
  if (budget <= 4096) return 'low'
  return budget <= 12_288 ? 'medium' : 'high'
}

/** The thinking an OpenAI message carries, as Anthropic blocks: extension fields of other gateways and servers included. */
export function thinkingOf(message: Json): Json[] {
  const blocks = records(message.thinking_blocks).filter(
    (block) => block.type === 'thinking' || block.type === 'redacted_thinking',
  )
  if (blocks.length > 0) return blocks
  const text = thoughtIn(message)
  return text === undefined ? [] : [{ type: 'thinking', thinking: text, signature: '' }]
}

/** What a message or a piece of one says of its thinking: beside the content, or as Mistral does among its parts. */
export function thoughtIn(message: Json): string | undefined {
  const beside = filled(message.reasoning_content) ?? filled(message.reasoning)
  if (beside !== undefined || !Array.isArray(message.content)) return beside
  const parts = records(message.content).filter(({ type }) => type === 'thinking')
  return filled(parts.flatMap(({ thinking }) => records(thinking).map(({ text }) => asText(text) ?? '')).join(''))
}

/** Anthropic accepts thinking back only unmodified, which its signature proves. */
export const isReplayable = (block: Json): boolean =>
  block.type === 'redacted_thinking' ? filled(block.data) !== undefined : filled(block.signature) !== undefined
