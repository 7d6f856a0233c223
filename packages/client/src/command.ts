/** The command line, computed from the contract: a noun is a command, a route its verb, a field an argument. */
import { contract } from '@cockpit/contract'
import { environmentHelp } from '@cockpit/contract/environment'
import type { Route } from '@cockpit/contract/kit'
import { z } from 'zod'

/** What one invocation asks for: a text to print, or a call to make. */
export type Command =
  | { kind: 'help'; text: string }
  | { kind: 'wrong'; text: string }
  | {
      kind: 'call'
      noun: string
      verb: string
      args: { params: Record<string, string>; query: Record<string, unknown>; body?: unknown }
      account: string | null
    }

const nouns: Record<string, Record<string, Route>> = contract

/** Reads `cockpit <noun> <verb> field=text field:=json --account acc_…`. */
export const parseCommand = (argv: readonly string[]): Command => {
  const [noun = 'help', verb, ...rest] = argv
  if (noun === 'help' || noun === '--help' || noun === '-h') return { kind: 'help', text: helpText() }
  const routes = nouns[noun]
  if (!routes) return { kind: 'wrong', text: `There is no '${noun}'; one of: ${Object.keys(nouns).join(', ')}.` }
  if (!verb) return { kind: 'help', text: nounText(noun, routes) }
  const route = routes[verb]
  if (!route) return { kind: 'wrong', text: `'${noun}' has no '${verb}'; one of: ${Object.keys(routes).join(', ')}.` }
  return callOf(noun, verb, route, rest)
}

const callOf = (noun: string, verb: string, route: Route, words: readonly string[]): Command => {
  const given: Given = { params: {}, query: {}, body: {} }
  let account: string | null = null
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    if (word === '--account') account = words[++i] ?? null
    else {
      const wrong = readField(route, word, given)
      if (wrong) return { kind: 'wrong', text: wrong }
    }
  }
  const missing = Object.keys(route.params?.shape ?? {}).find((name) => given.params[name] === undefined)
  if (missing) return { kind: 'wrong', text: `'${noun} ${verb}' needs ${missing}=…` }
  const { params, query, body } = given
  return { kind: 'call', noun, verb, account, args: { params, query, ...(route.body && { body }) } }
}

type Given = { params: Record<string, string>; query: Record<string, unknown>; body: Record<string, unknown> }

/** Puts `name=text` or `name:=json` where the route has a field of that name; says what is wrong otherwise. */
const readField = (route: Route, word: string, given: Given): string | null => {
  const field = /^([A-Za-z_]\w*)(:?=)(.*)$/s.exec(word)
  if (!field) return `'${word}' is not an argument; write field=text, field:=json or --account <id>.`
  const [, name = '', sign, text = ''] = field
  const value = sign === '=' ? { is: text } : json(text)
  if (!value) return `The value of '${name}' is not JSON: ${text}`
  if (route.params && name in route.params.shape) given.params[name] = String(value.is)
  else if (route.query && name in route.query.shape) given.query[name] = value.is
  else given.body[name] = value.is
  return null
}

const json = (text: string): { is: unknown } | null => {
  try {
    return { is: JSON.parse(text) }
  } catch {
    return null
  }
}

const helpText = () => `cockpit: the command line of Cockpit

  cockpit help                        this text
  cockpit <noun>                      what can be done with a noun
  cockpit <noun> <verb> field=text field:=json --account <id>
  cockpit import litellm              brings over models, teams, people and keys; --help says how
  cockpit audit verify                proves that no audit event was changed; --help says how
  cockpit break-glass seal            makes a code for the day on which nobody can sign in

Nouns
${table(Object.entries(nouns).map(([noun, routes]) => [noun, Object.keys(routes).join(', ')]))}

The command reads
${table([
  ['COCKPIT_URL', 'Where Cockpit listens [http://localhost:4000]'],
  ['COCKPIT_TOKEN', 'Bearer it sends: the master key or a virtual key [COCKPIT_MASTER_KEY]'],
])}

The server reads
${table(environmentHelp().map(({ name, description, defaultValue }) => [name, `${description}${defaultValue === null ? '' : ` [${defaultValue}]`}`]))}
`

const nounText = (noun: string, routes: Record<string, Route>) => `cockpit ${noun}

${table(Object.entries(routes).map(([verb, route]) => [`${verb}${fieldsOf(route)}`, route.summary]))}
`

const fieldsOf = ({ params, query, body }: Route) => {
  const objects = [params, query, body].filter((part) => part instanceof z.ZodObject)
  const names = objects.flatMap((part) =>
    Object.entries(part.shape).map(([name, schema]) => (schema.safeParse(undefined).success ? `[${name}]` : name)),
  )
  return names.length > 0 ? ` ${names.join(' ')}` : ''
}

const table = (rows: readonly (readonly [string, string])[]) => {
  const width = Math.min(44, Math.max(...rows.map(([left]) => left.length)))
  return rows
    .map(([left, right]) =>
      left.length > width ? `  ${left}\n  ${' '.repeat(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`,
    )
    .join('\n')
}
