/** Credentials of a connection that are no header: each question of a test is signed, or gets a token first. */
import { authorizerOf } from '../../gateway/index.ts'
import type { ConnectionSettings } from '../../modules/providers/index.ts'

type World = Parameters<typeof authorizerOf>[3]

/** The headers to add to one question, none for most kinds; or why it cannot be asked. */
export const signatureFor = async (
  { kind, secret, baseUrl }: ConnectionSettings,
  url: string,
  world: World,
): Promise<{ headers: Record<string, string> } | { broken: string }> => {
  const authorizer = authorizerOf(kind, secret ?? '', new URL(baseUrl ?? url), world)
  if (authorizer === null) return { headers: {} }
  if ('broken' in authorizer) return authorizer
  try {
    const added = await authorizer.headersFor({ method: 'GET', url: new URL(url), body: '' })
    const headers: Record<string, string> = {}
    for (let at = 0; at + 1 < added.length; at += 2) headers[added[at] ?? ''] = added[at + 1] ?? ''
    return { headers }
  } catch (error) {
    if (error instanceof Error && error.name === 'CredentialRefused') return { broken: error.message }
    throw error
  }
}
