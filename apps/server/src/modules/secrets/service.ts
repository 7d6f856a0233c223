import { type Clock, createSealing, type Db, type Sealing, verifySecretKey } from '../../platform/index.ts'

export type Secrets = Sealing & {
  /** Refuses to go on with a key that cannot open what this database holds. Called once, before anything is served. */
  verifyKey(): Promise<void>
}

export const createSecrets = ({ db, now, kek }: { db: Db; now: Clock; kek: Buffer }): Secrets => {
  const sealing = createSealing(kek)
  return { ...sealing, verifyKey: () => verifySecretKey({ db, sealing, now }) }
}
