import { addressOf, isInside, networkOf } from '@cockpit/contract/ip-network'
import type { AllowedNetwork, Networks } from '@cockpit/contract/networks'
import {
  Button,
  ConfirmDialog,
  FormBody,
  LeaveGuard,
  Panel,
  problemOf,
  Stack,
  Textarea,
  toast,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { entriesOf, textOf, wrongLine } from './networks-text.ts'
import { t } from './strings.ts'

type Values = { people: string; gateway: string }

/** From where people and calls are let in, as lists one writes in lines. */
export const NetworksForm = ({ networks }: { networks: Networks }) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const [shutsOut, setShutsOut] = useState<string | null>(null)
  const hasGateway = networks.accountId !== null
  const save = async ({ people, gateway }: Values, force?: true) => {
    const lists = { people: entriesOf(people), ...(hasGateway && { gateway: entriesOf(gateway) }) }
    await api.networks.update({ body: { ...lists, ...(force && { force }) } })
    // whoever is outside now sees at once that they are
    await refresh('networks', ...(force ? ['session'] : []))
  }
  const form = useForm<Values>({
    initial: { people: textOf(networks.people), gateway: textOf(networks.gateway) },
    check: ({ people, gateway }) => ({ people: wrongLine(people), gateway: wrongLine(gateway) }),
    submit: async (values) => {
      try {
        await save(values)
      } catch (error) {
        const { code, detail } = problemOf(error)
        if (code === 'network.own_address') setShutsOut(detail)
        throw error
      }
    },
  })
  const mayChange = can('identity.write')
  const field = (name: keyof Values, label: string, help: string) => (
    <Textarea
      label={label}
      help={help}
      rows={2}
      mono
      disabled={!mayChange}
      placeholder={t.everywhere}
      {...form.field(name)}
    />
  )
  const { yourAddress, bindsYou } = networks
  const isOutside = bindsYou && yourAddress !== null && !covers(entriesOf(form.values.people), yourAddress)
  const addOwn = () => form.set({ people: `${form.values.people}\n${yourAddress} ${t.yourself}`.trim() })
  return (
    <>
      <LeaveGuard form={form} />
      <FormBody form={form} submitLabel={t.saveNetworks} onSaved={() => toast.success(t.savedNetworks)}>
        <Panel
          title={t.networks}
          description={t.networksAbout}
          actions={mayChange && isOutside && <Button onClick={addOwn}>{t.addOwn}</Button>}
        >
          <Stack>
            {field('people', t.people, hasGateway ? t.peopleHelp : t.platformHelp)}
            {hasGateway && field('gateway', t.gateway, t.gatewayHelp)}
            {yourAddress !== null && <p className="ck-flat ck-help">{t.youComeFrom(yourAddress)}</p>}
          </Stack>
        </Panel>
      </FormBody>
      <ConfirmDialog
        opened={shutsOut !== null}
        onClose={() => setShutsOut(null)}
        title={t.shutOutTitle}
        confirmLabel={t.shutOut}
        onConfirm={() => save(form.values, true)}
      >
        {t.shutOutAbout(yourAddress ?? '')}
      </ConfirmDialog>
    </>
  )
}

/** Whether a list lets an address in; one that is empty lets in everybody. */
const covers = (entries: readonly AllowedNetwork[], address: string): boolean => {
  const own = addressOf(address)
  return (
    entries.length === 0 ||
    entries.some(({ network }) => {
      const found = networkOf(network)
      return own !== null && typeof found !== 'string' && isInside(found, own)
    })
  )
}
