import type { Log, Sealing, Tx } from '../../platform/index.ts'
import { invitationLetter, passwordResetLetter } from './letters.ts'
import { createMessages } from './messages.ts'
import type { MailServerOf, People } from './port.ts'
import { createSending } from './sending.ts'
import { createServers } from './servers.ts'
import { createMailSettings, type SettingsDeps } from './settings.ts'
import { createWriting } from './writing.ts'

export type MailDeps = Omit<SettingsDeps, 'servers' | 'secrets' | 'people'> & {
  people: People
  secrets: Pick<Sealing, 'seal' | 'open'>
  log: Log
  /** The server that the environment of the installation names. */
  environment: MailServerOf | null
}

export const createMail = (deps: MailDeps) => {
  const servers = createServers(deps)
  const messages = createMessages(deps)
  return {
    settings: createMailSettings({ ...deps, servers }),
    messages,
    /** Letters that other rooms have sent, in the transaction of what they tell of. */
    letters: {
      isSetUp: servers.isSetUp,
      withdraw: messages.withdraw,

      invitation: (tx: Tx, { id, email, ...facts }: Invitation) =>
        messages.write(tx, [
          {
            ...{ kind: 'invitation', to: email, about: id, expiresAt: facts.expiresAt, isSecret: true },
            letter: invitationLetter(facts),
          },
        ]),

      async passwordReset(tx: Tx, { userId, email, ...facts }: PasswordReset) {
        const about = `password_reset:${userId}`
        await messages.withdraw(tx, about)
        const letter = passwordResetLetter({ ...facts, by: tx.ctx.actor.name })
        const { expiresAt } = facts
        await messages.write(tx, [{ kind: 'password_reset', to: email, about, expiresAt, isSecret: true, letter }])
      },
    },
    sending: createSending({ ...deps, servers, writeDue: createWriting({ ...deps, messages, servers }) }),
  }
}
export type Mail = ReturnType<typeof createMail>

type Invitation = { id: string; email: string } & Parameters<typeof invitationLetter>[0]
type PasswordReset = { userId: string; email: string } & Omit<Parameters<typeof passwordResetLetter>[0], 'by'>
