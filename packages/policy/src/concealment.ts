/** What an account may read of a decision over connections that are not its own: their kind, and not what they are called. */
import type { ExplainStep } from '@cockpit/contract/explain'
import type { TracePlan } from '@cockpit/contract/usage-record'

type Deployments = TracePlan['deployments']

/** The step that tells the route: which deployments are tried, in which order. */
export const routeInWords = (deployments: readonly { connection: string; upstreamModel: string }[]): string =>
  deployments.map(({ connection, upstreamModel }, at) => `${at + 1}. ${connection} (${upstreamModel})`).join(', ')

/** `hides` says of which connections the reader must not learn the name. */
export const concealed = (trace: TracePlan, hides: (connectionId: string) => boolean) => {
  const hidden = trace.deployments.filter(({ connectionId }) => hides(connectionId))
  if (hidden.length === 0) return { trace, say: (text: string) => text }
  const deployments = trace.deployments.map((one) => (hidden.includes(one) ? { ...one, connection: one.kind } : one))
  const steps = trace.steps.map((step) => (isRoute(step) ? { ...step, value: routeInWords(deployments) } : step))
  return { trace: { ...trace, deployments, steps }, say: (text: string) => withoutNames(text, hidden) }
}

const isRoute = ({ rule, verdict }: ExplainStep) => rule === 'model.deployments' && verdict === 'allow'

/** Sentences about an attempt begin with the name or quote it; elsewhere a short name may be part of any word. */
const withoutNames = (text: string, hidden: Deployments): string => {
  let said = text
  for (const { connection, kind } of hidden) {
    said = said.replaceAll(`'${connection}'`, () => `'${kind}'`)
    if (said === connection) said = kind
    else if (said.startsWith(`${connection}: `)) said = kind + said.slice(connection.length)
  }
  return said
}
