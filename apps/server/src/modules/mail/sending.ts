import { mailAttemptsMax, mailKeptDays } from '@cockpit/contract/mail'
import { z } from 'zod'
import {
  type AnyJob,
  type Clock,
  createRounds,
  type Db,
  job,
  type Log,
  retryAfterMs,
  type Sealing,
  systemCtx,
} from '../../platform/index.ts'
import { openText } from './messages.ts'
import { type MessageRow, messageRepository } from './messages-repository.ts'
import type { Outcome, SendLetter } from './port.ts'
import type { Servers } from './servers.ts'

type Deps = {
  db: Db
  now: Clock
  log: Log
  secrets: Pick<Sealing, 'open'>
  servers: Pick<Servers, 'inForce'>
  send: SendLetter
  /** Writes the letters that events ask for; true when there may be more. */
  writeDue: () => Promise<boolean>
  /** How often it is looked for letters. */
  everyMs?: number
}

const claimMs = 120_000
const lettersAtOnce = 5
const dayMs = 24 * 60 * 60_000

/**
 * Sends what is due. SMTP has no way to ask whether a letter arrived: after a crash between the answer of the server and
 * the note of it a letter is sent twice, with the same Message-ID, and none is ever lost.
 */
export const createSending = ({ db, now, log, secrets, servers, send, writeDue, everyMs = 1_000 }: Deps) => {
  const attempt = async (row: MessageRow): Promise<Outcome> => {
    const giveUp = (reason: string): Outcome => ({ sent: false, failure: 'message', reason, final: true })
    if (row.expires_at <= now()) return giveUp('What it was about has ended.')
    const { account_id: accountId, id } = row
    const inForce = await servers.inForce(accountId)
    if (!inForce) return giveUp('No mail server is set up.')
    if (row.sealed_text === null) return giveUp('Its text is gone.')
    const { text, html } = openText(secrets, accountId, id, row.sealed_text)
    const letter = { messageId: id, to: row.to_address, subject: row.subject, text, html, at: row.created_at }
    return send(inForce.server, letter, { privateTargets: inForce.privateTargets })
  }

  const note = async (row: MessageRow, outcome: Outcome) => {
    const at = now()
    const { account_id: accountId, id, attempts } = row
    const ends = !outcome.sent && (outcome.final || attempts >= mailAttemptsMax)
    const fields = outcome.sent
      ? { state: 'sent', sent_at: at, said: outcome.said, last_error: null, sealed_text: null }
      : {
          last_error: outcome.reason,
          next_attempt_at: new Date(at.getTime() + retryAfterMs(attempts - 1)),
          ...(ends && { state: 'failed', ...(row.is_secret && { sealed_text: null }) }),
        }
    // one that was withdrawn while it was sent was sent all the same
    const from = outcome.sent ? (['waiting', 'withdrawn'] as const) : (['waiting'] as const)
    await db.tenant(systemCtx('mail', accountId), (tx) =>
      messageRepository(tx).update(accountId, id, from, { ...fields, claimed_until: null }),
    )
    if (ends) log.warn({ messageId: id, accountId, reason: outcome.reason }, 'a letter was given up')
  }

  const sendDue = async (): Promise<boolean> => {
    const platform = systemCtx('mail')
    if (!(await db.platform(platform, (tx) => messageRepository(tx).anyDue(now())))) return false
    const until = new Date(now().getTime() + claimMs)
    const due = await db.platform(platform, (tx) => messageRepository(tx).claim(now(), until, lettersAtOnce))
    await Promise.all(
      due.map(async (row) => {
        try {
          await note(row, await attempt(row))
        } catch (error) {
          log.error({ err: error, messageId: row.id }, 'a letter was not sent; tried again when the claim ends')
        }
      }),
    )
    return due.length === lettersAtOnce
  }

  /** One round over everything that is due; true when there may be more. */
  const round = async (): Promise<boolean> => {
    const moreToWrite = await writeDue()
    return (await sendDue()) || moreToWrite
  }

  const onFailure = (error: unknown) => log.warn({ err: error }, 'letters not looked through')
  return {
    round,
    ...createRounds({ round, everyMs, onFailure }),
    /** Lines of letters leave after a while. */
    prune: job({
      name: 'mail_messages.prune',
      input: z.object({}),
      async run() {
        const before = new Date(now().getTime() - mailKeptDays * dayMs)
        await db.platform(systemCtx('mail'), (tx) => messageRepository(tx).forgetBefore(before))
      },
      schedule: { cron: '53 3 * * *', input: {} },
    }) satisfies AnyJob,
  }
}
