import type { Installation } from '@cockpit/contract/settings'
import type { Ctx, Db } from '../../platform/index.ts'
import { databaseRepository } from './repository.ts'

type Variable = { name: string; description: string; secret: boolean; value: string | undefined }

/** What only the start of the program knows. */
export type InstallationFacts = Pick<
  Installation,
  'version' | 'database' | 'roles' | 'publicUrl' | 'creditsFactor' | 'masterKeySet' | 'secretKey'
> & { startedAt: Date; environment: readonly Variable[] }

export const createSettings = ({ db, facts, node }: { db: Db; facts: InstallationFacts; node: string }) => ({
  async installation(ctx: Ctx): Promise<Installation> {
    const { startedAt, environment, ...rest } = facts
    const postgres = await db.platform(ctx, (tx) => databaseRepository(tx).version())
    return { ...rest, node, postgres, startedAt: startedAt.toISOString(), environment: environment.map(present) }
  },
})
export type Settings = ReturnType<typeof createSettings>

/** Of a secret only whether it is set; a password inside an address is a secret too. */
const present = ({ name, description, secret, value }: Variable) => ({
  name,
  description,
  value: secret || value === undefined ? null : withoutPassword(value),
  set: value !== undefined,
})

const withoutPassword = (value: string) => value.replace(/(\/\/[^:@/\s]*):[^@/\s]*@/g, '$1:…@')
