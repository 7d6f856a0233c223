import type { OwnSecurity, Passkey, PasskeyAttestation, PasskeyChallenge } from '@cockpit/contract/mfa'
import { type Clock, type Ctx, type Db, newId, Problem, type Sealing, type Tx } from '../../platform/index.ts'
import { createChallenges } from './challenges.ts'
import { createFactors, totpContext } from './factors.ts'
import { relyingParty, verifiedRegistration } from './passkeys.ts'
import type { Attempts, EndByPasswordAlone, KeepWayIn, MayChange, Told } from './port.ts'
import { newRecoveryCodes, recoveryHash } from './recovery.ts'
import { factorRepository, type PasskeyRow } from './repository.ts'
import { newTotpSecret, stepOf, totpUri } from './totp.ts'

export type MfaDeps = { db: Db; now: Clock; secrets: Pick<Sealing, 'seal' | 'open'>; publicUrl: string }
/** What the room needs of identity, which itself needs the factors: given once both exist. */
export type MfaPorts = {
  attempts: Attempts
  told: Told
  mayChange: MayChange
  keepWayIn: KeepWayIn
  endByPasswordAlone: EndByPasswordAlone
}

const passkeysMax = 20
const codeFailuresMax = 10

export const createMfa = ({ db, now, secrets, publicUrl }: MfaDeps) => {
  const rp = relyingParty(publicUrl)
  const challenges = createChallenges({ now, rp })
  const factors = createFactors({ now, secrets, rp })
  return {
    /** What identity asks when somebody proves who they are. */
    factors: { ...factors, ...challenges },
    own: (ports: MfaPorts) => createOwn({ db, now, secrets, rp, challenges, factors, ...ports }),
  }
}
export type Mfa = ReturnType<typeof createMfa>

type OwnDeps = Omit<MfaDeps, 'publicUrl'> &
  MfaPorts & {
    rp: ReturnType<typeof relyingParty>
    challenges: ReturnType<typeof createChallenges>
    factors: ReturnType<typeof createFactors>
  }

