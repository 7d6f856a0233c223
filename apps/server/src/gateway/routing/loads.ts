import type { SliceConnection } from '@cockpit/contract/snapshot'
import { type CredentialState, DeploymentLoad } from './load.ts'

export type LoadEvent = { connectionId: string; upstreamModel: string; to: 'open' | 'closed' }

/**
 * What this process knows of deployments and credentials. It outlives snapshots: a deployment is the same as long as its
 * connection and model are, and a credential until it is replaced. There are as many as somebody has configured.
 */
export const createLoads = ({ onChange }: { onChange: (event: LoadEvent) => void }) => {
  const loads = new Map<string, DeploymentLoad>()
  const credentials = new Map<string, CredentialState>()

  const credentialOf = ({ id, sealedSecret }: SliceConnection): CredentialState => {
    const name = `${id} ${sealedSecret ?? ''}`
    const known = credentials.get(name)
    if (known) return known
    const fresh = { deadUntil: 0 }
    credentials.set(name, fresh)
    return fresh
  }

  return {
    of(connection: SliceConnection, upstreamModel: string): DeploymentLoad {
      const name = nameOf(connection.id, upstreamModel)
      const credential = credentialOf(connection)
      const known = loads.get(name)
      if (known) {
        known.credential = credential
        return known
      }
      const changed = (to: LoadEvent['to']) => onChange({ connectionId: connection.id, upstreamModel, to })
      const fresh = new DeploymentLoad(connection.name, upstreamModel, credential, changed)
      loads.set(name, fresh)
      return fresh
    },
    find: (connectionId: string, upstreamModel: string) => loads.get(nameOf(connectionId, upstreamModel)),
    all: (): Iterable<DeploymentLoad> => loads.values(),
  }
}
export type Loads = ReturnType<typeof createLoads>

const nameOf = (connectionId: string, upstreamModel: string) => `${connectionId} ${upstreamModel}`
