import type { Org, Team, UnitAct } from '@cockpit/contract/directory'
import type { BulkItem } from '@cockpit/contract/kit'
import { Button, IconArrowRight, IconTrash, Select } from '@cockpit/ui'
import { useState } from 'react'
import { messages } from '../../app/i18n.ts'
import { BulkModal } from './bulk-modal.tsx'
import { type DoPart, rehearseNamed } from './bulk-run.ts'
import type { Unit } from './org-tree.tsx'
import { countText, t } from './strings.ts'

/** One act on the orgs, or on the teams, among what is selected. */
export type UnitsBulk = { kind: 'move' | 'delete_teams' | 'delete_orgs'; ids: readonly string[] }

const teamsText = (count: number) => countText(count, 'team', 'teams')
const orgsText = (count: number) => countText(count, 'org', 'orgs')
const words = messages('bulkUnits', {
  move: 'Move teams',
  delete_teams: 'Delete teams',
  delete_orgs: 'Delete orgs',
  moveSome: (count: number) => `Move ${teamsText(count)}…`,
  deleteTeams: (count: number) => `Delete ${teamsText(count)}`,
  deleteOrgs: (count: number) => `Delete ${orgsText(count)}`,
  deleteTeamsAbout: 'Their members stay in the account; keys that named a team fall back to the primary team.',
  deleteOrgsAbout: 'Orgs with teams or credits stay, and so does the default one.',
  into: 'Move to',
  moved: (count: number) => `${teamsText(count)} moved.`,
  deleted: (what: string) => `${what} deleted.`,
  goes: 'is deleted',
  members: (count: number) => `is deleted; ${countText(count, 'member stays', 'members stay')} in the account`,
})

const isTeam = (unit: Unit): unit is Team => 'orgId' in unit

/** What can be done with the orgs and teams that are selected. */
export const UnitsBar = ({ units, onAct }: { units: readonly Unit[]; onAct: (bulk: UnitsBulk) => void }) => {
  const teams = units.filter(isTeam).map(({ id }) => id)
  const orgs = units.filter((unit) => !isTeam(unit)).map(({ id }) => id)
  return (
    <>
      {teams.length > 0 && (
        <>
          <Button icon={<IconArrowRight size={14} />} onClick={() => onAct({ kind: 'move', ids: teams })}>
            {words.moveSome(teams.length)}
          </Button>
          <Button icon={<IconTrash size={14} />} onClick={() => onAct({ kind: 'delete_teams', ids: teams })}>
            {words.deleteTeams(teams.length)}
          </Button>
        </>
      )}
      {orgs.length > 0 && (
        <Button icon={<IconTrash size={14} />} onClick={() => onAct({ kind: 'delete_orgs', ids: orgs })}>
          {words.deleteOrgs(orgs.length)}
        </Button>
      )}
    </>
  )
}

type Props = { bulk: UnitsBulk; orgs: readonly Org[]; onClose: () => void; onDone: () => void }

/** One act on many orgs or teams: where to, what it will do to each, then the act. */
export const BulkUnitsModal = ({ bulk: { kind, ids }, orgs, onClose, onDone }: Props) => {
  const [orgId, setOrgId] = useState<string | null>(null)
  const countOf = kind === 'delete_orgs' ? orgsText : teamsText
  const doPartOf = (act: UnitAct) => doPart(kind, act)
  return (
    <BulkModal
      title={words[kind]}
      act={actOf(kind, orgId)}
      whom={ids}
      rehearse={(api, act: UnitAct, watch) => rehearseNamed(api, ids, doPartOf(act), watch)}
      doPartOf={doPartOf}
      danger={kind !== 'move'}
      countText={countOf}
      doneText={kind === 'move' ? words.moved : (count) => words.deleted(countOf(count))}
      textOf={effectText}
      nouns={['orgs', 'teams', 'users']}
      onClose={onClose}
      onDone={onDone}
    >
      {kind === 'move' && (
        <Select
          label={words.into}
          value={orgId}
          onChange={setOrgId}
          options={orgs.map(({ id, name }) => ({ value: id, label: name }))}
        />
      )}
      {kind === 'delete_teams' && <p>{words.deleteTeamsAbout}</p>}
      {kind === 'delete_orgs' && <p>{words.deleteOrgsAbout}</p>}
    </BulkModal>
  )
}

const actOf = (kind: UnitsBulk['kind'], orgId: string | null): UnitAct | null => {
  if (kind !== 'move') return { kind: 'delete' }
  return orgId === null ? null : { kind: 'move', orgId }
}

const doPart =
  (kind: UnitsBulk['kind'], act: UnitAct): DoPart =>
  (api, ids, isDry, signal) => {
    const query = isDry ? { dry_run: 'true' } : {}
    return kind === 'delete_orgs'
      ? api.orgs.bulk({ query, body: { orgIds: [...ids], act: { kind: 'delete' } } }, { signal })
      : api.teams.bulk({ query, body: { teamIds: [...ids], act } }, { signal })
  }

/** "Org global → Labs", "is deleted". */
const effectText = (before: BulkItem['before'], after: BulkItem['after']): string => {
  if (after) return `${t.org} ${before?.org} → ${after.org}`
  const members = Number(before?.members ?? 0)
  return members > 0 ? words.members(members) : words.goes
}
