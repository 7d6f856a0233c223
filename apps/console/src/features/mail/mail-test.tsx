import { Alert, Button, IconSend, Panel, ProblemAlert, Stack } from '@cockpit/ui'
import { useMutation } from '@tanstack/react-query'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

/** A letter to whoever asks, and what the server says of it. */
export const MailTest = () => {
  const { api } = useScope()
  const test = useMutation({ mutationFn: () => api.mail.test() })
  return (
    <Panel
      title={t.testTitle}
      description={t.testAbout}
      actions={
        <Button icon={<IconSend size={14} aria-hidden />} loading={test.isPending} onClick={() => test.mutate()}>
          {t.test}
        </Button>
      }
    >
      <Stack>
        <ProblemAlert error={test.error} />
        {test.data && (
          <Alert tone="green" title={t.testSent(test.data.to)}>
            {t.testSaid(test.data.said)}
          </Alert>
        )}
      </Stack>
    </Panel>
  )
}
