import { Button, Heading, Properties, Row, Stack } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { AccountStep } from './account-step.tsx'
import { AdministratorStep } from './administrator-step.tsx'
import { CallStep } from './call-step.tsx'
import { CreditsStep } from './credits-step.tsx'
import { KeyStep } from './key-step.tsx'
import { ModelsStep } from './models-step.tsx'
import type { SetupStep } from './progress.ts'
import { ProviderStep } from './provider-step.tsx'
import type { KeyInHand, StepProps } from './step.ts'

const t = messages('setupStep', {
  administrator: 'Who runs this installation?',
  administratorText: 'The administrator sees and changes everything on the platform.',
  account: 'Which company or team uses it first?',
  accountText: 'An account keeps its people, keys, budget and log apart from all others.',
  provider: 'Where do the models come from?',
  providerText: 'Requests go out through this connection; whoever calls never sees its key.',
  models: 'Which models do you offer?',
  modelsText: 'Each request is priced by these figures and counted against the budget.',
  credits: 'How much may the account spend?',
  creditsText: 'Credits are what budgets count. They come anew with every cycle.',
  key: 'Issue the first key',
  keyText: 'Programs call the gateway with a key. It is yours and uses the budget of the account.',
  call: 'Make the first request',
  callText: 'Any OpenAI or Anthropic client works: give it this address and this key.',
  there: 'In place already',
  goOn: 'Go on',
  arrived: 'The first request',
  arrivedText: 'From here on every request looks like this in the request log.',
})

type Props = StepProps & {
  step: SetupStep
  inHand: KeyInHand | null
  onInHand: (hand: KeyInHand) => void
  onCall: () => void
}

/** One step: its question, one sentence, what is there already, its form. */
export const StepView = (props: Props) => {
  const { search } = useSearchState()
  const title = props.step === 'call' && search.request ? 'arrived' : props.step
  return (
    <Stack gap={16}>
      <div>
        <Heading>{t[title]}</Heading>
        <p className="ck-muted">{t[`${title}Text`]}</p>
      </div>
      <There {...props} />
      <Form {...props} />
    </Stack>
  )
}

const Form = (props: Props) => {
  const { step, progress, inHand, onInHand, onDone, onCancel, onCall } = props
  // there is one first administrator and one first account; the console adds others
  if (onCancel && (step === 'administrator' || step === 'account'))
    return (
      <Row>
        <Button kind="primary" onClick={onCancel}>
          {t.goOn}
        </Button>
      </Row>
    )
  if (step === 'administrator') return <AdministratorStep onDone={onDone} />
  if (step === 'account') return <AccountStep {...props} />
  if (step === 'provider') return <ProviderStep {...props} />
  if (step === 'models') return <ModelsStep {...props} />
  if (step === 'credits') return <CreditsStep {...props} />
  if (step === 'key') return <KeyStep {...props} onIssued={({ secret, ...key }) => onInHand({ key, secret })} />
  const hand = inHand ?? (progress.key ? { key: progress.key, secret: null } : null)
  return hand && <CallStep progress={progress} hand={hand} onSecret={onInHand} onCall={onCall} />
}

const There = ({ step, progress, onCancel }: Pick<Props, 'step' | 'progress' | 'onCancel'>) => {
  const names = onCancel ? namesOf(step, progress) : []
  return names.length > 0 && <Properties items={[{ label: t.there, value: names.join(', ') }]} />
}

const namesOf = (step: SetupStep, { me, account, connections, chain, key }: Props['progress']): string[] => {
  if (step === 'administrator' && me) return [`${me.principal.name} (${me.principal.email ?? ''})`]
  if (step === 'account' && account) return [account.name]
  if (step === 'provider') return connections.map(({ name }) => name)
  if (step === 'models') return (chain?.items ?? []).filter((i) => i.effective).map(({ model }) => model.name)
  if (step === 'key' && key) return [key.name]
  return []
}