/** What people do with their own factors. */
const createOwn = (deps: OwnDeps) => {
  const { db, now, secrets, rp, challenges, factors, attempts, told, keepWayIn, endByPasswordAlone } = deps
  const me = async (tx: Tx) => {
    const { kind, id } = tx.ctx.actor
    const person = kind === 'user' ? await factorRepository(tx).person(id) : null
    if (!person) throw new Problem('access.denied', 'Only a person has this.')
    return person
  }
  const asMe = <T>(ctx: Ctx, work: (tx: Tx, person: Awaited<ReturnType<typeof me>>) => Promise<T>): Promise<T> =>
    db.platform(ctx, async (tx) => work(tx, await me(tx)))
  const tell = (tx: Tx, event: string, after?: object) => {
    const { id, name } = tx.ctx.actor
    return told(tx, event, { subject: { type: 'user', id, name }, ...(after && { after }) })
  }

  const freshCodes = async (tx: Tx, userId: string): Promise<string[]> => {
    const codes = newRecoveryCodes()
    await factorRepository(tx).replaceRecoveryCodes(userId, codes.map(recoveryHash), now())
    return codes
  }
  /** From the first factor on, a password alone opens nothing, nor does what it opened stay open. */
  const adding = async (tx: Tx, userId: string, add: () => Promise<void>): Promise<void> => {
    const isFirst = (await factors.of(tx, userId)).length === 0
    await add()
    if (isFirst) await endByPasswordAlone(tx, 'A second factor was added.')
  }
  /** Whoever has the first factor gets a way in without it at once. */
  const firstCodes = async (tx: Tx, userId: string): Promise<string[] | null> =>
    (await factorRepository(tx).recoveryCodes(userId)).length > 0 ? null : freshCodes(tx, userId)
  /** Without any factor there is nothing that a recovery code could stand in for. */
  const forgetCodesOfNothing = async (tx: Tx, userId: string) => {
    if ((await factors.of(tx, userId)).length === 0) await factorRepository(tx).replaceRecoveryCodes(userId, [], now())
  }
  const refuseMore = async (tx: Tx, userId: string) => {
    if ((await factorRepository(tx).passkeys(userId)).length >= passkeysMax)
      throw new Problem(
        'passkey.limit_reached',
        `You have ${passkeysMax} passkeys, which is the most; remove one first.`,
      )
  }

  return {
    overview: (ctx: Ctx): Promise<OwnSecurity> =>
      db.platform(ctx, async (tx) => {
        const stored = factorRepository(tx)
        const { id } = ctx.actor
        const [person, totp, codes] = [await stored.person(id), await stored.totp(id), await stored.recoveryCodes(id)]
        const [code] = codes
        return {
          hasPassword: person !== null && person.password_hash !== null,
          totp: totp?.confirmed_at
            ? { createdAt: totp.confirmed_at.toISOString(), lastUsedAt: totp.last_used_at?.toISOString() ?? null }
            : null,
          passkeys: (await stored.passkeys(id)).map(present),
          recoveryCodes: code
            ? { left: codes.filter(({ used_at }) => !used_at).length, createdAt: code.created_at.toISOString() }
            : null,
        }
      }),

    beginTotp: (ctx: Ctx) =>
      asMe(ctx, async (tx, { id, email }) => {
        const secret = newTotpSecret()
        const row = { user_id: id, sealed_secret: secrets.seal(secret, totpContext(id)), created_at: now() }
        if (!(await factorRepository(tx).beginTotp(row))) throw totpExists()
        return { secret, uri: totpUri(secret, email) }
      }),

    async confirmTotp(ctx: Ctx, { code }: { code: string }) {
      await asMe(ctx, async () => undefined)
      const counted = { subject: `factor:${ctx.actor.id}`, failuresMax: codeFailuresMax }
      const attempt = await attempts.begin(ctx, [counted])
      return asMe(ctx, async (tx, { id }) => {
        const totp = await factorRepository(tx).totp(id)
        if (!totp) throw new Problem('totp.not_found', 'Begin with POST /v1/me/totp.')
        if (totp.confirmed_at) throw totpExists()
        const step = stepOf(secrets.open(totp.sealed_secret, totpContext(id)), code, now())
        if (step === null || !(await factorRepository(tx).takeStep(id, step, now())))
          throw new Problem('auth.failed', 'This is not the code that the app shows now.')
        await attempts.succeeded(tx, attempt)
        await adding(tx, id, () => factorRepository(tx).confirmTotp(id, now()))
        await tell(tx, 'user.totp_added')
        return { recoveryCodes: await firstCodes(tx, id) }
      })
    },

    removeTotp: (ctx: Ctx) =>
      asMe(ctx, async (tx, { id }) => {
        if (!(await factorRepository(tx).removeTotp(id)))
          throw new Problem('totp.not_found', 'You have no authenticator app here.')
        await forgetCodesOfNothing(tx, id)
        await tell(tx, 'user.totp_removed')
      }),

    passkeyOptions: (ctx: Ctx): Promise<PasskeyChallenge> =>
      asMe(ctx, async (tx, person) => {
        await refuseMore(tx, person.id)
        const { token, options } = await challenges.beginRegistration(tx, person)
        return { challenge: token, options: options ?? {} }
      }),

    async addPasskey(ctx: Ctx, input: { challenge: string; name: string; credential: PasskeyAttestation }) {
      const taken = await asMe(ctx, (tx) => challenges.take(tx, 'register', input.challenge))
      if (!taken?.webauthn || taken.userId !== ctx.actor.id) throw challengeGone()
      const key = await verifiedRegistration(rp, taken.webauthn, input.credential)
      if (!key)
        throw new Problem('passkey.refused', `The browser's answer does not fit; passkeys work at ${rp.origin} only.`)
      return asMe(ctx, async (tx, { id: userId }) => {
        await tx.lock(`passkeys:${userId}`)
        await refuseMore(tx, userId)
        const id = newId('psk', now())
        const row = {
          id,
          user_id: userId,
          name: input.name,
          credential_id: key.credentialId,
          public_key: key.publicKey,
          counter: BigInt(key.counter),
          transports: key.transports,
          synced: key.synced,
          created_at: now(),
        }
        await adding(tx, userId, async () => {
          if (!(await factorRepository(tx).insertPasskey(row)))
            throw new Problem('passkey.exists', 'This passkey is registered already.')
        })
        await tell(tx, 'user.passkey_added', { id, name: input.name })
        const passkey = present({ ...row, last_used_at: null })
        return { passkey, recoveryCodes: await firstCodes(tx, userId) }
      })
    },

    renamePasskey: (ctx: Ctx, id: string, name: string): Promise<Passkey> =>
      db.platform(ctx, async (tx) => {
        const row = await factorRepository(tx).renamePasskey(ctx.actor.id, id, name)
        if (!row) throw noPasskey()
        await tell(tx, 'user.passkey_renamed', { id, name })
        return present(row)
      }),

    removePasskey: (ctx: Ctx, id: string) =>
      db.platform(ctx, async (tx) => {
        const remove = () => factorRepository(tx).removePasskey(ctx.actor.id, id)
        const row = await keepWayIn(tx, ctx.actor.id, 'Add another passkey', remove)
        if (!row) throw noPasskey()
        await forgetCodesOfNothing(tx, ctx.actor.id)
        await tell(tx, 'user.passkey_removed', { id, name: row.name })
      }),

    renewRecoveryCodes: (ctx: Ctx) =>
      asMe(ctx, async (tx, { id }) => {
        if ((await factors.of(tx, id)).length === 0)
          throw new Problem('recovery_codes.no_factor', 'Add an authenticator app or a passkey first.')
        await tell(tx, 'user.recovery_codes_renewed')
        return { recoveryCodes: await freshCodes(tx, id) }
      }),
  }
}
export type OwnFactors = ReturnType<typeof createOwn>

const challengeGone = () => new Problem('auth.challenge_gone', 'This try has expired or was used; begin again.')
const totpExists = () =>
  new Problem('totp.exists', 'You have an authenticator app already; remove it to set up another one.')
const noPasskey = () => new Problem('passkey.not_found', 'You have no such passkey.')

const present = ({
  id,
  name,
  synced,
  created_at,
  last_used_at,
}: Pick<PasskeyRow, 'id' | 'name' | 'synced' | 'created_at' | 'last_used_at'>): Passkey => ({
  id,
  name,
  synced,
  createdAt: created_at.toISOString(),
  lastUsedAt: last_used_at?.toISOString() ?? null,
})
