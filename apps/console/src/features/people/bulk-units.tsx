import { bulkUnitsMax, type Org, type Team, type UnitAct } from '@cockpit/contract/directory'
import type { BulkItem } from '@cockpit/contract/kit'
import { Button, IconArrowRight, IconTrash, Loaded, Modal, ProblemAlert, Row, Select, Stack, toast } from '@cockpit/ui'
import { useState } from 'react'
import type { Api } from '../../app/api.ts'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { BulkEffects } from './bulk-effects.tsx'
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
  most: `At most ${bulkUnitsMax} at once`,
  deleteTeamsAbout: 'Their members stay in the account; keys that named a team fall back to the primary team.',
  deleteOrgsAbout: 'Orgs with teams or credits stay, and so does the default one.',
  into: 'Move to',
  apply: (what: string) => `Apply to ${what}`,
  nothing: 'Nothing changes',
  moved: (count: number) => `${teamsText(count)} moved.`,
  deleted: (what: string) => `${what} deleted.`,
  goes: 'is deleted',
  members: (count: number) => `is deleted; ${countText(count, 'member stays', 'members stay')} in the account`,
  cancel: 'Cancel',
})

const isTeam = (unit: Unit): unit is Team => 'orgId' in unit

/** What can be done with the orgs and teams that are selected. */
export const UnitsBar = ({ units, onAct }: { units: readonly Unit[]; onAct: (bulk: UnitsBulk) => void }) => {
  const teams = units.filter(isTeam).map(({ id }) => id)
  const orgs = units.filter((unit) => !isTeam(unit)).map(({ id }) => id)
  if (teams.length > bulkUnitsMax || orgs.length > bulkUnitsMax)
    return <span className="ck-ink-amber">{words.most}</span>
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
  const { api } = useScope()
  const refresh = useRefresh()
  const [orgId, setOrgId] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const act = actOf(kind, orgId)
  const preview = useLoad(['bulk', ids, act], (from) => send(from, kind, ids, act ?? { kind: 'delete' }, true), {
    enabled: act !== null,
  })
  const countOf = kind === 'delete_orgs' ? orgsText : teamsText
  const run = async () => {
    if (!act) return
    setBusy(true)
    setFailure(null)
    try {
      const { changed } = await send(api, kind, ids, act, false)
      await refresh('orgs', 'teams', 'users', 'bulk')
      toast.success(kind === 'move' ? words.moved(changed) : words.deleted(countOf(changed)))
      onDone()
    } catch (error) {
      setFailure(error)
    }
    setBusy(false)
  }
  const count = preview.data?.changed ?? 0
  return (
    <Modal opened onClose={onClose} title={words[kind]} size="lg">
      <Stack>
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
        {act && <Loaded {...preview}>{(result) => <BulkEffects result={result} textOf={effectText} />}</Loaded>}
        <ProblemAlert error={failure} />
        <Row justify="end">
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button
            kind={kind === 'move' ? 'primary' : 'danger'}
            loading={busy}
            disabled={count === 0}
            onClick={() => void run()}
          >
            {act && preview.data && count === 0 ? words.nothing : words.apply(countOf(count))}
          </Button>
        </Row>
      </Stack>
    </Modal>
  )
}

const actOf = (kind: UnitsBulk['kind'], orgId: string | null): UnitAct | null => {
  if (kind !== 'move') return { kind: 'delete' }
  return orgId === null ? null : { kind: 'move', orgId }
}

const send = (api: Api, kind: UnitsBulk['kind'], ids: readonly string[], act: UnitAct, isDry: boolean) => {
  const query = isDry ? { dry_run: 'true' } : {}
  return kind === 'delete_orgs'
    ? api.orgs.bulk({ query, body: { orgIds: [...ids], act: { kind: 'delete' } } })
    : api.teams.bulk({ query, body: { teamIds: [...ids], act } })
}

/** "Org global → Labs", "is deleted". */
const effectText = (before: BulkItem['before'], after: BulkItem['after']): string => {
  if (after) return `${t.org} ${before?.org} → ${after.org}`
  const members = Number(before?.members ?? 0)
  return members > 0 ? words.members(members) : words.goes
}
