import type { MailKind, MailMessage } from '@cockpit/contract/mail'
import { z } from 'zod'
import { type Clock, type Ctx, type Db, newId, Problem, type Sealing, type Tx } from '../../platform/index.ts'
import { type Letter, rendered, subjectOf } from './letter.ts'
import { messageRepository, present } from './messages-repository.ts'

export type NewMessage = {
  kind: MailKind
  to: string
  letter: Letter
  /** The id of what it is about, with which it can be withdrawn. */
  about: string
  /** When it tells of nothing any more. */
  expiresAt: Date
  /** Whether whoever reads it can open something with it. */
  isSecret: boolean
}

const Text = z.object({ text: z.string(), html: z.string() })
export type Text = z.infer<typeof Text>

/** The text of a letter opens for this letter only. */
const textContext = (accountId: string, id: string) => `${accountId}|${id}|mail`
export const openText = (secrets: Pick<Sealing, 'open'>, accountId: string, id: string, sealed: string): Text =>
  Text.parse(JSON.parse(secrets.open(sealed, textContext(accountId, id))))

/** Whoever lost their address to the company that runs its domain has one in its place where nothing arrives. */
const hasMailbox = ({ to }: NewMessage): boolean => !to.endsWith('.invalid')

type ListQuery = Parameters<ReturnType<typeof messageRepository>['page']>[1]
type Deps = { db: Db; now: Clock; secrets: Pick<Sealing, 'seal'> }

export const createMessages = ({ db, now, secrets }: Deps) => ({
  /** Puts letters of the account of the transaction in line; they leave when it is committed, and not otherwise. */
  async write(tx: Tx, messages: readonly NewMessage[], accountId: string = tx.ctx.accountId): Promise<void> {
    const at = now()
    const rows = messages.filter(hasMailbox).map(({ kind, to, letter, about, expiresAt, isSecret }) => {
      const id = newId('mml', at)
      return {
        ...{ account_id: accountId, id, kind, to_address: to, subject: subjectOf(letter.subject), about },
        ...{ is_secret: isSecret, expires_at: expiresAt, created_at: at, next_attempt_at: at },
        sealed_text: secrets.seal(JSON.stringify(rendered(letter)), textContext(accountId, id)),
      }
    })
    await messageRepository(tx).insert(rows)
  },

  /** What they are about was taken back, or replaced. */
  withdraw: (tx: Tx, about: string) => messageRepository(tx).withdraw(tx.ctx.accountId, about),

  list: (ctx: Ctx, query: ListQuery) => db.tenant(ctx, (tx) => messageRepository(tx).page(ctx.accountId, query)),

  retry: (ctx: Ctx, id: string): Promise<MailMessage> =>
    db.tenant(ctx, async (tx) => {
      const { accountId } = ctx
      const messages = messageRepository(tx)
      const row = await messages.find(accountId, id)
      if (!row) throw new Problem('mail_message.not_found', 'There is no such letter.')
      if (!present(row).canRetry)
        throw new Problem(
          'mail_message.not_failed',
          row.state === 'failed'
            ? 'The text of this letter held a link and is gone; make what it was about anew, for example send the invitation again.'
            : 'Only a letter that was given up can be tried once more.',
        )
      const afresh = { state: 'waiting', attempts: 0, next_attempt_at: now(), claimed_until: null, last_error: null }
      await messages.update(accountId, id, ['failed'], afresh)
      await tx.emit('mail.retried', { subject: { type: 'mail', id, name: row.subject } })
      const again = await messages.find(accountId, id)
      if (!again) throw new Error('a letter vanished in its own transaction')
      return present(again)
    }),
})
export type Messages = ReturnType<typeof createMessages>
