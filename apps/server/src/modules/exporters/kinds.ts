/** What each kind of exporter is sent for a batch of requests. */
import type { Exporter } from '@cockpit/contract/exporters'
import { z } from 'zod'
import { signedJsonHeaders } from '../../platform/index.ts'
import { metricsOf, tracesOf } from './otlp.ts'
import type { ExportedRequest, Outgoing } from './port.ts'
import { signedHeaders } from './sigv4.ts'

/** A batch: what was booked in an account between two places. */
export type Place = { accountId: string; from: bigint; to: bigint; at: Date }
type Make = (
  exporter: Exporter,
  secret: string | null,
  requests: readonly ExportedRequest[],
  place: Place,
) => Outgoing[]

/** The one exporter that the environment of the installation names. Its secret is all of its headers. */
export const ofEnvironment = 'exp_environment'
const Headers = z.record(z.string(), z.string())
const headersIn = (secret: string | null): Record<string, string> =>
  secret === null ? {} : Headers.parse(JSON.parse(secret))

const json = { 'content-type': 'application/json' }
const post = (url: string, headers: Record<string, string>, body: unknown): Outgoing => ({
  ...{ method: 'POST', url, headers: { ...json, ...headers }, body: JSON.stringify(body) },
})

const otlp: Make = ({ url, id }, secret, requests) => {
  const headers = id === ofEnvironment ? headersIn(secret) : secret === null ? {} : { authorization: secret }
  const base = url.replace(/\/v1\/traces$/, '')
  return [
    post(`${base}/v1/traces`, headers, tracesOf(requests)),
    post(`${base}/v1/metrics`, headers, metricsOf(requests)),
  ]
}

/** Langfuse speaks OTLP below this path, and has words of its own for what the conventions do not name. */
const langfuse: Make = ({ url, user }, secret, requests) => {
  const authorization = `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`
  return [post(`${url}/api/public/otel/v1/traces`, { authorization }, tracesOf(requests, { langfuse: true }))]
}

const webhook: Make = ({ url, id }, secret, requests, { accountId, at }) => {
  const body = JSON.stringify({ accountId, exporterId: id, requests })
  return [{ method: 'POST', url, headers: signedJsonHeaders(secret ?? '', body, at), body }]
}

/** An object of its own for each batch. Its name says what is in it, so a batch that is sent again replaces itself. */
const s3: Make = ({ url, user, bucket, region, prefix }, secret, requests, { from, to, at }) => {
  const day = at.toISOString().slice(0, 10).replaceAll('-', '/')
  const name = requests.length === 0 ? 'cockpit-test.jsonl' : `${day}/${padded(from + 1n)}-${padded(to)}.jsonl`
  const body = requests.map((request) => `${JSON.stringify(request)}\n`).join('')
  const target = `${url}/${bucket}/${prefix ?? ''}${name}`
  const headers = { 'content-type': 'application/x-ndjson' }
  const signed = signedHeaders({
    ...{ method: 'PUT', url: target, headers, body, at, service: 's3' },
    ...{ region: region ?? '', keyId: user ?? '', secret: secret ?? '' },
  })
  return [{ method: 'PUT', url: target, headers: signed, body }]
}

const padded = (seq: bigint) => String(seq).padStart(12, '0')

const kinds: Record<Exporter['kind'], Make> = { otlp, langfuse, webhook, s3 }

/** One after the other; each must be taken before the next is sent. */
export const deliveriesOf: Make = (exporter, ...more) => kinds[exporter.kind](exporter, ...more)
