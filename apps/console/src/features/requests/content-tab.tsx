import type { RequestDetail } from '@cockpit/contract/usage'
import { Alert, Button, CodeBlock, EmptyState, Heading, IconEye, Stack, Text } from '@cockpit/ui'
import { usePageHref } from '../../app/links.ts'
import { useScope } from '../../app/scope.tsx'
import { kept } from './strings.ts'

export const ContentTab = ({ request: { content, account } }: { request: RequestDetail }) => {
  const { me } = useScope()
  const pageHref = usePageHref()
  if (!content) {
    const href = pageHref('accounts/$id', { id: account.id }, { accountId: null })
    return (
      <EmptyState
        icon={<IconEye size={28} stroke={1.5} />}
        title={kept.off}
        text={`${kept.offText} ${me.isSuperAdmin ? kept.offAdmin : kept.offOther}`}
        action={href && <Button href={href}>{kept.open}</Button>}
      />
    )
  }
  return (
    <Stack>
      {content.truncated && <Alert tone="amber">{kept.truncated}</Alert>}
      <Part title={kept.request} text={content.request} />
      <Part title={kept.response} text={content.response} />
    </Stack>
  )
}

const Part = ({ title, text }: { title: string; text: string }) => (
  <Stack gap={8}>
    <Heading level={3}>{title}</Heading>
    {text === '' ? (
      <Text muted>{kept.empty}</Text>
    ) : (
      <CodeBlock label={title} snippets={[{ id: 'text', label: title, code: pretty(text) }]} />
    )}
  </Stack>
)

/** JSON is indented; a stream of events, or what was cut off, stays as it came. */
const pretty = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
