/** Where people and calls may come from: lists of networks of the platform and of each account. */
import { z } from 'zod'
import { networkOf, networkText } from './ip-network.ts'
import { routes } from './kit.ts'

const networksMax = 200

export const AllowedNetwork = z
  .object({
    network: z
      .string()
      .trim()
      .max(64)
      .superRefine((text, { addIssue }) => {
        const found = networkOf(text)
        if (typeof found === 'string') addIssue({ code: 'custom', message: found })
      })
      .describe('`203.0.113.0/24`, `2001:db8::/32` or one address')
      .meta({ example: '203.0.113.0/24' }),
    note: z.string().trim().max(120).default('').describe('What it is, such as the office in Berlin'),
  })
  .strict()
  .meta({ id: 'AllowedNetwork' })
export type AllowedNetwork = z.output<typeof AllowedNetwork>

/** The form in which a network is kept; what is none stays, for its own message to say so. */
export const keptNetwork = (text: string): string => {
  const network = networkOf(text)
  return typeof network === 'string' ? text : networkText(network)
}

const List = z
  .array(AllowedNetwork)
  .max(networksMax)
  .superRefine((entries, { addIssue }) => {
    const seen = new Set<string>()
    for (const [place, { network }] of entries.entries()) {
      const kept = keptNetwork(network)
      if (seen.has(kept)) addIssue({ code: 'custom', path: [place, 'network'], message: `'${kept}' is there twice` })
      seen.add(kept)
    }
  })

export const Networks = z
  .object({
    accountId: z.string().nullable().describe('Null: the lists of the platform'),
    people: z
      .array(AllowedNetwork)
      .describe(
        'From where its people, service accounts and sessions reach the console and the API; empty: everywhere',
      ),
    gateway: z
      .array(AllowedNetwork)
      .describe('From where keys and tokens call models; empty: everywhere. The platform has no such list'),
    yourAddress: z.string().nullable().describe('Where this request came from'),
    bindsYou: z.boolean().describe('Whether the list of people counts for whoever asks'),
  })
  .meta({ id: 'Networks' })
export type Networks = z.infer<typeof Networks>

export const NetworksPatch = z
  .object({
    people: List.optional(),
    gateway: List.optional(),
    force: z.boolean().optional().describe('Saves it even where it shuts out the address it comes from'),
  })
  .strict()
  .meta({
    id: 'NetworksPatch',
    example: { people: [{ network: '127.0.0.0/8', note: 'This machine' }] },
  })
export type NetworksPatch = z.output<typeof NetworksPatch>

export const networkRoutes = routes({
  get: {
    method: 'GET',
    path: '/v1/security/networks',
    tag: 'Security',
    permission: 'identity.read',
    scope: 'any',
    summary: 'Where people and calls may come from',
    description: 'Of the account one acts in, or of the platform when none is chosen.',
    returns: Networks,
  },
  update: {
    method: 'PATCH',
    path: '/v1/security/networks',
    tag: 'Security',
    permission: 'identity.write',
    scope: 'any',
    summary: 'Change where people and calls may come from',
    description:
      'A list that is sent replaces the one in force; an empty one opens it. It counts at once, also for open sessions. A list without the address of the caller is refused unless `force` is true.',
    body: NetworksPatch,
    returns: Networks,
    problems: ['network.own_address'],
    emits: 'security.networks_updated',
    stepUp: true,
  },
})
