/** Asks guardrail services with the client that the gateway asks them with. */
import { createGuardrailServiceClient, createOutside, endpointFor, type SecretPort } from '../../gateway/index.ts'
import type { AskService, JudgeOutside } from '../../modules/guardrails/index.ts'
import { isPrivateAddress } from '../../modules/providers/index.ts'
import type { Clock, Log } from '../../platform/index.ts'

type Deps = { secrets: SecretPort; allowPrivateTargets: boolean; now: Clock; log: Log }

export const createGuardrailAsking = ({ secrets, allowPrivateTargets, now, log }: Deps) => {
  const addresses = { isPrivate: isPrivateAddress }
  const client = createGuardrailServiceClient({ addresses, allowPrivateTargets })
  const outside = createOutside({ secrets, addresses, allowPrivateTargets, log, now: () => now().getTime() })

  const ask: AskService = async (service, connections, judged) => {
    const started = now().getTime()
    const said = (reason: string | null, findings: Awaited<ReturnType<AskService>>['findings'] = []) => ({
      ...{ reason, findings, latencyMs: Math.max(0, now().getTime() - started) },
    })
    const endpoint = endpointFor(service, connections, secrets)
    if ('broken' in endpoint) return said(`The service cannot be asked: ${endpoint.broken}.`)
    try {
      const [findings = []] = await client.ask(endpoint, {
        ...{ texts: [judged], categories: [], language: service.language },
      })
      return said(null, findings)
    } catch (error) {
      return said(`The service cannot be asked: ${error instanceof Error ? error.message : 'it failed'}.`)
    }
  }

  const judge: JudgeOutside = (guardrail, services, connections) => {
    const asked = outside.of([guardrail], { guardrailServices: [...services], connections })
    return async (judged) => {
      const said = await asked?.judge([judged], () => now().getTime())
      return { verdicts: said?.inspection.verdicts ?? [], text: [...(said?.after.values() ?? [])][0] ?? judged.text }
    }
  }

  return { ask, judge }
}
