/** What a broken or hostile provider does: each is one thing changed in an answer on its way out. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeJwt, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'

export type Faults = {
  /** Closes every connection without a word. */
  down?: boolean
  /** Claims that userinfo and ID token tell instead. */
  claims?: Record<string, unknown>
  /** Changes the ID token before it is signed, with the provider's own key. */
  idToken?: (claims: JWTPayload) => JWTPayload | Promise<JWTPayload>
  /** Signs the ID token with this key instead, under the name of the right one. */
  signWith?: JWK
  /** Changes the discovery document. */
  discovery?: (document: Record<string, unknown>) => Record<string, unknown>
  /** Added to the Date of every answer. */
  clockMs?: number
}

type Setting = { faults: Faults; issuer: string; key: () => JWK | undefined }

/** The response, with what it says changed when it ends. */
export const tampering = (request: IncomingMessage, response: ServerResponse, setting: Setting): ServerResponse => {
  const { faults } = setting
  const path = request.url?.split('?')[0]
  const end = response.end.bind(response)
  if (faults.clockMs) response.setHeader('date', new Date(Date.now() + faults.clockMs).toUTCString())
  const changing =
    (path === '/oauth/v2/token' && (faults.idToken || faults.signWith)) ||
    (path === '/.well-known/openid-configuration' && faults.discovery)
  if (!changing) return response
  response.end = ((body: unknown) => {
    void changed(path, JSON.parse(String(body)), setting).then((value) => {
      response.removeHeader('content-length')
      end(JSON.stringify(value))
    })
    return response
  }) as typeof response.end
  return response
}

const changed = async (path: string | undefined, body: Record<string, unknown>, { faults, key }: Setting) => {
  if (path !== '/oauth/v2/token') return faults.discovery?.(body) ?? body
  if (typeof body.id_token !== 'string') return body
  const right = key()
  const wrong = faults.signWith ?? right
  if (!right || !wrong) return body
  const claims = decodeJwt(body.id_token)
  const token = new SignJWT((await faults.idToken?.(claims)) ?? claims).setProtectedHeader({
    alg: 'RS256',
    kid: String(right.kid),
  })
  return { ...body, id_token: await token.sign(await importJWK(wrong, 'RS256')) }
}
