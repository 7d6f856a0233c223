import { type OwnRules, type Security, type SecurityRules, secondFactorModes } from '@cockpit/contract/security'
import {
  FormBody,
  formatCount,
  LeaveGuard,
  NumberField,
  Panel,
  SegmentedControl,
  Stack,
  Switch,
  toast,
  useForm,
} from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { asRead } from '../../app/versions.ts'
import { t } from './strings.ts'

type Toggle = 'passwordRefuseCommon' | 'passwordRefusePersonal' | 'freshTokens'
type Amount = Exclude<keyof SecurityRules, Toggle | 'secondFactor'>
type Values = { [K in Amount]: number | null } & { [K in Toggle]: boolean } & {
  secondFactor: SecurityRules['secondFactor']
}

/** An account has what it asks for itself; of a switch and a choice it sees what the platform asks for already. */
const valuesOf = ({ own, platform }: Security): Values => ({
  ...own,
  passwordRefuseCommon: own.passwordRefuseCommon ?? platform.passwordRefuseCommon,
  passwordRefusePersonal: own.passwordRefusePersonal ?? platform.passwordRefusePersonal,
  secondFactor: own.secondFactor ?? platform.secondFactor,
  freshTokens: own.freshTokens ?? platform.freshTokens,
})
/** What is as it stands above is no rule of one's own. */
const rulesOf = (values: Values, { platform }: Security): OwnRules => ({
  ...values,
  passwordRefuseCommon: ownOnly(values.passwordRefuseCommon, platform.passwordRefuseCommon),
  passwordRefusePersonal: ownOnly(values.passwordRefusePersonal, platform.passwordRefusePersonal),
  secondFactor: ownOnly(values.secondFactor, platform.secondFactor),
  freshTokens: ownOnly(values.freshTokens, platform.freshTokens),
})
const ownOnly = <T,>(value: T, above: T): T | null => (value === above ? null : value)

export const RulesForm = ({ security }: { security: Security }) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const form = useForm<Values>({
    initial: valuesOf(security),
    from: security,
    reload: () => refresh('security-settings'),
    submit: async (values, seen) => {
      const saved = await api.security.update({ body: rulesOf(values, security) }, asRead(seen))
      await refresh('security-settings', 'session')
      return saved
    },
  })
  const mayChange = can('identity.write')
  const amount = (name: Amount, label: string, unit: string, help?: string) => (
    <NumberField
      label={label}
      unit={unit}
      help={[help, inForce(security, name)].filter(Boolean).join(' ')}
      disabled={!mayChange}
      placeholder={shown(security.platform[name])}
      {...form.field(name)}
    />
  )
  const toggle = (name: Toggle, label: string, help: string) => {
    const fixed = security.accountId !== null && security.platform[name]
    const text = fixed ? `${help} ${t.byPlatform}` : help
    return <Switch label={label} help={text} disabled={!mayChange || fixed} {...form.field(name)} />
  }
  return (
    <>
      <LeaveGuard form={form} />
      <FormBody form={form} submitLabel={t.save} onSaved={() => toast.success(t.saved)}>
        <Panel title={t.passwords} description={t.passwordsAbout}>
          <Stack>
            {amount('passwordLengthMin', t.length, t.characters)}
            {toggle('passwordRefuseCommon', t.common, t.commonHelp)}
            {toggle('passwordRefusePersonal', t.personal, t.personalHelp)}
            {amount('passwordHistory', t.history, t.passwordsUnit)}
            {amount('passwordAgeDaysMax', t.age, t.days, t.ageHelp)}
          </Stack>
        </Panel>
        <Panel title={t.sessions} description={t.sessionsAbout}>
          <Stack>
            {amount('sessionIdleMinutes', t.idle, t.minutes)}
            {amount('sessionAbsoluteMinutes', t.absolute, t.minutes)}
          </Stack>
        </Panel>
        <Panel title={t.tokens} description={t.tokensAbout}>
          {toggle('freshTokens', t.fresh, t.freshHelp)}
        </Panel>
        <Panel title={t.factors} description={t.factorsAbout}>
          <Stack>
            <SegmentedControl label={t.required} options={modes(security)} {...form.field('secondFactor')} />
            {amount('secondFactorGraceDays', t.grace, t.days, t.graceHelp)}
          </Stack>
        </Panel>
      </FormBody>
    </>
  )
}

/** Less than the platform asks for is no choice of an account. */
const modes = ({ accountId, platform }: Security) => {
  const least = accountId === null ? 0 : secondFactorModes.indexOf(platform.secondFactor)
  return secondFactorModes.slice(least).map((value) => ({ value, label: t[value] }))
}

const shown = (value: number | null) => (value === null ? t.none : formatCount(value))
const inForce = ({ inForce: rules, from }: Security, name: Amount) => t.inForce(shown(rules[name]), from[name])
