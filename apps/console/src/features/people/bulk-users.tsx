import { type AccountRole, accountRoles } from '@cockpit/contract/kit'
import type { BulkAct, UserWhere } from '@cockpit/contract/users'
import { Columns, MultiSelect, Select } from '@cockpit/ui'
import { useState } from 'react'
import type { Api } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { roleHelp, roleName } from '../access/roles.ts'
import { useTeamOptions } from '../keys/owners.ts'
import { BulkModal } from './bulk-modal.tsx'
import { type DoPart, type Effects, noEffects, partMax, rehearseNamed, together, type Watch } from './bulk-run.ts'
import { asItIs, type LimitChange, LimitField, limitOf } from './limit-change.tsx'
import { countText, t } from './strings.ts'

type Kind = Exclude<BulkAct['kind'], 'status'> | 'suspend' | 'activate'
/** People by name, or everybody who matches. */
export type Whom = { userIds: readonly string[] } | { where: UserWhere }
export type Bulk = { kind: Kind; whom: Whom }

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
  count: (count: number) => countText(count, 'person', 'people'),
  done: (count: number) => `${countText(count, 'person', 'people')} changed.`,
})

type Props = { bulk: Bulk; onClose: () => void; onDone: () => void }

/** One act on many people: what it needs, what it will do to whom, then the act. */
export const BulkUsers = ({ bulk: { kind, whom }, onClose, onDone }: Props) => {
  const { act, fields } = useAct(kind)
  return (
    <BulkModal
      title={words[kind]}
      act={act}
      whom={whom}
      rehearse={(api, wanted: BulkAct, watch) =>
        'where' in whom
          ? rehearseMatching(api, whom.where, wanted, watch)
          : rehearseNamed(api, whom.userIds, doPartOf(wanted), watch)
      }
      doPartOf={doPartOf}
      danger={kind === 'remove' || kind === 'suspend'}
      countText={words.count}
      doneText={words.done}
      nouns={['users', 'teams', 'team-members', 'keys', 'owners']}
      onClose={onClose}
      onDone={onDone}
    >
      {kind === 'suspend' && <p>{words.suspendAbout}</p>}
      {kind === 'remove' && <p>{words.removeAbout}</p>}
      {fields}
    </BulkModal>
  )
}

const doPartOf =
  (act: BulkAct): DoPart =>
  async (api, userIds, isDry, signal) => {
    const query = isDry ? { dry_run: 'true' as const } : {}
    return effectsOf(await api.users.bulk({ query, body: { userIds: [...userIds], act } }, { signal }))
  }

/** What an act would do to everybody who matches. */
const rehearseMatching = async (api: Api, where: UserWhere, act: BulkAct, { signal, onProgress }: Watch) => {
  let effects = noEffects
  for (let after: string | null | undefined; after !== null; ) {
    const body = { where, act, after, limit: partMax }
    const page = await api.users.bulkMatching({ query: { dry_run: 'true' }, body }, { signal })
    effects = together(effects, effectsOf(page))
    onProgress({ done: effects.items.length, total: page.total })
    after = page.next
  }
  return effects
}

type Told = Omit<Effects, 'items'> & { items: readonly (Omit<Effects['items'][number], 'id'> & { userId: string })[] }
const effectsOf = ({ changed, unchanged, skipped, items }: Told): Effects => ({
  ...{ changed, unchanged, skipped },
  items: items.map(({ userId, ...item }) => ({ id: userId, ...item })),
})

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
