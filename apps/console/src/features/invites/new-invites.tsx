import type { IssuedInvite } from '@cockpit/contract/invites'
import { type AccountRole, accountRoles } from '@cockpit/contract/kit'
import { Alert, FormModal, MultiSelect, NumberField, Select, Textarea, toast, useForm } from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { roleHelp, roleName } from '../access/roles.ts'
import { useTeamOptions } from '../keys/owners.ts'
import { countText, t } from '../people/strings.ts'

const words = messages('newInvites', {
  title: 'Invite people',
  about: 'Each gets a link of their own, which is shown once. Hand it over on a way you trust.',
  emails: 'E-mails',
  emailsHelp: 'One in a line, or separated by commas. At most 200.',
  days: 'Works for',
  daysUnit: 'days',
  submit: 'Make links',
  required: 'name at least one',
  skipped: 'Skipped',
  made: (count: number) => `${countText(count, 'invitation', 'invitations')} made.`,
})

type Values = { emails: string; role: AccountRole; teamIds: string[]; days: number | null }

export const NewInvitesModal = ({
  opened,
  onClose,
  onIssued,
}: {
  opened: boolean
  onClose: () => void
  onIssued: (issued: readonly IssuedInvite[]) => void
}) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const teams = useTeamOptions() ?? []
  const [skipped, setSkipped] = useState<readonly { email: string; reason: string }[]>([])
  const form = useForm<Values>({
    initial: { emails: '', role: 'end_user', teamIds: [], days: 7 },
    check: ({ emails }) => (emails.trim() ? {} : { emails: words.required }),
    submit: async ({ emails, role, teamIds, days }) => {
      const answer = await api.invites.create({
        body: { emails: emails.split(/[\s,;]+/).filter(Boolean), role, teamIds, days: days ?? 7 },
      })
      await refresh('invites', 'users')
      setSkipped(answer.skipped)
      onIssued(answer.items)
      if (answer.skipped.length > 0)
        toast.info(answer.skipped.map(({ email, reason }) => `${email} ${reason}`).join('; '))
    },
  })
  const role = form.field('role')
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={words.title}
      description={words.about}
      submitLabel={words.submit}
      size="lg"
    >
      <Textarea label={words.emails} help={words.emailsHelp} required autoFocus rows={4} {...form.field('emails')} />
      <Select
        label={t.role}
        value={role.value}
        onChange={(value) => value && role.onChange(value)}
        options={accountRoles.map((value) => ({ value, label: roleName(value) }))}
        help={roleHelp(role.value)}
        error={role.error}
      />
      <MultiSelect label={t.teamList} options={teams} {...form.field('teamIds')} />
      <NumberField label={words.days} unit={words.daysUnit} min={1} max={30} {...form.field('days')} />
      {skipped.length > 0 && (
        <Alert tone="amber" title={words.skipped}>
          {skipped.map(({ email, reason }) => `${email} ${reason}`).join('; ')}
        </Alert>
      )}
    </FormModal>
  )
}
