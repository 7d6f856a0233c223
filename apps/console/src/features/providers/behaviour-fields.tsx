import { Choices, Columns, type Form, Heading, NumberField, Stack, Switch } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import type { BehaviourValues } from './behaviour.ts'
import { disconnectText } from './strings.ts'

const t = messages('providerBehaviour', {
  title: 'Behaviour',
  disconnect: 'When the caller hangs up',
  retries: 'Retries',
  retriesHelp: 'After 429, 5xx and broken connections, before anything was streamed. 0 to 5.',
  times: 'times',
  seconds: 's',
  connect: 'Connect within',
  connectHelp: 'Until the connection to the provider stands.',
  firstByte: 'First answer within',
  firstByteHelp: 'From the request to the first byte. Reasoning models need minutes.',
  idle: 'Longest pause',
  idleHelp: 'Between two pieces of a stream.',
  total: 'Whole request within',
  totalHelp: 'However busily it streams.',
  check: 'Health check every',
  checkHelp: 'Asks for the list of models, which costs nothing. Empty: nobody looks.',
  failures: 'Down after',
  failuresHelp: 'Failed checks in a row. Requests go elsewhere until one succeeds.',
  checks: 'checks',
  passThrough: 'Open the provider’s own paths',
  passThroughHelp:
    'Callers reach them at /providers/{connection}/…, without the key. Requests to models are metered as everywhere; any other path costs the price by request of the model that is deployed here as *, and is refused without one.',
})

/** Disconnect policy, retries and timeouts, each with what it means for the caller. */
export const BehaviourFields = <T extends BehaviourValues & Record<string, unknown>>({ form }: { form: Form<T> }) => {
  const onDisconnect = form.field('onDisconnect')
  return (
    <Stack>
      <Heading>{t.title}</Heading>
      <Choices
        label={t.disconnect}
        value={onDisconnect.value}
        onChange={onDisconnect.onChange}
        options={[
          { value: 'abort', label: disconnectText.abort, detail: disconnectText.abortHelp },
          { value: 'drain', label: disconnectText.drain, detail: disconnectText.drainHelp },
        ]}
      />
      <Columns minWidth={200}>
        <NumberField
          label={t.connect}
          help={t.connectHelp}
          unit={t.seconds}
          decimals={1}
          {...form.field('connect', '/timeouts/connectMs')}
        />
        <NumberField
          label={t.firstByte}
          help={t.firstByteHelp}
          unit={t.seconds}
          decimals={1}
          {...form.field('firstByte', '/timeouts/firstByteMs')}
        />
        <NumberField
          label={t.idle}
          help={t.idleHelp}
          unit={t.seconds}
          decimals={1}
          {...form.field('idle', '/timeouts/idleMs')}
        />
        <NumberField
          label={t.total}
          help={t.totalHelp}
          unit={t.seconds}
          decimals={1}
          {...form.field('total', '/timeouts/totalMs')}
        />
      </Columns>
      <Columns minWidth={200}>
        <NumberField label={t.retries} help={t.retriesHelp} unit={t.times} {...form.field('maxRetries')} />
        <NumberField
          label={t.check}
          help={t.checkHelp}
          unit={t.seconds}
          {...form.field('checkEvery', '/healthCheck/everySeconds')}
        />
        <NumberField
          label={t.failures}
          help={t.failuresHelp}
          unit={t.checks}
          {...form.field('checkFailures', '/healthCheck/failures')}
        />
      </Columns>
      <Switch label={t.passThrough} help={t.passThroughHelp} {...form.field('passThrough')} />
    </Stack>
  )
}
