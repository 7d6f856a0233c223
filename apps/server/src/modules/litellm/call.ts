import type { Loose } from '@cockpit/contract/litellm'
import { sha256Hex } from '../../platform/index.ts'
import type { Ask } from './ask.ts'

/** What a route of LiteLLM is given. `input` is its query, its body and what stands in its path. */
export type Call = { ask: Ask; input: Loose; now: Date }
export type Act = (call: Call) => Promise<unknown>
/** By method and path; `{key}` in a path becomes a field of the input. */
export type Acts = Readonly<Record<string, Act>>

/** The hash by which a key is known; of a secret, or the hash itself. */
export const hashOf = (key: string): string => (/^[0-9a-f]{64}$/.test(key) ? key : sha256Hex(key))
