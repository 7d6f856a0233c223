import type { ProviderKind } from '@cockpit/contract/providers'
import { messages } from '../../app/i18n.ts'

const t = messages('providerPresets', {
  openai: 'GPT, embeddings and o-models at api.openai.com.',
  anthropic: 'Claude at api.anthropic.com.',
  gemini: 'Gemini at generativelanguage.googleapis.com, with a key of Google AI Studio.',
  openrouter: 'Hundreds of models behind one key.',
  groq: 'Open models on fast hardware.',
  ollama: 'Models on this machine; usually without a key.',
  vllm: 'Your own GPU server.',
  llamacpp: 'The server that comes with llama.cpp.',
  other: 'Any other address that speaks the OpenAI API.',
  demo: 'Built in: simulated answers with real token counts, without key and network.',
})

export type PresetId = keyof typeof t
export type Preset = {
  id: PresetId
  label: string
  detail: string
  kind: ProviderKind
  baseUrl: string
  key: 'required' | 'optional' | 'none'
}

/** What people connect most, with the address filled in. Every field stays theirs to change. */
export const presets: readonly Preset[] = [
  { id: 'openai', label: 'OpenAI', kind: 'openai', baseUrl: 'https://api.openai.com/v1', key: 'required' },
  { id: 'anthropic', label: 'Anthropic', kind: 'anthropic', baseUrl: 'https://api.anthropic.com', key: 'required' },
  {
    id: 'gemini',
    label: 'Google Gemini',
    kind: 'gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    key: 'required',
  },
  {
    id: 'openrouter',
    label: 'OpenRouter',
    kind: 'openai-compatible',
    baseUrl: 'https://openrouter.ai/api/v1',
    key: 'required',
  },
  {
    id: 'groq',
    label: 'Groq',
    kind: 'openai-compatible',
    baseUrl: 'https://api.groq.com/openai/v1',
    key: 'required',
  },
  {
    id: 'ollama',
    label: 'Ollama',
    kind: 'openai-compatible',
    baseUrl: 'http://localhost:11434/v1',
    key: 'optional',
  },
  { id: 'vllm', label: 'vLLM', kind: 'openai-compatible', baseUrl: 'http://localhost:8000/v1', key: 'optional' },
  {
    id: 'llamacpp',
    label: 'llama.cpp',
    kind: 'openai-compatible',
    baseUrl: 'http://localhost:8080/v1',
    key: 'optional',
  },
  { id: 'other', label: 'Other, OpenAI-compatible', kind: 'openai-compatible', baseUrl: '', key: 'optional' },
  { id: 'demo', label: 'Demo', kind: 'demo', baseUrl: '', key: 'none' },
].map((preset) => ({ ...preset, detail: t[preset.id as PresetId] }) as Preset)

const [first] = presets
if (!first) throw new Error('a console without presets')
export const presetOf = (id: string | undefined): Preset => presets.find((preset) => preset.id === id) ?? first
