import type { Team } from '@cockpit/contract/directory'
import type { Domain } from '@cockpit/contract/kit'
import { FormModal, Select, TextField, toast, useForm } from '@cockpit/ui'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { asRead } from '../../app/versions.ts'
import { allOrgs, optionsOf } from './all-units.ts'
import { LimitFields } from './limit-fields.tsx'
import { t } from './strings.ts'

const words = messages('teamForm', {
  create: 'New team',
  createSubmit: 'Create team',
  edit: (name: string) => `Edit ${name}`,
  orgHelp: 'Its budget may come from this org.',
  limitHelp: 'For all members together. Empty: unlimited.',
})

/** Creates a team, or changes one. */
export const TeamModal = ({
  opened,
  onClose,
  team,
  domain = team?.domain ?? 'copilot',
  orgId,
}: {
  opened: boolean
  onClose: () => void
  team?: Team
  /** Where a new team belongs. */
  domain?: Domain
  orgId?: string
}) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const orgs = useLoad(['orgs', 'all', domain], (from, signal) => allOrgs(from, domain, signal), {
    enabled: opened && can('directory.write'),
  })
  const defaultOrg = orgs.data?.find(({ isDefault }) => isDefault)?.id ?? ''
  const form = useForm({
    initial: {
      name: team?.name ?? '',
      orgId: team?.orgId ?? orgId ?? '',
      description: team?.description ?? '',
      rpm: team?.limits.rpm ?? null,
      tpm: team?.limits.tpm ?? null,
    },
    from: team,
    reload: () => refresh('teams'),
    check: ({ name }) => (name.trim() ? {} : { name: t.required }),
    submit: async ({ name, orgId: chosen, description, rpm, tpm }, seen) => {
      const body = {
        name: name.trim(),
        description: description.trim() || null,
        limits: { rpm, tpm },
        ...(chosen && can('directory.write') ? { orgId: chosen } : {}),
      }
      const saved = team
        ? await api.teams.update({ params: { id: team.id }, body }, asRead(seen))
        : await api.teams.create({ body: { ...body, domain } })
      await refresh('teams', 'orgs', 'users')
      return saved
    },
  })
  const org = form.field('orgId')
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={team ? words.edit(team.name) : words.create}
      submitLabel={team ? t.save : words.createSubmit}
      onSaved={() => toast.success(t.saved)}
    >
      <TextField label={t.name} required autoFocus {...form.field('name')} />
      {/* whoever leads a team moves it nowhere */}
      {can('directory.write') && (
        <Select
          label={t.org}
          help={words.orgHelp}
          options={optionsOf(orgs.data ?? [])}
          {...org}
          value={org.value || defaultOrg || null}
          onChange={(next) => next && org.onChange(next)}
        />
      )}
      <TextField label={t.description} {...form.field('description')} />
      <LimitFields form={form} help={words.limitHelp} />
    </FormModal>
  )
}
