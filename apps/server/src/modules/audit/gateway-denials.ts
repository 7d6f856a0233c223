import { anonymous, Problem, type Witness } from '../../platform/index.ts'

/** A call that a gateway refused for where it came from. */
type Elsewhere = {
  accountId: string
  who: { kind: 'key' | 'user'; id: string; name: string }
  address: string
  userAgent: string | null
  requestId: string
  method: string
  path: string
  message: string
}

/** Refusals of the gateway that whoever watches over an account must learn of; bounded as those of the API are. */
export const createGatewayDenials = (witness: Witness) => ({
  fromElsewhere: ({ accountId, who, address, userAgent, requestId, method, path, message }: Elsewhere) =>
    witness.denied(
      {
        accountId,
        actor: { ...anonymous, ...who },
        requestId,
        ip: address,
        userAgent,
        sessionId: null,
        authenticatedAt: null,
        impersonator: null,
      },
      {
        // the address without what follows it: names of models could be anything
        route: { method, path: path.startsWith('/v1/models/') ? '/v1/models/{name}' : path, summary: 'Call a model' },
        params: {},
        problem: new Problem('network.not_allowed', message),
        claimed: null,
      },
    ),
})
