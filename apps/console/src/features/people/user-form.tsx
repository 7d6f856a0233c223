import type { User } from '@cockpit/contract/directory'
import { type AccountRole, accountRoles } from '@cockpit/contract/kit'
import { type Form, MultiSelect, Select } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { roleHelp, roleName } from '../access/roles.ts'
import { useTeamOptions } from '../keys/owners.ts'
import { LimitFields, type LimitValues } from './limit-fields.tsx'
import { t } from './strings.ts'

const words = messages('userForm', {
  teamsHelp: 'The first team is the primary one: it pays for keys that name no team.',
  noTeams: 'No teams',
  limitHelp: 'For all keys of this person together. Empty: unlimited.',
})

export type MemberValues = LimitValues & { role: AccountRole; teamIds: string[] }

export const memberValues = ({ role, teams, limits }: User): MemberValues => ({
  role: accountRoles.find((known) => known === role) ?? 'end_user',
  teamIds: teams.map(({ id }) => id),
  ...limits,
})

/** What a membership says: role, teams, limits. */
export const MemberFields = ({
  form,
  known = [],
}: {
  form: Pick<Form<MemberValues>, 'field'>
  /** Teams the person is in; an account may have more than the options hold. */
  known?: readonly { id: string; name: string }[]
}) => {
  const teams = useTeamOptions() ?? []
  const role = form.field('role')
  const extra = known.filter(({ id }) => !teams.some(({ value }) => value === id))
  return (
    <>
      <Select
        label={t.role}
        value={role.value}
        onChange={(value) => value && role.onChange(value)}
        options={accountRoles.map((value) => ({ value, label: roleName(value) }))}
        help={roleHelp(role.value)}
      />
      <MultiSelect
        label={t.teamList}
        help={words.teamsHelp}
        placeholder={words.noTeams}
        options={[...teams, ...extra.map(({ id, name }) => ({ value: id, label: name }))]}
        {...form.field('teamIds')}
      />
      <LimitFields form={form} help={words.limitHelp} />
    </>
  )
}
