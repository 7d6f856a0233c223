import type { Account } from '@cockpit/contract/accounts'
import { Alert, FormBody, LeaveGuard, Switch, Textarea, toast, useForm } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { asRead } from '../../app/versions.ts'
import { AccountFields, bodyOf, checkAccount, valuesOf } from './account-form.tsx'
import { t as account } from './strings.ts'

const t = messages('accountSettings', {
  save: 'Save changes',
  saved: 'Account saved.',
  content: 'Keep prompts and answers',
  contentHelp:
    'Off: the request log keeps who, what model, tokens, cost and trace, but no text. On: it also keeps what was asked and answered, for everybody who may read the log.',
  contentOn:
    'People of this account should know that what they write is kept. Text already kept stays when this is switched off.',
  metadata: 'Metadata',
  metadataHelp: 'A JSON object for your own systems, such as a contract number. Cockpit shows and keeps it.',
  notJson: 'must be a JSON object',
})

const parsed = (text: string): Account['metadata'] | null => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}

export const SettingsTab = ({ account: current }: { account: Account }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm({
    initial: {
      ...valuesOf(current),
      logContent: current.logContent,
      metadata: JSON.stringify(current.metadata, null, 2),
    },
    from: current,
    reload: () => refresh('accounts'),
    check: (values) => ({
      ...checkAccount(values),
      ...(values.creditsFactor.trim() ? {} : { creditsFactor: account.required }),
      ...(parsed(values.metadata) ? {} : { metadata: t.notJson }),
    }),
    submit: async ({ logContent, metadata, ...values }, seen) => {
      const body = { ...bodyOf(values), logContent, metadata: parsed(metadata) ?? {} }
      const saved = await api.accounts.update({ params: { id: current.id }, body }, asRead(seen))
      await refresh('accounts', 'session')
      return saved
    },
  })
  return (
    <>
      <LeaveGuard form={form} />
      <FormBody form={form} submitLabel={t.save} onSaved={() => toast.success(t.saved)}>
        <AccountFields form={form} factorHelp={account.factorHelp} />
        <Switch label={t.content} help={t.contentHelp} {...form.field('logContent')} />
        {form.values.logContent && <Alert tone="amber">{t.contentOn}</Alert>}
        <Textarea label={t.metadata} help={t.metadataHelp} mono rows={4} {...form.field('metadata')} />
      </FormBody>
    </>
  )
}
