import { networkOf } from '@cockpit/contract/ip-network'
import type { AllowedNetwork } from '@cockpit/contract/networks'

/** One network a line, and behind a blank what it is. */
export const textOf = (entries: readonly AllowedNetwork[]): string =>
  entries.map(({ network, note }) => `${network} ${note}`.trim()).join('\n')

export const entriesOf = (text: string): AllowedNetwork[] =>
  linesOf(text).map((line) => {
    const [network = '', ...note] = line.split(/\s+/)
    return { network, note: note.join(' ') }
  })

/** What is wrong with the first line that is, by its number among those that are not empty. */
export const wrongLine = (text: string): string | undefined =>
  entriesOf(text)
    .map(({ network }, place) => ({ place, found: networkOf(network) }))
    .flatMap(({ place, found }) => (typeof found === 'string' ? [`Line ${place + 1}: ${found}.`] : []))[0]

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
