import { type Clock, randomSecret, sha256Hex, type Tx } from '../../platform/index.ts'
import { challengeMs } from './model.ts'
import { assertionOptions, type RelyingParty, registrationOptions } from './passkeys.ts'
import type { Challenge, KnownChallenge, Purpose } from './port.ts'
import { factorRepository } from './repository.ts'

/** Proofs that have begun. What a browser must sign is remembered here and never taken from the browser. */
export const createChallenges = ({ now, rp }: { now: Clock; rp: RelyingParty }) => {
  const remember = async (
    tx: Tx,
    purpose: Purpose,
    userId: string | null,
    options: ({ challenge: string } & Record<string, unknown>) | null,
  ): Promise<Challenge> => {
    const token = randomSecret()
    const expiresAt = new Date(now().getTime() + challengeMs)
    const row = {
      token_hash: sha256Hex(token),
      purpose,
      user_id: userId,
      webauthn_challenge: options?.challenge ?? null,
      expires_at: expiresAt,
    }
    await factorRepository(tx).insertChallenge(row, now())
    return { token, options, expiresAt }
  }

  return {
    /** Begins a proof; with options for a passkey when the person has one, or when nobody knows yet who it is. */
    async begin(tx: Tx, purpose: Exclude<Purpose, 'register'>, userId: string | null): Promise<Challenge> {
      const keys = userId === null ? null : await factorRepository(tx).passkeys(userId)
      return remember(tx, purpose, userId, keys?.length === 0 ? null : await assertionOptions(rp, keys))
    },
    async beginRegistration(tx: Tx, person: { id: string; email: string; name: string }): Promise<Challenge> {
      const existing = await factorRepository(tx).passkeys(person.id)
      return remember(tx, 'register', person.id, await registrationOptions(rp, person, existing))
    },
    find: (tx: Tx, purpose: Purpose, token: string): Promise<KnownChallenge | null> =>
      factorRepository(tx).challenge(sha256Hex(token), purpose, now()),
    /** Takes it, once. Commit that before the answer is looked at: a wrong answer uses it up as well. */
    take: (tx: Tx, purpose: Purpose, token: string): Promise<KnownChallenge | null> =>
      factorRepository(tx).takeChallenge(sha256Hex(token), purpose, now()),
  }
}
export type Challenges = ReturnType<typeof createChallenges>
