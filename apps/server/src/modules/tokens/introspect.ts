/** An opaque token: only its issuer knows what it is, and whether it still counts. */
import type { RefusalReason } from '@cockpit/contract/tokens'
import type { Clock } from '../../platform/index.ts'
import { audienceOf, clientOf, instantOf, isObject, issuedAhead, textOf } from './claims.ts'
import type { Documents } from './documents.ts'
import type { IssuerHttp, Refused } from './port.ts'

type Deps = { http: IssuerHttp; now: Clock }
type Payload = Readonly<Record<string, unknown>>
type Verdict = { payload: Payload } | { reason: RefusalReason; detail: string; payload?: Payload }

export const introspect = async (token: string, documents: Documents, { http, now }: Deps): Promise<Verdict> => {
  const { issuer, audiences, client } = documents.issuer
  if (!client)
    return { reason: 'introspection_off', detail: 'Opaque tokens need ZITADEL_CLIENT_ID and ZITADEL_CLIENT_SECRET.' }
  let answer: Awaited<ReturnType<IssuerHttp['post']>>
  try {
    const { introspection } = await documents.discover()
    if (introspection === null) return unavailable('its discovery document names no introspection')
    answer = await http.post(introspection, {
      ...documents.options,
      form: { token, token_type_hint: 'access_token' },
      basic: [client.id, client.secret],
    })
  } catch (error) {
    return unavailable(error instanceof Error ? error.message : String(error))
  }
  const { status, body } = answer
  if (status !== 200 || !isObject(body)) return unavailable(`it answers ${status}`)
  return judge(body, { issuer, audiences, at: now().getTime() })
}

type Expected = { issuer: string; audiences: readonly string[]; at: number }

const judge = (payload: Payload, { issuer, audiences, at }: Expected): Verdict => {
  const no = (reason: RefusalReason, detail: string): Verdict => ({ reason, detail, payload })
  if (payload.active !== true)
    return no(
      'inactive',
      'The issuer says that it is not active: unknown, expired, revoked, or not meant for this client.',
    )
  if (payload.iss !== undefined && payload.iss !== issuer)
    return no('issuer_unknown', 'It was issued by somebody else.')
  if (!audienceOf(payload).some((audience) => audiences.includes(audience)))
    return no('audience', `It is for ${audienceOf(payload).join(', ') || 'nobody in particular'}.`)
  if ((instantOf(payload.exp) ?? Number.POSITIVE_INFINITY) <= at) return no('expired', 'It has expired.')
  if ((instantOf(payload.nbf) ?? 0) > at + 5_000) return no('not_yet_valid', 'It is not in force yet.')
  if (issuedAhead(payload, at))
    return no('not_yet_valid', 'It says that it will be issued later; set both clocks by NTP.')
  return { payload }
}

const unavailable = (why: string): Verdict => ({
  reason: 'introspection_unavailable',
  detail: `Introspection failed: ${why}.`,
})

export const seenInAnswer = (issuer: string, payload: Payload | undefined): Refused['seen'] => ({
  issuer,
  kid: null,
  algorithm: null,
  audience: payload ? audienceOf(payload) : [],
  subject: textOf(payload?.sub),
  client: payload ? clientOf(payload) : null,
  claims: payload ?? {},
})
