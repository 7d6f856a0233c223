import type { ZitadelConfig } from '@cockpit/contract/zitadel-shapes'
import { Columns, FormBody, LeaveGuard, Select, Switch, Textarea, TextField, toast, useForm } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

const textOf = (mappings: ZitadelConfig['roleMappings']) =>
  Object.entries(mappings)
    .map(([role, key]) => `${role} = ${key}`)
    .join('\n')

/** Null when a line is not `role = key`. */
const mappingsOf = (text: string): Record<string, string> | null => {
  const lines = text.split('\n').filter((line) => line.trim())
  const pairs = lines.map((line) => line.split('=').map((part) => part.trim()))
  if (pairs.some((pair) => pair.length !== 2 || pair.some((part) => part === ''))) return null
  return Object.fromEntries(pairs)
}

export const ConfigForm = ({ accountId, config }: { accountId: string; config: ZitadelConfig }) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const { updatedAt, roleMappings, ...fields } = config
  const form = useForm({
    initial: {
      enabled: updatedAt === null ? true : fields.enabled,
      projectId: fields.projectId ?? '',
      organizationId: fields.organizationId ?? '',
      issuer: fields.issuer ?? '',
      audience: fields.audience ?? '',
      accountIdClaim: fields.accountIdClaim ?? '',
      productDomainsClaim: fields.productDomainsClaim ?? '',
      organizationDeactivated: fields.organizationDeactivated,
      roleMappings: textOf(roleMappings),
    },
    check: (values) => (mappingsOf(values.roleMappings) ? {} : { roleMappings: t.mappingsWrong }),
    submit: async (values) => {
      const body = { ...values, roleMappings: mappingsOf(values.roleMappings) ?? {} }
      await api.zitadel.setConfig({ params: { id: accountId }, body })
      await refresh('zitadel')
    },
  })
  return (
    <>
      <LeaveGuard form={form} />
      <FormBody
        form={form}
        readOnly={!can('identity.write')}
        submitLabel={t.save}
        onSaved={() => toast.success(t.saved)}
      >
        <Switch label={t.enabled} help={t.enabledHelp} {...form.field('enabled')} />
        <Columns minWidth={220}>
          <TextField label={t.project} help={t.projectHelp} mono {...form.field('projectId')} />
          <TextField label={t.organization} help={t.organizationHelp} mono {...form.field('organizationId')} />
        </Columns>
        <Textarea label={t.mappings} help={t.mappingsHelp} mono rows={4} {...form.field('roleMappings')} />
        <Select
          label={t.policy}
          options={[
            { value: 'suspend', label: t.policySuspend },
            { value: 'report', label: t.policyReport },
          ]}
          {...form.field('organizationDeactivated')}
          onChange={(policy) => policy && form.field('organizationDeactivated').onChange(policy)}
        />
        <Columns minWidth={220}>
          <TextField label={t.issuer} type="url" {...form.field('issuer')} />
          <TextField label={t.audience} {...form.field('audience')} />
          <TextField label={t.accountIdClaim} {...form.field('accountIdClaim')} />
          <TextField label={t.productDomainsClaim} {...form.field('productDomainsClaim')} />
        </Columns>
      </FormBody>
    </>
  )
}
