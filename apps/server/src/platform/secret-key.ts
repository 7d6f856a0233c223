import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from './clock.ts'
import { systemCtx } from './context.ts'
import type { Db } from './db.ts'
import type { Sealing } from './envelope.ts'
import { readKeyFile } from './key-file.ts'

/** The key-encryption key: from COCKPIT_SECRET_KEY, else from a file that is made at the first start, for the owner only. */
export const loadSecretKey = ({
  configured,
  dataDir,
}: {
  configured?: string | undefined
  dataDir: string
}): Buffer => {
  if (configured) return keyOf(configured)
  return keyOf(readKeyFile(dataDir, 'secret.key', () => randomBytes(32).toString('base64')))
}

/** 32 bytes in base64 are the key itself; any other text is hashed to one. */
const keyOf = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === 32 && bytes.toString('base64') === text ? bytes : createHash('sha256').update(text).digest()
}

const sentinelText = 'cockpit'

/** Refuses a start with a key that cannot open what the database holds, before anything is sealed with the wrong one. */
export const verifySecretKey = ({ db, sealing, now }: { db: Db; sealing: Sealing; now: Clock }): Promise<void> =>
  db.platform(systemCtx('start'), async ({ sql, lock }) => {
    await lock('sentinels')
    const sentinels = await sql.selectFrom('sentinels').selectAll().execute()
    const own = sentinels.find(({ kid }) => kid === sealing.kid)
    if (own) {
      if (sealing.open(own.sealed, `sentinel|${own.kid}`) !== sentinelText) throw new Error(wrongKey)
      return
    }
    if (sentinels.length > 0) throw new Error(wrongKey)
    const sealed = sealing.seal(sentinelText, `sentinel|${sealing.kid}`)
    await sql.insertInto('sentinels').values({ kid: sealing.kid, sealed, created_at: now() }).execute()
  })

const wrongKey =
  'COCKPIT_SECRET_KEY (or secret.key in the data directory) is not the key the secrets of this database were sealed with: start with that key.'
