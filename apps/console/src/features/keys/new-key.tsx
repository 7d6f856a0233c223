import { FormModal, Select, useForm } from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { type IssuedKey, IssuedKeyModal } from './issued-key.tsx'
import { checkKey, emptyKey, KeyFields, KeyName, keyBody } from './key-form.tsx'
import { type Owner, useOwners, useTeamOptions } from './owners.ts'
import { t } from './strings.ts'

/** Issues a key and shows its secret once. `owner` is given where the page is about one. */
export const NewKeyModal = ({
  opened,
  onClose,
  owner: fixed,
}: {
  opened: boolean
  onClose: () => void
  owner?: Pick<Owner, 'kind' | 'id' | 'name' | 'teams'>
}) => {
  const { api, me, accountId, can } = useScope()
  const refresh = useRefresh()
  const [issued, setIssued] = useState<IssuedKey | null>(null)
  const [picked, setPicked] = useState<Owner | null>(null)
  const chooses = !fixed && can('key.write') && can('directory.read')
  const { owners, options, search } = useOwners(opened && chooses)
  const allTeams = useTeamOptions()
  // a super admin may work in an account without belonging to it; then a key needs another owner
  const isMember =
    me.principal.kind === 'user' && me.accounts.some(({ id, role }) => id === accountId && role !== 'super_admin')
  const form = useForm({
    initial: { ...emptyKey, ownerId: chooses && isMember ? me.principal.id : '' },
    check: (values) => ({
      ...checkKey(values),
      ...(chooses && !values.ownerId ? { ownerId: t.chooseOwner } : {}),
    }),
    submit: async ({ ownerId, ...values }) => {
      const kind: Owner['kind'] = ownerId.startsWith('sva_') ? 'service_account' : 'user'
      const owner = fixed ? { kind: fixed.kind, id: fixed.id } : chooses ? { kind, id: ownerId } : undefined
      const key = await api.keys.create({
        body: { ...keyBody(values), ...(owner ? { owner } : {}) },
      })
      setIssued(key)
      await refresh('keys', 'users', 'service-accounts')
    },
  })
  const ownerField = form.field('ownerId', '/owner')
  const owner =
    fixed ?? (picked?.id === form.values.ownerId ? picked : owners.find(({ id }) => id === form.values.ownerId))
  // a person's key may use a team the person is in, a service account's any
  const teams = owner?.kind === 'user' ? owner.teams : allTeams
  const shown =
    picked && !options.some(({ value }) => value === picked.id)
      ? [...options, { value: picked.id, label: picked.name }]
      : options
  return (
    <>
      <FormModal
        form={form}
        opened={opened}
        onClose={onClose}
        title={t.createTitle}
        submitLabel={t.createSubmit}
        size="lg"
      >
        <KeyName form={form} autoFocus />
        {chooses && (
          <Select
            label={t.owner}
            help={t.ownerHelp}
            required
            searchable
            placeholder={t.chooseOwner}
            {...ownerField}
            value={ownerField.value || null}
            options={shown}
            onSearch={(text) => search(shown.some(({ label }) => label === text) ? '' : text)}
            onChange={(next) => {
              form.set({ ownerId: next ?? '', teamId: '' })
              setPicked(owners.find(({ id }) => id === next) ?? null)
            }}
          />
        )}
        <KeyFields form={form} teams={teams ?? null} />
      </FormModal>
      <IssuedKeyModal issued={issued} onClose={() => setIssued(null)} />
    </>
  )
}
