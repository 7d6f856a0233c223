import { randomBytes } from 'node:crypto'
import type { Owner } from '@cockpit/contract/stored-calls'
import type { Selectable } from 'kysely'
import {
  type Clock,
  type DB,
  type Db,
  jsonb,
  newId,
  openBytes,
  type Sealing,
  sealBytes,
  systemCtx,
  type Tx,
} from '../../platform/index.ts'
import { ctxOf } from './ctx-of.ts'

type Deps = { db: Db; now: Clock; secrets: Pick<Sealing, 'seal' | 'open'>; bytesMax?: number }
type Row = Selectable<DB['stored_files']>
type Page = { after: string | undefined; limit: number; order: 'asc' | 'desc'; purpose: string | null }

const pieceBytes = 1 << 20
/** Of all files of an account together. */
const accountBytesMax = 50 * 1024 ** 3

export const createFiles = ({ db, now, secrets, bytesMax = accountBytesMax }: Deps) => {
  const inAccount = <T>(accountId: string, work: (tx: Tx) => Promise<T>) =>
    db.tenant(systemCtx('stored', accountId), work)
  const keyOf = ({ account_id, id, sealed_key }: Pick<Row, 'account_id' | 'id' | 'sealed_key'>): Buffer =>
    Buffer.from(secrets.open(sealed_key, keyContext(account_id, id)), 'base64')

  const find = async ({ accountId, ownerId }: Owner, id: string): Promise<Row | undefined> =>
    inAccount(accountId, (tx) =>
      readyFiles(tx, accountId).where('owner_id', '=', ownerId).where('id', '=', id).executeTakeFirst(),
    )

  return {
    /** What Cockpit itself has to hand over is kept, however much there is. */
    async begin(owner: Owner, filename: string, { whole = false }: { whole?: boolean } = {}) {
      const { accountId, ownerId, by } = owner
      const id = newId('file', now())
      const key = randomBytes(32)
      const sealed_key = secrets.seal(key.toString('base64'), keyContext(accountId, id))
      const isFull = await inAccount(accountId, async ({ sql }) => {
        const { kept } = await sql
          .selectFrom('stored_files')
          .select((e) => e.fn.sum<string | null>('bytes').as('kept'))
          .where('account_id', '=', accountId)
          .executeTakeFirstOrThrow()
        if (!whole && Number(kept ?? 0) >= bytesMax) return true
        await sql
          .insertInto('stored_files')
          .values({
            ...{ account_id: accountId, id, owner_id: ownerId, created_by: jsonb(by), filename, sealed_key },
            ...{ purpose: '', media_type: '', created_at: now() },
          })
          .execute()
        return false
      })
      if (isFull) return null
      let place = 0
      let bytes = 0
      let waiting: Buffer[] = []
      let waitingBytes = 0
      const flush = async () => {
        if (waitingBytes === 0) return
        const sealed = sealBytes(key, Buffer.concat(waiting), pieceContext(accountId, id, place))
        waiting = []
        waitingBytes = 0
        const row = { account_id: accountId, file_id: id, place: place++, sealed }
        await inAccount(accountId, (tx) => tx.sql.insertInto('stored_file_pieces').values(row).execute())
      }
      return {
        async write(piece: Buffer): Promise<void> {
          bytes += piece.length
          waiting.push(piece)
          waitingBytes += piece.length
          if (waitingBytes >= pieceBytes) await flush()
        },
        async finish(facts: { purpose: string; mediaType: string; expiresAt: Date | null }) {
          await flush()
          const { purpose, mediaType: media_type, expiresAt: expires_at } = facts
          return db.tenant(ctxOf(owner), async (tx) => {
            const row = await tx.sql
              .updateTable('stored_files')
              .set({ status: 'ready', bytes: BigInt(bytes), purpose, media_type, expires_at })
              .where('account_id', '=', accountId)
              .where('id', '=', id)
              .returningAll()
              .executeTakeFirstOrThrow()
            await tx.emit('stored_file.created', { subject: fileSubjectOf(row), after: { filename, purpose, bytes } })
            return present(row)
          })
        },
        discard: () => inAccount(accountId, (tx) => deleteFile(tx, accountId, id)),
      }
    },

    async find(owner: Owner, id: string) {
      const row = await find(owner, id)
      return row ? present(row) : null
    },

    async list({ accountId, ownerId }: Owner, { after, limit, order, purpose }: Page) {
      const rows = await inAccount(accountId, (tx) =>
        readyFiles(tx, accountId)
          .where('owner_id', '=', ownerId)
          .$if(purpose !== null, (own) => own.where('purpose', '=', purpose ?? ''))
          .$if(after !== undefined, (own) => own.where('id', order === 'asc' ? '>' : '<', after ?? ''))
          .orderBy('id', order)
          .limit(limit + 1)
          .execute(),
      )
      return rows.map(present)
    },

    /** Piece by piece, each in a transaction of its own: whoever reads slowly holds nothing. */
    async *read(owner: Owner, id: string): AsyncGenerator<Buffer> {
      const row = await find(owner, id)
      if (!row) return
      const key = keyOf(row)
      let left = Number(row.bytes)
      for (let place = 0; left > 0; place++) {
        const piece = await inAccount(owner.accountId, ({ sql }) =>
          sql
            .selectFrom('stored_file_pieces')
            .select('sealed')
            .where('account_id', '=', owner.accountId)
            .where('file_id', '=', id)
            .where('place', '=', place)
            .executeTakeFirst(),
        )
        if (!piece) throw new Error(`file ${id} was deleted while it was read, or lacks a piece`)
        const bytes = openBytes(key, piece.sealed, pieceContext(owner.accountId, id, place))
        left -= bytes.length
        yield bytes
      }
    },

    remove: (owner: Owner, id: string): Promise<boolean> =>
      db.tenant(ctxOf(owner), async (tx) => {
        const { accountId, ownerId } = owner
        const row = await readyFiles(tx, accountId)
          .where('owner_id', '=', ownerId)
          .where('id', '=', id)
          .executeTakeFirst()
        if (!row) return false
        await deleteFile(tx, accountId, id)
        await tx.emit('stored_file.deleted', { subject: fileSubjectOf(row), before: { purpose: row.purpose } })
        return true
      }),
  }
}
export type Files = ReturnType<typeof createFiles>

export const readyFiles = ({ sql }: Tx, accountId: string) =>
  sql.selectFrom('stored_files').selectAll().where('account_id', '=', accountId).where('status', '=', 'ready')

export const deleteFile = async ({ sql }: Tx, accountId: string, id: string): Promise<void> => {
  await sql.deleteFrom('stored_files').where('account_id', '=', accountId).where('id', '=', id).execute()
}

export const fileSubjectOf = ({ id, filename }: Row) => ({ type: 'stored_file', id, name: filename })

const present = (row: Row) => ({
  id: row.id,
  filename: row.filename,
  purpose: row.purpose,
  mediaType: row.media_type,
  bytes: Number(row.bytes),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
})

const keyContext = (accountId: string, id: string) => `${accountId}|${id}|file`
const pieceContext = (accountId: string, id: string, place: number) => `${accountId}|${id}|${place}`
