/**
 * Texts that somebody outside is asked about are gone through twice: first to learn them, then, once it is known what may
 * go on, to put that in their place. Nothing of a text goes on before its end.
 */
import type { GuardrailDirection } from '@cockpit/contract/guardrail-checks'
import type { Judged, Look } from '@cockpit/policy'
import { parseJson } from '../../dialects/index.ts'

export type HeldLook = Look & { readonly texts: readonly Judged[] }
export type Replacements = ReadonlyMap<string, string>

export const nameOf = ({ direction, text }: Judged): string => `${direction}\n${text}`

export const createHeldLook = (
  looksAt: (direction: GuardrailDirection) => boolean,
  after: Replacements = unchanged,
): HeldLook => {
  const texts = new Map<string, Judged>()
  const take = (direction: GuardrailDirection, text: string, isJson: boolean): string => {
    if (text.trim() === '') return text
    const name = nameOf({ direction, text })
    texts.set(name, { direction, text })
    const masked = after.get(name)
    if (masked === undefined) return text
    // what was cut out of JSON may have been a part of its form
    return isJson && parseJson(masked) === undefined ? JSON.stringify({ masked }) : masked
  }
  return {
    get texts() {
      return [...texts.values()]
    },
    blockedBy: null,
    looksAt,
    passes: (direction) => !looksAt(direction),
    text: (direction, text, isJson = false) => (looksAt(direction) ? take(direction, text, isJson) : text),
    stream(direction, isJson = false) {
      if (!looksAt(direction)) return null
      let held = ''
      return {
        get held() {
          return held.length
        },
        push(piece) {
          held += piece
          return ''
        },
        end() {
          const whole = held
          held = ''
          return take(direction, whole, isJson)
        },
      }
    },
  }
}

const unchanged: Replacements = new Map()
