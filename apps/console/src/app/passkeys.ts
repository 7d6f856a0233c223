import { browserSupportsWebAuthn, startAuthentication, startRegistration } from '@simplewebauthn/browser'

type Options = Record<string, unknown>
type Authentication = Parameters<typeof startAuthentication>[0]['optionsJSON']
type Registration = Parameters<typeof startRegistration>[0]['optionsJSON']

/** Passkeys need a secure address, and a browser that knows them. */
export const passkeysWork = (): boolean => browserSupportsWebAuthn()

/** Asks the reader for a passkey; null when they said no or have none. The server knows what to do with the answer. */
export const askPasskey = (options: Options) =>
  refusable(startAuthentication({ optionsJSON: options as unknown as Authentication }))
export const makePasskey = (options: Options) =>
  refusable(startRegistration({ optionsJSON: options as unknown as Registration }))

const refusable = async <T extends { clientExtensionResults: object }>(asked: Promise<T>) => {
  const answer = await asked.catch((error: unknown) => {
    if (error instanceof Error && (error.name === 'NotAllowedError' || error.name === 'AbortError')) return null
    throw error
  })
  if (!answer) return null
  const { clientExtensionResults, ...credential } = answer
  return { ...credential, clientExtensionResults: Object.fromEntries(Object.entries(clientExtensionResults)) }
}
