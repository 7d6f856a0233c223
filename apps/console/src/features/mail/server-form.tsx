import { type Mail, type MailSecurity, type MailServerInput, standardMailPorts } from '@cockpit/contract/mail'
import {
  Button,
  ConfirmDialog,
  FormBody,
  Panel,
  PasswordField,
  SegmentedControl,
  TextField,
  toast,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

type Values = {
  host: string
  port: string
  security: MailSecurity
  user: string
  password: string
  fromAddress: string
  fromName: string
  replyTo: string
}

const securities = [
  { value: 'tls' as const, label: t.tls },
  { value: 'starttls' as const, label: t.starttls },
  { value: 'none' as const, label: t.none },
]

const valuesOf = ({ own }: Mail): Values => ({
  host: own?.host ?? '',
  port: String(own?.port ?? standardMailPorts.starttls),
  security: own?.security ?? 'starttls',
  user: own?.user ?? '',
  password: '',
  fromAddress: own?.fromAddress ?? '',
  fromName: own?.fromName ?? '',
  replyTo: own?.replyTo ?? '',
})

const inputOf = ({ port, user, password, fromName, replyTo, ...values }: Values): MailServerInput => ({
  ...values,
  port: Number(port),
  ...(password && { password }),
  user: user.trim() || null,
  fromName: fromName.trim() || null,
  replyTo: replyTo.trim() || null,
})

export const ServerForm = ({ mail }: { mail: Mail }) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const [removing, setRemoving] = useState(false)
  const mayChange = can('identity.write')
  const form = useForm<Values & Record<string, unknown>>({
    initial: valuesOf(mail),
    check: (values) => ({
      ...Object.fromEntries(
        (['host', 'fromAddress'] as const).flatMap((field) => (values[field].trim() ? [] : [[field, t.required]])),
      ),
      ...(!/^\d{1,5}$/.test(values.port.trim()) && { port: t.portWrong }),
    }),
    submit: async (values) => {
      await api.mail.set({ body: inputOf(values) })
      await refresh('mail')
    },
  })
  const { security, port } = form.values
  /** The usual port follows; one that somebody chose stays. */
  const choose = (next: MailSecurity) =>
    form.set({
      security: next,
      port: port === String(standardMailPorts[security]) ? String(standardMailPorts[next]) : port,
    })
  const remove = async () => {
    await api.mail.remove()
    await refresh('mail')
  }
  return (
    <Panel
      title={t.server}
      description={t.serverAbout}
      actions={mail.own && mayChange && <Button onClick={() => setRemoving(true)}>{t.remove}</Button>}
    >
      <FormBody form={form} submitLabel={t.save} onSaved={() => toast.success(t.saved)}>
        <TextField
          label={t.host}
          mono
          required
          disabled={!mayChange}
          placeholder="smtp.example.com"
          {...form.field('host')}
        />
        <SegmentedControl
          label={t.security}
          help={t.securityHelp}
          disabled={!mayChange}
          options={securities}
          {...form.field('security')}
          onChange={choose}
        />
        <TextField label={t.port} mono required disabled={!mayChange} {...form.field('port')} />
        <TextField
          label={t.user}
          help={t.userHelp}
          mono
          disabled={!mayChange}
          autoComplete="off"
          {...form.field('user')}
        />
        <PasswordField
          label={t.password}
          help={mail.own?.hasPassword ? t.passwordKept : t.passwordHelp}
          disabled={!mayChange}
          autoComplete="new-password"
          {...form.field('password')}
        />
        <TextField
          label={t.fromAddress}
          help={t.fromAddressHelp}
          type="email"
          required
          disabled={!mayChange}
          placeholder="cockpit@example.com"
          {...form.field('fromAddress')}
        />
        <TextField label={t.fromName} help={t.fromNameHelp} disabled={!mayChange} {...form.field('fromName')} />
        <TextField
          label={t.replyTo}
          help={t.replyToHelp}
          type="email"
          disabled={!mayChange}
          {...form.field('replyTo')}
        />
      </FormBody>
      <ConfirmDialog
        opened={removing}
        onClose={() => setRemoving(false)}
        title={t.removeTitle}
        confirmLabel={t.remove}
        onConfirm={remove}
      >
        {t.removeText}
      </ConfirmDialog>
    </Panel>
  )
}
