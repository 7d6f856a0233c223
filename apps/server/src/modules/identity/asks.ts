import { senderOf } from '@cockpit/policy'
import { type Ctx, Problem } from '../../platform/index.ts'
import type { Attempts } from './attempts.ts'
import { asksPerAddressMax, asksPerEmailMax } from './model.ts'

/**
 * How often strangers may ask how to sign in, or begin to at an identity provider. None of that is a failure, and a whole
 * company may do it from one address every morning; so one e-mail bears few, and the address as many as flood nothing.
 */
export const createAsks =
  ({ attempts }: { attempts: Attempts }) =>
  async (ctx: Ctx, email?: string): Promise<void> => {
    const sender = senderOf(ctx.ip)
    const address = { subject: `asks:${sender}`, failuresMax: asksPerAddressMax, shared: true as const }
    const one = email ? [{ subject: `asks:${sender}:${email}`, failuresMax: asksPerEmailMax }] : []
    await attempts.begin(ctx, [...one, address], tooOften)
  }
export type Asks = ReturnType<typeof createAsks>

const tooOften = (until: Date, now: Date) => {
  const seconds = Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000))
  return new Problem(
    'auth.asked_too_often',
    `Too many sign-ins were begun from here; wait until ${until.toISOString()}. Nothing is locked, and no sign-in failed by this.`,
    { headers: { 'retry-after': String(seconds) } },
  )
}
