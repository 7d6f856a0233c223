import { FormPage, useForm } from '@cockpit/ui'
import { useRef } from 'react'
import { useRefresh } from '../../app/data.ts'
import { useFormEnds } from '../../app/form-page.tsx'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { freshValues, McpFields, type McpValues, missingIn, settingsOf } from './form.tsx'
import { mcpText } from './strings.ts'

const t = messages('newMcpServer', {
  title: 'Connect an MCP server',
  about: 'Its tools are listed at once and allowed; those that appear later wait for approval, if you want it so.',
  saved: 'Server connected.',
})

export const NewMcpServerPage = () => {
  const { api, href } = useScope()
  const refresh = useRefresh()
  const madeId = useRef<string | null>(null)
  const ends = useFormEnds({
    back: { href: href('mcp-servers'), label: mcpText.back },
    saved: t.saved,
    on: () => href(`mcp-servers/${madeId.current}`),
  })
  const form = useForm<McpValues & Record<string, unknown>>({
    initial: freshValues,
    check: (values) => missingIn(values, true),
    submit: async (values) => {
      const secret = values.auth === 'header' ? { secret: values.secret.trim() } : {}
      madeId.current = (await api.mcpServers.create({ body: { ...settingsOf(values), ...secret } })).id
      await refresh('mcp-servers')
    },
  })
  return (
    <FormPage title={t.title} description={t.about} form={form} submitLabel={mcpText.connect} {...ends}>
      <McpFields form={form} needsSecret />
    </FormPage>
  )
}
