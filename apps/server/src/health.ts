import { healthRoutes } from '@cockpit/contract/health'
import { type Bound, bind } from './platform/http.ts'
import { Problem } from './platform/index.ts'

/** A part of the process that may not be ready: a sentence why, or null. */
export type Part = { name: string; wrong: () => Promise<string | null> | string | null }

/** A check that hangs is not ready either. */
const checkTimeoutMs = 2_000

export const healthHandlers = (parts: readonly Part[]): Bound[] =>
  bind(healthRoutes, {
    live: async () => ({ status: 'ok' as const }),
    async ready() {
      const checked = await Promise.all(parts.map(async (part) => ({ name: part.name, wrong: await withinTime(part) })))
      const errors = checked.flatMap(({ name, wrong }) => (wrong ? [{ pointer: `/${name}`, detail: wrong }] : []))
      if (errors.length > 0)
        throw new Problem('internal.unavailable', errors.map((e) => `${e.pointer.slice(1)}: ${e.detail}`).join('; '), {
          errors,
        })
      return { status: 'ok' as const, parts: checked.map(({ name }) => name) }
    },
  })

const withinTime = async (part: Part): Promise<string | null> => {
  const late = Promise.withResolvers<string>()
  const timer = setTimeout(() => late.resolve(`no answer within ${checkTimeoutMs} ms`), checkTimeoutMs)
  try {
    return await Promise.race([part.wrong(), late.promise])
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    clearTimeout(timer)
  }
}
