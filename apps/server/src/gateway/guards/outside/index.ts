/** Checks that services outside of this installation make: asked about the texts of a call all at once, beside one another. */
import type { GuardrailDirection } from '@cockpit/contract/guardrail-checks'
import type { SliceConnection, SliceGuardrail, SliceGuardrailService } from '@cockpit/contract/snapshot'
import {
  type ExternalCheck,
  externalChecks,
  externalInspection,
  type Finding,
  type Inspection,
  type Judged,
  judge,
  looksIn,
  mayChange,
  type Said,
} from '@cockpit/policy'
import type { Log } from '../../../platform/index.ts'
import type { AddressPort, SecretPort } from '../../ports.ts'
import { createBreaker } from './breaker.ts'
import { createGuardrailServiceClient, type ServiceEndpoint } from './client.ts'
import { endpointFor } from './endpoint.ts'
import { nameOf, type Replacements } from './held.ts'

/** How long a service was asked, for the trace. */
type Asked = { service: string; fromMs: number; untilMs: number; ok: boolean }

export type Judgement = { inspection: Inspection; after: Replacements; asked: readonly Asked[] }

/** What services have a say in the calls of one plan. */
export type Outside = {
  looksAt(direction: GuardrailDirection): boolean
  /** Whether a stream must wait for its verdict before it goes on. */
  readonly holdsAnswers: boolean
  judge(texts: readonly Judged[], elapsedMs: () => number): Promise<Judgement>
}

type Deps = {
  secrets: SecretPort
  addresses: AddressPort
  allowPrivateTargets: boolean
  log: Log
  now: () => number
}

type Service = { facts: SliceGuardrailService; endpoint: ServiceEndpoint | { broken: string } }
type Known = { guardrailServices?: SliceGuardrailService[] | undefined; connections: readonly SliceConnection[] }

/** More is not judged, and counts as what cannot be checked. */
const charsMax = 400_000
const textsMax = 500

export const createOutside = ({ secrets, addresses, allowPrivateTargets, log, now }: Deps) => {
  const client = createGuardrailServiceClient({ addresses, allowPrivateTargets })
  const breaker = createBreaker(now)

  const servicesOf = (checks: readonly ExternalCheck[], { guardrailServices, connections }: Known) => {
    const wanted = new Set(checks.map(({ check }) => check.serviceId))
    const found = (guardrailServices ?? []).filter(({ id }) => wanted.has(id))
    return new Map(found.map((facts) => [facts.id, { facts, endpoint: endpointFor(facts, connections, secrets) }]))
  }

  /** Of several checks by one service, what any of them asks for. */
  const categoriesOf = (checks: readonly ExternalCheck[]): readonly string[] =>
    checks.some(({ check }) => check.categories.length === 0)
      ? []
      : [...new Set(checks.flatMap(({ check }) => check.categories))]

  const ask = async (service: Service, checks: readonly ExternalCheck[], texts: readonly Judged[]): Promise<Said> => {
    const { facts, endpoint } = service
    const here = texts.flatMap((one, at) => (checks.some((check) => looksIn(check, one.direction)) ? [at] : []))
    const asked = here.flatMap((at) => texts[at] ?? [])
    const chars = asked.reduce((sum, { text }) => sum + text.length, 0)
    if (asked.length === 0) return texts.map(() => [])
    if (asked.length > textsMax || chars > charsMax) return texts.map(() => null)
    if ('broken' in endpoint) throw new Error(endpoint.broken)
    const question = { texts: asked, categories: categoriesOf(checks), language: facts.language }
    const found: Finding[][] = await client.ask(endpoint, question)
    const said: (readonly Finding[])[] = texts.map(() => [])
    for (const [place, at] of here.entries()) said[at] = found[place] ?? []
    return said
  }

  const askGuarded = async (service: Service, checks: readonly ExternalCheck[], texts: readonly Judged[]) => {
    const { id, name } = service.facts
    const nothing = { said: texts.map(() => null), ok: false }
    if (!breaker.admits(id)) return nothing
    try {
      const said = await ask(service, checks, texts)
      breaker.succeeded(id)
      return { said, ok: true }
    } catch (error) {
      if (breaker.failed(id))
        log.warn({ serviceId: id, name, said: String(error) }, 'a guardrail service failed too often and rests')
      return nothing
    }
  }

  return {
    /** Null where no guardrail asks anybody. */
    of(guardrails: readonly SliceGuardrail[], slice: Known): Outside | null {
      const checks = externalChecks(guardrails)
      if (checks.length === 0) return null
      const services = servicesOf(checks, slice)
      const answers: readonly GuardrailDirection[] = ['output', 'tool_calls', 'tool_results']
      return {
        looksAt: (direction) => checks.some((one) => looksIn(one, direction)),
        holdsAnswers: checks.some((one) => mayChange(one) && answers.some((direction) => looksIn(one, direction))),
        async judge(texts, elapsedMs) {
          const asked: Asked[] = []
          const said = new Map<string, Said>()
          await Promise.all(
            [...services.values()].map(async (service) => {
              const { id, name } = service.facts
              const fromMs = elapsedMs()
              const own = checks.filter(({ check }) => check.serviceId === id)
              const heard = await askGuarded(service, own, texts)
              said.set(id, heard.said)
              asked.push({ service: name, fromMs, untilMs: elapsedMs(), ok: heard.ok })
            }),
          )
          const inspection = externalInspection()
          const after = judge(inspection, checks, texts, ({ check }) => said.get(check.serviceId) ?? [])
          const changed = texts.flatMap((one, at): [string, string][] => {
            const masked = after[at] ?? one.text
            return masked === one.text ? [] : [[nameOf(one), masked]]
          })
          return { inspection, after: new Map(changed), asked }
        },
      }
    },
    close: () => client.close(),
  }
}
export type OutsideChecks = ReturnType<typeof createOutside>
