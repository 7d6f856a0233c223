import { senderOf } from '@cockpit/policy'
import type { Clock, Ctx, Db } from '../../platform/index.ts'
import type { Counted } from './attempts.ts'
import { failuresPerEmailMax, rememberedMs } from './model.ts'
import { sessionRepository } from './sessions-repository.ts'

/** What tries of the password of an e-mail are counted as; no e-mail has a space, so none begins like that of another. */
export const ofEmail = (email: string): string => `email:${email}`
export const ofEmailFrom = (email: string, sender = ''): string => `email:${email} ${sender}`
export const emailOf = (subject: string): string => subject.split(' ')[0] ?? subject

/**
 * Whoever guesses could keep the person themselves out for ever. So an address that somebody came in from has tries of
 * its own, and failures from elsewhere lock everybody but it.
 */
export const createPasswordTries = ({ db, now }: { db: Db; now: Clock }) => {
  return async (ctx: Ctx, email: string): Promise<Counted> => {
    const since = new Date(now().getTime() - rememberedMs)
    const known = await db.platform(ctx, (tx) => sessionRepository(tx).addressesOf(email, since))
    const sender = senderOf(ctx.ip)
    const isKnown = ctx.ip !== null && known.some((ip) => senderOf(ip) === sender)
    return { subject: isKnown ? ofEmailFrom(email, sender) : ofEmail(email), failuresMax: failuresPerEmailMax }
  }
}
export type PasswordTries = ReturnType<typeof createPasswordTries>
