import type { McpTool } from '@cockpit/contract/mcp-servers'
import { AmountField, FormModal, useForm } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { mcpText } from './strings.ts'

const t = messages('mcpToolPrice', {
  title: (name: string) => `Price of ${name}`,
  help: 'Empty: a call costs what the server says.',
  save: 'Save price',
})

/** What a call of one tool costs. */
export const ToolPrice = ({ serverId, tool, onClose }: { serverId: string; tool: McpTool; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm({
    initial: { price: tool.pricePerCall ?? '' },
    submit: async ({ price }) => {
      const change = { name: tool.name, pricePerCall: price.trim() || null }
      await api.mcpServers.setTools({ params: { id: serverId }, body: { tools: [change] } })
      await refresh('mcp-servers')
      onClose()
    },
  })
  return (
    <FormModal form={form} opened onClose={onClose} title={t.title(tool.name)} submitLabel={t.save}>
      <AmountField
        label={mcpText.price}
        help={t.help}
        unit="cr"
        autoFocus
        {...form.field('price', '/tools/0/pricePerCall')}
      />
    </FormModal>
  )
}
