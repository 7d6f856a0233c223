import type { McpTool } from '@cockpit/contract/mcp-servers'
import { Button, Columns, Heading, JsonBlock, Prose, Row, SidePanel, Stack, Text } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { type Change, changesOf } from './changes.ts'
import { ToolState } from './values.tsx'

const t = messages('mcpToolPanel', {
  changes: 'What changed since it was approved',
  before: 'Approved',
  after: 'Now',
  absent: 'Not there',
  definition: 'As the server says it now',
  allow: 'Allow',
  approve: 'Approve as it is now',
  block: 'Block',
})

/** One tool: what it is, what changed, and the decision about it. */
export const ToolPanel = ({
  tool,
  onClose,
  onSet,
}: {
  tool: McpTool | undefined
  onClose: () => void
  onSet: (names: readonly string[], state: 'allowed' | 'blocked') => Promise<void>
}) => {
  const { can } = useScope()
  return (
    <SidePanel opened={tool !== undefined} onClose={onClose} title={tool?.name ?? ''}>
      {tool && (
        <Stack gap={24}>
          <Row justify="between">
            <ToolState state={tool.state} />
            {can('provider.write') && (
              <Row>
                {tool.state !== 'blocked' && (
                  <Button onClick={() => void onSet([tool.name], 'blocked')}>{t.block}</Button>
                )}
                {tool.state !== 'allowed' && (
                  <Button kind="primary" onClick={() => void onSet([tool.name], 'allowed')}>
                    {tool.state === 'blocked' ? t.allow : t.approve}
                  </Button>
                )}
              </Row>
            )}
          </Row>
          {tool.description && <Prose>{tool.description}</Prose>}
          <Changes changes={changesOf(tool)} />
          <Stack gap={8}>
            <Heading>{t.definition}</Heading>
            <JsonBlock value={tool.seen} label={t.definition} />
          </Stack>
        </Stack>
      )}
    </SidePanel>
  )
}

const Changes = ({ changes }: { changes: readonly Change[] }) =>
  changes.length > 0 && (
    <Stack gap={8}>
      <Heading>{t.changes}</Heading>
      {changes.map(({ part, before, after }) => (
        <Stack key={part} gap={4}>
          <Heading level={3}>{part}</Heading>
          <Columns minWidth={240} gap={12}>
            <Side label={t.before} part={part} value={before} />
            <Side label={t.after} part={part} value={after} />
          </Columns>
        </Stack>
      ))}
    </Stack>
  )

const Side = ({ label, part, value }: { label: string; part: string; value: unknown }) => (
  <Stack gap={4}>
    <Text muted size="xs">
      {label}
    </Text>
    {value === undefined ? <Text muted>{t.absent}</Text> : <JsonBlock value={value} label={`${part}, ${label}`} />}
  </Stack>
)
