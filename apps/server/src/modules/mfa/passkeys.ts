import type { PasskeyAssertion, PasskeyAttestation } from '@cockpit/contract/mfa'
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import type { PasskeyRow } from './repository.ts'

export type RelyingParty = { id: string; origin: string }

/** Browsers bind a passkey to the host of the address under which people reach Cockpit. */
export const relyingParty = (publicUrl: string): RelyingParty => {
  const { hostname, origin } = new URL(publicUrl)
  return { id: hostname, origin }
}

type Options = { challenge: string } & Record<string, unknown>

const described = ({ credential_id, transports }: PasskeyRow) => ({
  id: credential_id,
  transports: transports as never[],
})

export const registrationOptions = async (
  rp: RelyingParty,
  person: { id: string; email: string; name: string },
  existing: readonly PasskeyRow[],
): Promise<Options> => ({
  ...(await generateRegistrationOptions({
    rpName: 'Cockpit',
    rpID: rp.id,
    userName: person.email,
    userDisplayName: person.name,
    userID: new TextEncoder().encode(person.id) as Uint8Array<ArrayBuffer>,
    attestationType: 'none',
    excludeCredentials: existing.map(described),
    // found without an e-mail, and never by the mere touch of whoever finds the device
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })),
})

/** Without passkeys of a person: whichever the browser has for this host. */
export const assertionOptions = async (rp: RelyingParty, of: readonly PasskeyRow[] | null): Promise<Options> => ({
  ...(await generateAuthenticationOptions({
    rpID: rp.id,
    userVerification: 'required',
    ...(of && { allowCredentials: of.map(described) }),
  })),
})

/** The key to keep; null when the answer does not fit what was asked. */
export const verifiedRegistration = async (rp: RelyingParty, challenge: string, credential: PasskeyAttestation) => {
  const verified = await verifyRegistrationResponse({
    response: credential as never,
    expectedChallenge: challenge,
    expectedOrigin: rp.origin,
    expectedRPID: rp.id,
    requireUserVerification: true,
  }).catch(() => null)
  if (!verified?.verified) return null
  const { credential: key, credentialBackedUp } = verified.registrationInfo
  return {
    credentialId: key.id,
    publicKey: Buffer.from(key.publicKey),
    counter: key.counter,
    transports: credential.response.transports,
    synced: credentialBackedUp,
  }
}

/** The new counter; null when the signature, the host, the challenge or the counter is not what it must be. */
export const verifiedAssertion = async (
  rp: RelyingParty,
  challenge: string,
  credential: PasskeyAssertion,
  key: PasskeyRow,
): Promise<number | null> => {
  const verified = await verifyAuthenticationResponse({
    response: credential as never,
    expectedChallenge: challenge,
    expectedOrigin: rp.origin,
    expectedRPID: rp.id,
    requireUserVerification: true,
    credential: {
      id: key.credential_id,
      publicKey: new Uint8Array(key.public_key),
      counter: Number(key.counter),
      transports: key.transports as never[],
    },
  }).catch(() => null)
  return verified?.verified ? verified.authenticationInfo.newCounter : null
}
