import { Button, FormModal, IconEye, Switch, TextField, useForm } from '@cockpit/ui'
import { useState } from 'react'
import { messages } from '../../app/i18n.ts'
import { baseOf, useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

const words = messages('actAs', {
  open: 'See as this person',
  title: (name: string) => `See the product as ${name}?`,
  about: 'For half an hour. They are told, and everything stands in the audit log with your name.',
  ticket: 'Ticket',
  writes: 'Change things as well',
  writesHelp: 'Only where the account allows it. Keys, secrets and sign-in stay out of reach.',
  submit: 'Begin',
})

/** Seeing the product as somebody of this account, for whoever may. */
export const ActAs = ({ user }: { user: { id: string; name: string; status: string } }) => {
  const { can, me } = useScope()
  const [asking, setAsking] = useState(false)
  const possible = can('user.impersonate') && me.principal.kind === 'user' && me.principal.id !== user.id
  if (!possible || user.status !== 'active') return null
  return (
    <>
      <Button icon={<IconEye size={14} />} onClick={() => setAsking(true)}>
        {words.open}
      </Button>
      {asking && <Ask user={user} onClose={() => setAsking(false)} />}
    </>
  )
}

const Ask = ({ user, onClose }: { user: { id: string; name: string }; onClose: () => void }) => {
  const { api, accountId } = useScope()
  const form = useForm<{ reason: string; ticket: string; writes: boolean }>({
    initial: { reason: '', ticket: '', writes: false },
    check: ({ reason }): { reason?: string } => (reason.trim() ? {} : { reason: t.required }),
    submit: async ({ reason, ticket, writes }) => {
      await api.impersonations.start({
        body: { userId: user.id, reason: reason.trim(), ticket: ticket.trim() || null, writes },
      })
      // by a real page load, so that nothing of one person stays on the screen of the other
      window.location.assign(baseOf(accountId))
    },
  })
  return (
    <FormModal
      form={form}
      opened
      onClose={onClose}
      title={words.title(user.name)}
      description={words.about}
      submitLabel={words.submit}
    >
      <TextField label={t.reason} required autoFocus {...form.field('reason')} />
      <TextField label={words.ticket} {...form.field('ticket')} />
      <Switch label={words.writes} help={words.writesHelp} {...form.field('writes')} />
    </FormModal>
  )
}
