/**
 * The gateway: what a key of one account names of another's, by whichever dialect and wherever in the request it stands,
 * is like what nobody has. Nobody else calls anything there.
 */
import { type Answer, answered, differs, failed, missingId, note, refusedWith, shows } from './judge.ts'
import type { Party, Principal } from './principals.ts'
import type { Protocols, Side } from './protocols.ts'

/** What a call may name: ids, and names where a name is what counts. */
type Named = Record<'model' | 'file' | 'batch' | 'response' | 'connection' | 'server', string>
type Ask = { line: string; body?: unknown; headers?: Record<string, string> }

const namedIn = ({ ids, modelName }: Party): Named => ({
  ...{ model: modelName, file: ids.file ?? '', batch: ids.batch ?? '', response: ids.resp ?? '' },
  ...{ connection: ids.con ?? '', server: ids.mcp ?? '' },
})
/** The same where there is nothing; of the shape that this installation gives such things. */
const missing = (like: Named): Named => ({
  ...like,
  ...{ model: nobodys(like.model), connection: missingId('con'), server: missingId('mcp') },
  ...{ file: nobodys(like.file), batch: nobodys(like.batch), response: nobodys(like.response) },
})
const nobodys = (id: string) => id.replace(/[0-9a-f]{12}$/, '0'.repeat(12))

const said = [{ role: 'user', content: 'Whose is it?' }]
const google = { contents: [{ role: 'user', parts: [{ text: 'Whose is it?' }] }] }
const rpc = (method: string) => ({ jsonrpc: '2.0', id: 1, method, params: {} })
const part = (id: string) => ({ type: 'file', file: { file_id: id } })
const inputFile = (id: string) => ({ type: 'input_file', file_id: id })
const batch = { endpoint: '/v1/chat/completions', completion_window: '24h' }

const asks = ({ model, file, batch: job, response, connection, server }: Named, own: Named): Ask[] => [
  { line: 'POST /v1/chat/completions', body: { model, messages: said } },
  { line: 'POST /v1/completions', body: { model, prompt: 'Whose is it?' } },
  { line: 'POST /v1/responses', body: { model, input: 'Whose is it?' } },
  { line: 'POST /v1/responses', body: { model: own.model, input: 'And then?', previous_response_id: response } },
  { line: 'POST /v1/responses', body: { model: own.model, input: [{ role: 'user', content: [inputFile(file)] }] } },
  {
    line: 'POST /v1/chat/completions',
    body: { model: own.model, messages: [{ role: 'user', content: [part(file)] }] },
  },
  { line: 'POST /v1/embeddings', body: { model, input: 'Whose is it?' } },
  { line: 'POST /v1/messages', body: { model, max_tokens: 8, messages: said } },
  { line: 'POST /v1/messages/count_tokens', body: { model, messages: said } },
  { line: `POST /v1beta/models/${model}:generateContent`, body: google },
  { line: `POST /v1beta/models/${model}:streamGenerateContent?alt=sse`, body: google },
  { line: `GET /v1/models/${model}` },
  { line: `GET /v1/files/${file}` },
  { line: `GET /v1/files/${file}/content` },
  { line: `DELETE /v1/files/${file}` },
  { line: 'POST /v1/batches', body: { ...batch, input_file_id: file } },
  { line: `GET /v1/batches/${job}` },
  { line: `POST /v1/batches/${job}/cancel`, body: {} },
  { line: `GET /v1/responses/${response}` },
  { line: `GET /v1/responses/${response}/input_items` },
  { line: `POST /v1/responses/${response}/cancel`, body: {} },
  { line: `DELETE /v1/responses/${response}` },
  { line: `GET /v1/files?after=${file}` },
  { line: `GET /v1/batches?after=${job}` },
  { line: `GET /providers/${connection}/models` },
  { line: `POST /providers/${connection}/chat/completions`, body: { model, messages: said } },
  { line: `POST /mcp/${server}`, body: rpc('tools/list') },
]
const lists: readonly Ask[] = ['models', 'files', 'batches'].map((kind) => ({ line: `GET /v1/${kind}` }))

/** People sign in to the console, and programs of the API have their own door: here a key is what counts. */
export const checkStrangersAtGateway = async (all: Protocols) => {
  const { other } = all.stage
  const theirs = namedIn(other)
  const lines = [...asks(theirs, theirs), ...lists].filter(({ line }) => !line.startsWith('GET /providers/'))
  const knock = ({ name, headers }: Principal) =>
    Promise.all(
      lines.map((ask) =>
        look(all, other, { principal: name, way: 'other object' }, { ...ask, headers }, refusedWith([401, 403])),
      ),
    )
  for (const stranger of all.everybody.filter(({ name }) => name !== 'virtual key')) await knock(stranger)
}

export const checkGateway = async (all: Protocols, { self, foreign }: Side) => {
  const [own, theirs] = [namedIn(self), namedIn(foreign)]
  const { id } = foreign.account
  const values = Object.values(theirs).flatMap((value) => [value, nobodys(value)])
  for (const [place, headers] of placesOf(self.keySecret)) {
    const ways = [
      ['other object', headers],
      ['other object and account', { ...headers, 'x-account-id': id }],
    ] as const
    for (const [way, sent] of ways) {
      const nobody = asks(missing(theirs), own)
      for (const [at, ask] of asks(theirs, own).entries()) {
        const like = await send(all, { ...(nobody[at] ?? ask), headers: sent })
        const about = { principal: `virtual key as ${place}`, way }
        const wrong = (answer: Answer) =>
          differs(stable(like), stable(answer), [...values, ...Object.values(missing(theirs))])
        await look(all, foreign, about, { ...ask, headers: sent }, wrong)
      }
    }
    const elsewhere = { ...headers, 'x-account-id': id }
    const shown = asks(own, own).filter(({ line }) => /^GET \/v1\/(?!\w+\?)/.test(line))
    // what is one's own is there, or that nobody else's is would say nothing
    for (const ask of [...lists, ...shown])
      await look(
        all,
        foreign,
        { principal: `virtual key as ${place}`, way: 'other account in the header' },
        { ...ask, headers: elsewhere },
        refusedWith([200]),
      )
  }
}

/** Wherever the SDK of a caller puts it. */
const placesOf = (secret: string): [string, Record<string, string>][] => [
  ['a bearer', { authorization: `Bearer ${secret}` }],
  ['x-api-key', { 'x-api-key': secret }],
  ['x-goog-api-key', { 'x-goog-api-key': secret }],
]

/** What every answer makes anew says nothing of others. */
const stable = ({ text, ...rest }: Answer): Answer => ({ ...rest, text: text.replaceAll(/[0-9a-f]{32}/g, '<made>') })

const look = async (
  all: Protocols,
  foreign: Party,
  about: { principal: string; way: string },
  ask: Ask,
  wrong: (answer: Answer) => string | null,
) => {
  const answer = await send(all, ask)
  const brought = JSON.stringify(ask)
  const what = wrong(answer) ?? failed(answer) ?? shows(foreign, brought, answer)
  note(all.outcome, { route: `gateway ${lineOf(ask)}`, ...about }, what)
}
const lineOf = ({ line }: Ask) =>
  line.replace(/(?<=\/(?:files|batches|responses|providers|mcp|models)\/)[^/:]+/, '{id}').split('?')[0] ?? ''

const send = async ({ stage }: Protocols, { line, headers, body }: Ask): Promise<Answer> => {
  const answer = await stage.cockpit.send(line, { ...(headers && { headers }), body })
  return answered(answer, answer.text)
}
