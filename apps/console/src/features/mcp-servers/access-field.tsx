import type { McpAccess } from '@cockpit/contract/mcp-servers'
import { Columns, Heading, IconButton, IconX, Prose, Row, Select, Stack } from '@cockpit/ui'
import { useState } from 'react'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { ScopePicker } from '../budgets/scope-picker.tsx'
import { accessText, mcpText } from './strings.ts'
import { AccessName } from './values.tsx'

const t = messages('mcpAccessField', {
  everybody: 'Everybody in the account, as nobody is named.',
  add: 'Add',
  remove: (id: string) => `Remove ${id}`,
})

const types = Object.keys(accessText) as McpAccess['type'][]

/** Who may use a server: a list that grows by choosing a name. */
export const AccessField = ({
  value,
  onChange,
  error,
}: {
  value: readonly McpAccess[]
  onChange: (value: McpAccess[]) => void
  error?: string | undefined
}) => {
  const { can } = useScope()
  const [type, setType] = useState<McpAccess['type']>('team')
  const without = (one: McpAccess) => value.filter(({ type, id }) => type !== one.type || id !== one.id)
  const offered = types.filter((one) => one !== 'role' || can('access.read'))
  return (
    <Stack gap={8}>
      <Heading>{mcpText.access}</Heading>
      {value.length === 0 && <Prose muted>{t.everybody}</Prose>}
      {value.map((entry) => (
        <Row key={`${entry.type} ${entry.id}`} justify="between">
          <AccessName entry={entry} />
          <IconButton label={t.remove(entry.id)} icon={<IconX size={14} />} onClick={() => onChange(without(entry))} />
        </Row>
      ))}
      <Columns minWidth={160} gap={12}>
        <Select
          label={t.add}
          value={type}
          onChange={(next) => next && setType(next)}
          options={offered.map((one) => ({ value: one, label: accessText[one] }))}
        />
        <ScopePicker
          key={`${type} ${value.length}`}
          type={type}
          value={null}
          onChange={(id) => id && onChange([...without({ type, id }), { type, id }])}
          error={error}
        />
      </Columns>
    </Stack>
  )
}
