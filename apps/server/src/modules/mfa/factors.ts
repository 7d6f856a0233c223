import type { PasskeyAssertion } from '@cockpit/contract/mfa'
import type { Clock, Sealing, Tx } from '../../platform/index.ts'
import type { RelyingParty } from './passkeys.ts'
import { verifiedAssertion } from './passkeys.ts'
import type { FactorName, KnownChallenge } from './port.ts'
import { recoveryHash } from './recovery.ts'
import { factorRepository } from './repository.ts'
import { stepOf } from './totp.ts'

type Deps = { now: Clock; secrets: Pick<Sealing, 'seal' | 'open'>; rp: RelyingParty }
type Proof = { code?: string | undefined; recoveryCode?: string | undefined; credential?: PasskeyAssertion | undefined }
/** Names of methods as in RFC 8176. */
export type Method = 'otp' | 'hwk' | 'recovery'

export const totpContext = (userId: string) => `platform|${userId}|totp`

/** Tells whether what somebody gives proves who they are. */
export const createFactors = ({ now, secrets, rp }: Deps) => {
  const provesCode = async (tx: Tx, userId: string, code: string): Promise<boolean> => {
    const totp = await factorRepository(tx).totp(userId)
    if (!totp?.confirmed_at) return false
    const step = stepOf(secrets.open(totp.sealed_secret, totpContext(userId)), code, now())
    return step !== null && (await factorRepository(tx).takeStep(userId, step, now()))
  }

  /** Whose passkey it is, when it proves anything. The row is held, so a counter cannot be used twice at once. */
  const byPasskey = async (tx: Tx, credential: PasskeyAssertion, { webauthn }: KnownChallenge) => {
    const key = webauthn && (await factorRepository(tx).passkeyByCredential(credential.id))
    if (!key) return null
    const counter = await verifiedAssertion(rp, webauthn, credential, key)
    if (counter === null) return null
    await factorRepository(tx).usedPasskey(key.id, counter, now())
    return { userId: key.user_id }
  }

  return {
    byPasskey,
    forget: (tx: Tx, userId: string) => factorRepository(tx).forgetFactors(userId),

    /** Which second factors a person has; recovery codes stand in for one that was lost, and are none themselves. */
    async of(tx: Tx, userId: string): Promise<FactorName[]> {
      const factors = factorRepository(tx)
      const names: FactorName[] = []
      if ((await factors.passkeys(userId)).length > 0) names.push('passkey')
      if ((await factors.totp(userId))?.confirmed_at) names.push('totp')
      if (names.length > 0 && (await factors.recoveryCodes(userId)).some(({ used_at }) => used_at === null))
        names.push('recovery')
      return names
    },

    /** The method that proved it, or null. `taken` is the challenge that a passkey answers. */
    async prove(tx: Tx, userId: string, proof: Proof, taken: KnownChallenge | null): Promise<Method | null> {
      const { code, recoveryCode, credential } = proof
      if (code !== undefined) return (await provesCode(tx, userId, code)) ? 'otp' : null
      if (recoveryCode !== undefined)
        return (await factorRepository(tx).takeRecoveryCode(userId, recoveryHash(recoveryCode), now()))
          ? 'recovery'
          : null
      const proven = credential && taken && (await byPasskey(tx, credential, taken))
      return proven?.userId === userId ? 'hwk' : null
    },
  }
}
export type Factors = ReturnType<typeof createFactors>
