/** Actions version 2: targets, the executions that call them, and the signed calls when something happens. */
import { randomBytes } from 'node:crypto'
import { Refused } from './commands.ts'
import type { Happened } from './state.ts'
import { signedDelivery } from './webhooks.ts'

type Target = { endpoint: string; signingKey: string }
type Condition = { event?: { event?: string; group?: string; all?: boolean } }

export const createHooks = ({ now, nextId }: { now: () => Date; nextId: () => string }) => {
  const targets = new Map<string, Target>()
  const executions = new Map<string, { condition: Condition; targets: readonly string[] }>()
  let sending = Promise.resolve()

  /** Of all conditions that an event meets only the most particular one counts. */
  const executionOf = (type: string) => {
    const words = type.split('.')
    const groups = words.map((_, at) => `group ${words.slice(0, words.length - 1 - at).join('.')}`)
    return [`event ${type}`, ...groups, 'all'].map((key) => executions.get(key)).find((found) => found !== undefined)
  }

  return {
    addTarget(endpoint: string) {
      const [id, signingKey] = [nextId(), `whk_${randomBytes(8).toString('hex')}`]
      targets.set(id, { endpoint, signingKey })
      return { id, signingKey }
    },
    removeTarget(id: string) {
      targets.delete(id)
      for (const [key, one] of executions)
        executions.set(key, { ...one, targets: one.targets.filter((target) => target !== id) })
    },
    /** Replaces the targets of that condition. */
    setExecution(condition: Condition, ids: readonly string[]) {
      const { event, group, all } = condition.event ?? {}
      const key = event ? `event ${event}` : group ? `group ${group}` : all ? 'all' : null
      if (key === null) throw new Refused('invalid_argument', 'a condition is required')
      if (ids.some((id) => !targets.has(id))) throw new Refused('failed_precondition', 'Errors.Target.NotFound (fake)')
      executions.set(key, { condition, targets: ids })
    },
    executions: () => [...executions.values()].filter((one) => one.targets.length > 0),
    /** Calls come one after another, and nobody waits for them. */
    tell(event: Happened) {
      for (const id of executionOf(event.type)?.targets ?? []) {
        const target = targets.get(id)
        if (!target) continue
        sending = sending.then(async () => {
          const { body, headers } = signedDelivery(event, [target.signingKey], now())
          await fetch(target.endpoint, { method: 'POST', body, headers }).catch(() => undefined)
        })
      }
    },
  }
}
export type Hooks = ReturnType<typeof createHooks>
