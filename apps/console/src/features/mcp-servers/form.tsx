import type { McpAccess, McpServer } from '@cockpit/contract/mcp-servers'
import {
  AmountField,
  Choices,
  Columns,
  type Form,
  NumberField,
  PasswordField,
  Select,
  Textarea,
  TextField,
} from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { AccessField } from './access-field.tsx'
import { mcpText } from './strings.ts'
import { mibOf } from './values.tsx'

const t = messages('mcpServerFields', {
  nameHelp: 'Stands in the address for clients and before the names of its tools: lower-case letters, digits and -.',
  titleHelp: 'How it is called in the console. Empty: its name.',
  urlHelp: 'Where it speaks streamable HTTP, e.g. https://mcp.example.com/mcp.',
  auth: 'How the gateway signs in',
  authNone: 'Not at all',
  authHeader: 'With a secret in a header',
  header: 'Header',
  headerHelp: 'An authorization without a scheme is sent as Bearer.',
  secretHelp: 'Stored encrypted, sent to this address only and never shown again.',
  secretKept: 'Empty: the stored one stays. It is not sent to another host; enter it again when the address moves.',
  priceHelp: 'For tools without a price of their own.',
  newTools: 'Tools that appear later',
})

export type McpValues = {
  name: string
  title: string
  description: string
  url: string
  auth: McpServer['auth']
  headerName: string
  secret: string
  newTools: McpServer['newTools']
  pricePerCall: string
  timeout: number | null
  largest: number | null
  access: McpAccess[]
}

export const freshValues: McpValues = {
  ...{ name: '', title: '', description: '', url: '', auth: 'none', headerName: 'authorization', secret: '' },
  ...{ newTools: 'block', pricePerCall: '0', timeout: 60, largest: 4, access: [] },
}

export const valuesOf = (server: McpServer): McpValues => ({
  ...freshValues,
  ...{ name: server.name, title: server.title, description: server.description ?? '', url: server.url },
  ...{ auth: server.auth, headerName: server.headerName, newTools: server.newTools, access: server.access },
  ...{ pricePerCall: server.pricePerCall, timeout: server.timeoutMs / 1_000, largest: mibOf(server.resultBytesMax) },
})

/** The settings as the API takes them; the secret goes its own way. */
export const settingsOf = (values: McpValues) => ({
  ...{ name: values.name.trim(), title: values.title.trim() || values.name.trim(), url: values.url.trim() },
  ...{ description: values.description.trim() || null, auth: values.auth, headerName: values.headerName.trim() },
  ...{ newTools: values.newTools, pricePerCall: values.pricePerCall.trim(), access: values.access },
  timeoutMs: Math.round((values.timeout ?? 0) * 1_000),
  resultBytesMax: Math.round((values.largest ?? 0) * 1_048_576),
})

/** What is missing, before anything is sent. */
export const missingIn = (values: McpValues, needsSecret: boolean): Record<string, string> =>
  Object.fromEntries(
    [
      ...(['name', 'url', 'pricePerCall'] as const).filter((field) => !values[field].trim()),
      ...(['timeout', 'largest'] as const).filter((field) => values[field] === null),
      ...(values.auth === 'header' && !values.headerName.trim() ? ['headerName'] : []),
      ...(values.auth === 'header' && needsSecret && !values.secret.trim() ? ['secret'] : []),
    ].map((field) => [field, mcpText.required]),
  )

export const McpFields = ({
  form,
  needsSecret,
}: {
  form: Form<McpValues & Record<string, unknown>>
  needsSecret: boolean
}) => {
  const { auth, newTools } = form.values
  const access = form.field('access')
  return (
    <>
      <TextField label={mcpText.name} help={t.nameHelp} mono required {...form.field('name')} />
      <TextField label={mcpText.titleField} help={t.titleHelp} {...form.field('title')} />
      <Textarea label={mcpText.description} rows={2} {...form.field('description')} />
      <TextField label={mcpText.url} help={t.urlHelp} type="url" mono required {...form.field('url')} />
      <Select
        label={t.auth}
        required
        options={[
          { value: 'none', label: t.authNone },
          { value: 'header', label: t.authHeader },
        ]}
        {...form.field('auth')}
        value={auth}
        onChange={(next) => next && form.set({ auth: next })}
      />
      {auth === 'header' && (
        <>
          <TextField label={t.header} help={t.headerHelp} mono required {...form.field('headerName')} />
          <PasswordField
            label={mcpText.secret}
            help={needsSecret ? t.secretHelp : t.secretKept}
            autoComplete="off"
            required={needsSecret}
            {...form.field('secret')}
          />
        </>
      )}
      <Choices
        label={t.newTools}
        value={newTools}
        onChange={(next) => form.set({ newTools: next })}
        options={[
          { value: 'block', label: mcpText.newBlock },
          { value: 'allow', label: mcpText.newAllow },
        ]}
      />
      <Columns minWidth={200}>
        <AmountField label={mcpText.price} help={t.priceHelp} unit="cr" required {...form.field('pricePerCall')} />
        <NumberField label={mcpText.timeout} unit="s" decimals={1} required {...form.field('timeout', '/timeoutMs')} />
        <NumberField
          label={mcpText.largest}
          unit="MiB"
          decimals={3}
          required
          {...form.field('largest', '/resultBytesMax')}
        />
      </Columns>
      <AccessField value={access.value} onChange={(next) => form.set({ access: next })} error={access.error} />
    </>
  )
}
