import type { User } from '@cockpit/contract/directory'
import { type Form, MultiSelect, SegmentedControl } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useTeamOptions } from '../keys/owners.ts'
import { LimitFields, type LimitValues } from './limit-fields.tsx'
import { t } from './strings.ts'

const words = messages('userForm', {
  adminHelp: 'Manages people, keys, models, providers and budgets of this account.',
  userHelp: 'Manages own keys, sees own requests and uses the playground.',
  teamsHelp: 'The first team is the primary one: it pays for keys that name no team.',
  noTeams: 'No teams',
  limitHelp: 'For all keys of this person together. Empty: unlimited.',
})

export type MemberValues = LimitValues & { role: 'account_admin' | 'end_user'; teamIds: string[] }

export const memberValues = ({ role, teams, limits }: User): MemberValues => ({
  role: role === 'end_user' ? 'end_user' : 'account_admin',
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
      <SegmentedControl
        label={t.role}
        value={role.value}
        onChange={role.onChange}
        options={[
          { value: 'end_user', label: t.end_user },
          { value: 'account_admin', label: t.account_admin },
        ]}
        help={role.value === 'end_user' ? words.userHelp : words.adminHelp}
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
