import type { Key, KeyPatch } from '@cockpit/contract/keys'
import type { SliceKey } from '@cockpit/contract/snapshot'
import type { Selectable } from 'kysely'
import { credentialStatus, type DB } from '../../platform/index.ts'
import type { Owner } from './model.ts'

type Row = Selectable<DB['keys']>

/** The columns of the fields given. */
export const keyColumns = ({ name, teamId, models, limits, expiresAt }: KeyPatch) => ({
  ...(name !== undefined && { name }),
  ...(teamId !== undefined && { team_id: teamId }),
  ...(models !== undefined && { models }),
  ...(limits !== undefined && { rpm: limits.rpm, tpm: limits.tpm === null ? null : BigInt(limits.tpm) }),
  ...(expiresAt !== undefined && { expires_at: expiresAt === null ? null : new Date(expiresAt) }),
})

const ownerOf = (row: Row): Owner =>
  row.service_account_id === null
    ? { kind: 'user', id: row.user_id ?? '' }
    : { kind: 'service_account', id: row.service_account_id }

export const presentKey = (row: Row & { owner_name: string | null }, now: Date): Key => ({
  id: row.id,
  name: row.name,
  preview: row.preview,
  purpose: row.purpose as Key['purpose'],
  owner: { ...ownerOf(row), name: row.owner_name ?? 'Removed' },
  teamId: row.team_id,
  models: row.models,
  limits: limitsOf(row),
  status: credentialStatus(row, now),
  expiresAt: iso(row.expires_at),
  rotatedAt: iso(row.rotated_at),
  previousValidUntil: iso(row.previous_valid_until),
  lastUsedAt: iso(row.last_used_at),
  createdAt: row.created_at.toISOString(),
  revokedAt: iso(row.revoked_at),
})

export const sliceOf = (row: Row): SliceKey => ({
  id: row.id,
  name: row.name,
  purpose: row.purpose as Key['purpose'],
  hash: row.hash,
  previousHash: row.previous_hash,
  previousValidUntil: instant(row.previous_valid_until),
  owner: ownerOf(row),
  teamId: row.team_id,
  models: row.models,
  limits: limitsOf(row),
  expiresAt: instant(row.expires_at),
  revokedAt: instant(row.revoked_at),
})

const limitsOf = ({ rpm, tpm }: Row) => ({ rpm, tpm: tpm === null ? null : Number(tpm) })
const iso = (at: Date | null) => at?.toISOString() ?? null
const instant = (at: Date | null) => at?.getTime() ?? null
