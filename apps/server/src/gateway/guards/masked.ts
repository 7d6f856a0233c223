/** What is kept of a call for its log where its account wants personal data and secrets masked, by whichever guardrails. */
import { GuardrailDirection, PiiKind } from '@cockpit/contract/guardrail-checks'
import { type Guard, guardOf, Inspection } from '@cockpit/policy'
import { type CallerDialectId, createSseParser } from '../dialects/index.ts'
import { createStreamGuard } from './stream.ts'
import { inspectBody } from './whole.ts'

type Content = { request: Buffer; response: Buffer }
/** Whether their ends are there: what was cut off may have been the other half of a secret. */
type Ends = { requestEnds: boolean; responseEnds: boolean }

export const maskedContent = ({
  dialect,
  stream,
  request,
  response,
  requestEnds,
  responseEnds,
}: Content & Ends & { dialect: CallerDialectId; stream: boolean }): Content => ({
  request: kept(request, (body) => masked(body, requestEnds)),
  response: kept(response, (body) =>
    stream && body.includes('data:') ? maskedStream(body, dialect, responseEnds) : masked(body, responseEnds),
  ),
})

/** What cannot be masked is not kept, and the call is recorded all the same. */
const kept = (body: Buffer, mask: (body: Buffer) => Buffer): Buffer => {
  try {
    return mask(body)
  } catch {
    return Buffer.from('[could not be masked]')
  }
}

const masked = (whole: Buffer, ends: boolean): Buffer => {
  const body = ends ? whole : withoutLastWord(whole)
  const inspection = new Inspection(everything(), { cutAtBlock: false })
  // every text counts here, whatever a request calls it
  if (body[0] === OPEN_BRACE || body[0] === OPEN_BRACKET) return inspectBody(body, 'answer', inspection)
  return Buffer.from(inspection.text('output', body.toString('utf8')))
}

const withoutLastWord = (body: Buffer): Buffer => body.subarray(0, body.lastIndexOf(' ') + 1)

/** First what is spread over events, then what stands in one of them by whichever name. A cut event is left out. */
const maskedStream = (body: Buffer, dialect: CallerDialectId, ends: boolean): Buffer => {
  const guard = createStreamGuard(everything(), dialect)
  const spread = [guard.push(body), ...(ends ? [guard.end()] : [])]
  const inspection = new Inspection(everything(), { cutAtBlock: false })
  const events = createSseParser().push(Buffer.concat(spread))
  return Buffer.concat(events.map(({ raw }) => maskedEvent(raw, inspection)))
}

const maskedEvent = (raw: Buffer, inspection: Inspection): Buffer => {
  const at = raw.indexOf('data:')
  return at < 0 ? raw : Buffer.concat([raw.subarray(0, at), inspectBody(raw.subarray(at), 'answer', inspection)])
}

const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b

let made: Guard | null = null
/** Made when it is first needed: its detectors are costly. */
const everything = (): Guard => {
  const on = [...GuardrailDirection.options]
  made ??= guardOf([
    {
      ...{ id: 'kept_content', name: 'Kept content', onFailure: 'open' },
      checks: [
        { kind: 'pii', kinds: [...PiiKind.options], action: 'mask', on },
        { kind: 'secrets', entropy: true, action: 'mask', on },
      ],
    },
  ])
  if (!made) throw new Error('checks make a guard')
  return made
}
