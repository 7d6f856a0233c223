import type { User } from '@cockpit/contract/directory'
import { type AccountRole, accountRoles } from '@cockpit/contract/kit'
import type { BulkAct, BulkResult } from '@cockpit/contract/users'
import { Button, Columns, Loaded, Modal, MultiSelect, ProblemAlert, Row, Select, Stack, toast } from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { roleHelp, roleName } from '../access/roles.ts'
import { useTeamOptions } from '../keys/owners.ts'
import { BulkEffects } from './bulk-effects.tsx'
import { asItIs, type LimitChange, LimitField, limitOf } from './limit-change.tsx'
import { countText, t } from './strings.ts'

type Kind = Exclude<BulkAct['kind'], 'status'> | 'suspend' | 'activate'
export type Bulk = { kind: Kind; users: readonly User[] }

const words = messages('bulkUsers', {
  role: 'Change the role',
  suspend: 'Suspend people',
  activate: 'Activate people',
  limits: 'Set limits',
  add_teams: 'Add people to teams',
  remove_teams: 'Take people out of teams',
  remove: 'Remove people from this account',
  suspendAbout:
    'They can no longer work in this account, are signed out, and their keys stop. Activating them brings everything back.',
  removeAbout: 'They leave the account and all its teams, are signed out, and their keys are revoked for good.',
  apply: (count: number) => `Apply to ${countText(count, 'person', 'people')}`,
  nobody: 'Nobody changes',
  done: (count: number) => `${countText(count, 'person', 'people')} changed.`,
  cancel: 'Cancel',
})

/** One act on many people: what it needs, what it will do to whom, then the act. */
export const BulkUsers = ({ bulk, onClose }: { bulk: Bulk; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const { act, fields } = useAct(bulk.kind)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const userIds = bulk.users.map(({ id }) => id)
  const preview = useLoad(
    ['bulk', userIds, act],
    (from) => from.users.bulk({ query: { dry_run: 'true' }, body: { userIds, act: act ?? { kind: 'remove' } } }),
    { enabled: act !== null },
  )
  const run = async () => {
    if (!act) return
    setBusy(true)
    setFailure(null)
    try {
      const { changed } = await api.users.bulk({ body: { userIds, act } })
      await refresh('users', 'teams', 'team-members', 'keys', 'owners', 'bulk')
      toast.success(words.done(changed))
      onClose()
    } catch (error) {
      setFailure(error)
    }
    setBusy(false)
  }
  const count = preview.data?.changed ?? 0
  const hurts = bulk.kind === 'remove' || bulk.kind === 'suspend'
  return (
    <Modal opened onClose={onClose} title={words[bulk.kind]} size="lg">
      <Stack>
        {bulk.kind === 'suspend' && <p>{words.suspendAbout}</p>}
        {bulk.kind === 'remove' && <p>{words.removeAbout}</p>}
        {fields}
        {act && <Loaded {...preview}>{(result: BulkResult) => <BulkEffects result={result} />}</Loaded>}
        <ProblemAlert error={failure} />
        <Row justify="end">
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind={hurts ? 'danger' : 'primary'} loading={busy} disabled={count === 0} onClick={() => void run()}>
            {act && preview.data && count === 0 ? words.nobody : words.apply(count)}
          </Button>
        </Row>
      </Stack>
    </Modal>
  )
}

/** The fields an act needs, and the act once they are filled. */
const useAct = (kind: Kind): { act: BulkAct | null; fields: React.ReactNode } => {
  const teams = useTeamOptions() ?? []
  const [role, setRole] = useState<AccountRole | null>(null)
  const [teamIds, setTeamIds] = useState<string[]>([])
  const [rpm, setRpm] = useState<LimitChange>(asItIs)
  const [tpm, setTpm] = useState<LimitChange>(asItIs)
  if (kind === 'suspend') return { act: { kind: 'status', status: 'suspended' }, fields: null }
  if (kind === 'activate') return { act: { kind: 'status', status: 'active' }, fields: null }
  if (kind === 'remove') return { act: { kind }, fields: null }
  if (kind === 'role')
    return {
      act: role ? { kind, role } : null,
      fields: (
        <Select
          label={t.role}
          value={role}
          onChange={setRole}
          options={accountRoles.map((value) => ({ value, label: roleName(value) }))}
          {...(role ? { help: roleHelp(role) } : {})}
        />
      ),
    }
  if (kind === 'limits') {
    const limits = { ...limitOf('rpm', rpm), ...limitOf('tpm', tpm) }
    return {
      act: Object.keys(limits).length > 0 ? { kind, limits } : null,
      fields: (
        <Columns minWidth={260}>
          <LimitField label={t.rpm} change={rpm} onChange={setRpm} />
          <LimitField label={t.tpm} change={tpm} onChange={setTpm} />
        </Columns>
      ),
    }
  }
  return {
    act: teamIds.length > 0 ? { kind, teamIds } : null,
    fields: <MultiSelect label={t.teamList} options={teams} value={teamIds} onChange={setTeamIds} />,
  }
}
