/** What every request of a known caller passes before its route answers. The server refuses by it, and `simulate` shows it. */
import type { Restriction, Route } from '@cockpit/contract/kit'
import { type AdmissionStep, admission } from '@cockpit/policy'
import type { Clock } from './clock.ts'
import { platformAccount } from './context.ts'
import type { Authenticated } from './http.ts'
import { requireProof } from './http-proof.ts'
import { Problem } from './problem.ts'

export type GateStep = {
  rule: 'network' | 'origin' | 'restriction' | 'proof' | AdmissionStep['rule']
  ok: boolean
  detail: string
}
export type Passage = { steps: readonly GateStep[]; refused: { by: GateStep['rule']; problem: Problem } | null }

export type GateFacts = {
  route: Route
  known: Authenticated
  /** Where the request comes from; null asks no list of networks. */
  ip: string | null
  /** Throws for somebody known who may not come from this address. */
  admitsFrom?: ((known: Authenticated, ip: string) => Promise<void>) | undefined
  /** Throws for a request that another site had the browser send. */
  fromOwnSite?: () => void
  now?: Clock | undefined
}
/** Says why it lets pass, or null where it has nothing to say; throws the problem where it does not. */
type Ask = (facts: GateFacts) => Promise<string | null> | string | null
type Gate = { rule: GateStep['rule']; ask: Ask }

const first: readonly Gate[] = [
  {
    rule: 'network',
    ask: async ({ route, known, ip, admitsFrom }) => {
      if (route.fromAnywhere) return 'May be called from every address.'
      if (ip === null || !admitsFrom) return null
      await admitsFrom(known, ip)
      return `The address ${ip} is allowed.`
    },
  },
  {
    rule: 'origin',
    ask: ({ fromOwnSite }) => {
      fromOwnSite?.()
      return null
    },
  },
  { rule: 'impersonation', ask: ({ route, known }) => (known.maskIsOver ? refuseAfterMask(route) : null) },
  {
    rule: 'restriction',
    ask: ({ route, known }) => (known.restriction ? refuseRestricted(route, known.restriction) : null),
  },
]

/** In the order they are asked; the first that refuses decides. */
export const passGates = async (facts: GateFacts): Promise<Passage> => {
  const steps: GateStep[] = []
  const refused = (by: GateStep['rule'], problem: Problem): Passage => ({ steps, refused: { by, problem } })
  const askOne = async ({ rule, ask }: Gate): Promise<Problem | null> => {
    try {
      const detail = await ask(facts)
      if (detail !== null) steps.push({ rule, ok: true, detail })
      return null
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      steps.push({ rule, ok: false, detail: error.detail })
      return error
    }
  }
  for (const gate of first) {
    const problem = await askOne(gate)
    if (problem) return refused(gate.rule, problem)
  }
  const admitted = admissionOf(facts)
  steps.push(...admitted.steps)
  if (admitted.refused)
    return refused(
      admitted.steps.at(-1)?.rule ?? 'permission',
      new Problem(admitted.refused.code, admitted.refused.detail),
    )
  const problem = await askOne({ rule: 'proof', ask: provenFor })
  return problem ? refused('proof', problem) : { steps, refused: null }
}

const admissionOf = ({ route, known: { actor, accountId, impersonator } }: GateFacts) =>
  admission(route, {
    ...actor,
    accountId: accountId === platformAccount ? null : accountId,
    impersonated: impersonator,
  })

const refuseAfterMask = ({ asOther }: Route): null => {
  if (asOther === 'always') return null
  throw new Problem(
    'impersonation.over',
    'You no longer see the product as somebody else. Send DELETE /v1/impersonations/current to go on as yourself.',
  )
}

const refusals = {
  change_password: [
    'auth.password_expired',
    'Your password is older than the rules allow; set a new one with PUT /v1/me/password.',
  ],
  enrol_second_factor: [
    'auth.second_factor_required',
    'A second factor is required here; add an authenticator app or a passkey of yours first.',
  ],
} as const

const refuseRestricted = ({ evenWhen }: Route, restriction: Restriction): string => {
  if (evenWhen?.includes(restriction)) return 'Possible even before they did what is asked of them first.'
  const [code, detail] = refusals[restriction]
  throw new Problem(code, detail)
}

const provenFor: Ask = ({ route: { stepUp }, known, now }) => {
  if (stepUp === undefined) return null
  if (stepUp === true) {
    requireProof(known, now)
    return 'Asks for a proof of the last quarter of an hour, and there is one, or it needs none.'
  }
  const when = stepUp === 'of_others' ? 'for what somebody else has' : `for a body with ${stepUp.join(' or ')}`
  return `Asks for a proof of the last quarter of an hour only ${when}.`
}
