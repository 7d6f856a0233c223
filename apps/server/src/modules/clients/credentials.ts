import type { ClientCredential, IssuedClientCredential } from '@cockpit/contract/client-credentials'
import {
  type Clock,
  type Ctx,
  type Db,
  mintCredential,
  newId,
  Problem,
  refuseOutlasting,
  type Tx,
} from '../../platform/index.ts'
import { secretPrefix, workingCredentialsMax } from './model.ts'
import type { RefuseHigherProgram } from './port.ts'
import { clientRepository } from './repository.ts'

type Deps = { db: Db; now: Clock; refuseHigherProgram: RefuseHigherProgram; tokenUrl: string }

export const createCredentials = ({ db, now, refuseHigherProgram, tokenUrl }: Deps) => {
  const serviceAccount = async (tx: Tx, id: string) => {
    const found = await clientRepository(tx, now()).serviceAccount(id)
    if (!found) throw new Problem('service_account.not_found', 'There is no such service account.')
    return found
  }

  return {
    list: (ctx: Ctx, id: string): Promise<{ items: ClientCredential[] }> =>
      db.tenant(ctx, async (tx) => {
        await serviceAccount(tx, id)
        return { items: await clientRepository(tx, now()).of(id) }
      }),

    create: (
      ctx: Ctx,
      id: string,
      { name, expiresAt }: { name: string; expiresAt: string | null },
    ): Promise<IssuedClientCredential> =>
      db.tenant(ctx, async (tx) => {
        const clients = clientRepository(tx, now())
        await serviceAccount(tx, id)
        // whoever holds the secret acts as the service account
        await refuseHigherProgram(tx, id, { act: 'make a credential for it', becomesIt: true })
        refuseOutlasting(tx.ctx, ['directory.write'], expiresAt)
        if (expiresAt !== null && new Date(expiresAt) <= now()) throw past()
        await tx.lock(`client_credentials:${id}`) // two requests at once must not both see the last free place
        if ((await clients.of(id)).filter(({ status }) => status === 'active').length >= workingCredentialsMax)
          throw new Problem(
            'client_credential.limit_reached',
            `A service account has at most ${workingCredentialsMax} working credentials; revoke one that is no longer needed.`,
          )
        const { secret, ...stored } = mintCredential(secretPrefix)
        const credential = await clients.insert({
          ...stored,
          id: newId('ccr', now()),
          service_account_id: id,
          name,
          expires_at: expiresAt === null ? null : new Date(expiresAt),
          created_at: now(),
          created_by: ctx.actor.id,
        })
        await tx.emit('client_credential.created', {
          subject: subjectOf(credential),
          after: { name, expiresAt, serviceAccountId: id },
        })
        return { ...credential, secret, tokenUrl }
      }),

    revoke: (ctx: Ctx, id: string, credentialId: string): Promise<void> =>
      db.tenant(ctx, async (tx) => {
        const clients = clientRepository(tx, now())
        await serviceAccount(tx, id)
        const credential = await clients.hold(credentialId)
        if (!credential || credential.serviceAccountId !== id || credential.status === 'revoked')
          throw new Problem('client_credential.not_found', 'There is no such client credential, or it is revoked.')
        await refuseHigherProgram(tx, id, { act: 'revoke its credentials' })
        await clients.revoke(credentialId)
        await tx.emit('client_credential.revoked', {
          subject: subjectOf(credential),
          before: { status: credential.status, serviceAccountId: id },
        })
      }),
  }
}

const subjectOf = ({ id, name }: ClientCredential) => ({ type: 'client_credential', id, name })
const past = () =>
  new Problem('input.invalid', "'expiresAt' in the body: is in the past", {
    errors: [{ pointer: '/expiresAt', detail: 'is in the past' }],
  })
